"""What was understood of the user's own data, as lines of text."""

from collections.abc import Iterator, Mapping, Sequence

from dltui.cli.columns import aligned, explained

MOST_CLASSES = 20  # that are listed
MOST_COLUMNS = 40
WIDEST_ROW = 8  # columns of the first rows


def lines(answer: Mapping, width: int | None) -> list[str]:
    """Returns the lines of what the engine's entry `look` answered."""
    splits = ", ".join(f"{rows:,} {name}" for name, rows in answer["splits"].items())
    options = [f"data.{name}={value}" for name, value in answer["options"].items()]
    facts = [
        ("path", answer["path"]),
        ("read as", f"{' '.join([answer['kind'], *options])}: {answer['holds']}"),
        ("rows", f"{answer['rows']:,}: {splits}"),
        *(("note", note) for note in answer["notes"]),
    ]
    return [
        *explained(facts, width, indent=""),
        *_classes(answer, width),
        *_columns(answer["columns"], width),
        *_first(answer, width),
    ]


def _classes(answer: Mapping, width: int | None) -> Iterator[str]:
    classes = answer["classes"]
    if not classes:
        return
    splits = list(answer["splits"])
    header = (f"{len(classes)} CLASSES, {answer['counted']}", *(split.upper() for split in splits))
    rows = [(one["name"], *(f"{one[split]:,}" for split in splits)) for one in classes[:MOST_CLASSES]]
    yield ""
    yield from aligned([header, *rows], width, right=range(1, len(splits) + 1))
    if len(classes) > MOST_CLASSES:
        yield f"... and {len(classes) - MOST_CLASSES:,} other classes"


def _columns(columns: Sequence[Mapping], width: int | None) -> Iterator[str]:
    if not columns:
        return
    header = (f"{len(columns)} COLUMNS", "TYPE", "MISSING", "VALUES")
    rows = [(one["name"], one["type"], f"{one['missing']:,}", one["range"]) for one in columns[:MOST_COLUMNS]]
    yield ""
    yield from aligned([header, *rows], width, right=(2,))
    if len(columns) > MOST_COLUMNS:
        yield f"... and {len(columns) - MOST_COLUMNS:,} other columns"


def _first(answer: Mapping, width: int | None) -> Iterator[str]:
    rows = answer["first"]
    if not rows:
        return
    names = [one["name"] for one in answer["columns"]]
    header = [names] if len(names) == len(rows[0]) else []
    more = ["..."] if len(rows[0]) > WIDEST_ROW else []
    yield ""
    yield "FIRST ROWS"
    yield from aligned([[*row[:WIDEST_ROW], *more] for row in (*header, *rows)], width)
