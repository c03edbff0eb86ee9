"""Names in tagged sentences, as CoNLL counts them (Tjong Kim Sang and De Meulder 2003): a name counts if all of it is
right."""

from collections.abc import Sequence

Entity = tuple[int, int, str]  # first word, the word behind the last, kind


def entities(tags: Sequence[str]) -> set[Entity]:
    """Returns the names in a sentence's tags: B-PER begins one, I-PER goes on with it, whatever else ends it.

    An I that goes on with nothing, or with another kind, begins a name, as CoNLL's script has it.
    """
    found, first, kind = set(), 0, ""
    for place, tag in enumerate([*tags, "O"]):
        begins, _, of = tag.partition("-")
        if kind and not (begins == "I" and of == kind):
            found.add((first, place, kind))
            kind = ""
        if of and not kind:
            first, kind = place, of
    return found


def broken(tags: Sequence[str]) -> int:
    """Returns how many words go on with a name (I) that no word before them has begun."""
    before = ["O", *tags[:-1]]
    return sum(tag.startswith("I-") and old[2:] != tag[2:] for old, tag in zip(before, tags, strict=True))


def f1(found: Sequence[set[Entity]], true: Sequence[set[Entity]]) -> float:
    """Returns 2 hits / (names found + true names) over all sentences; 0 where there are none."""
    hits = sum(len(a & b) for a, b in zip(found, true, strict=True))
    count = sum(map(len, found)) + sum(map(len, true))
    return 2 * hits / count if count else 0.0
