"""Edit distance: the fewest insertions, deletions and replacements from one sequence to another (Levenshtein 1966)."""

from collections.abc import Sequence


def edit_distance(a: Sequence, b: Sequence) -> int:
    """Returns the distance of two sequences; symbols are compared by ==."""
    row = list(range(len(b) + 1))  # distances of what there is of `a` so far to each beginning of `b`
    for done, symbol in enumerate(a, 1):
        diagonal, row[0] = row[0], done
        for place, other in enumerate(b, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (symbol != other))
    return row[-1]


def error_rate(found: Sequence[Sequence], wanted: Sequence[Sequence]) -> float:
    """Returns all edits that make the sequences found those wanted, as a share of the symbols wanted; may exceed 1."""
    edits = sum(edit_distance(a, b) for a, b in zip(found, wanted, strict=True))
    return edits / max(1, sum(map(len, wanted)))
