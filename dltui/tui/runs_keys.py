"""The keys of the runs screen, and those that its last row names."""

from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from dltui.runs.run import LIVE

if TYPE_CHECKING:
    from dltui.runs.facts import RunFacts

HINTS = [
    ("enter", "open"), ("/", "filter"), ("s S", "sort"), ("v", "value"), ("space", "mark"), ("c", "compare"),
    ("x", "delete"), ("?", "all keys"), ("t", "tag"), ("n", "name"), ("p", "pin"), ("e", "export"),
    ("y", "copy command"), ("R", "go on with it"),
]  # fmt: skip
QUEUE_HINT = ("w", "queue")  # while something waits
EMPTY_HINTS = [("1", "recipes"), ("?", "all keys")]  # while there is no run
NONE_FITS_HINTS = [("/", "filter"), ("esc", "clear the filter"), *EMPTY_HINTS]
BINDINGS: list[BindingType] = [
    Binding("slash", "filter", "Filter", id="runs.filter"),
    Binding("s", "sort", "Sort by the next column", id="runs.sort"),
    Binding("S", "reverse", "Sort the other way round", id="runs.reverse"),
    Binding("v", "value(1)", "Show the next metric", id="runs.value", tooltip="Then s can sort by it."),
    Binding("V", "value(-1)", "Show the metric before", id="runs.value-before"),
    Binding("c", "compare", "Compare the marked", id="runs.compare"),
    Binding("x", "delete", "Delete", id="runs.delete", tooltip="Asks first."),
    Binding("t", "annotate('tags')", "Tag, or take tags away", id="runs.tag", tooltip="The marked runs, or this one."),
    Binding("n", "annotate('name')", "Name it", id="runs.name", tooltip="The name stands for the run in the shell."),
    Binding("N", "annotate('note')", "Write a note about it", id="runs.note"),
    Binding("u", "annotate('group')", "Put into a group", id="runs.group", tooltip="The marked runs, or this one."),
    Binding("p", "pin", "Pin, or unpin", id="runs.pin", tooltip="Pinned runs stand first."),
    Binding("w", "queue", "To what waits in the queue", id="runs.queue"),
    Binding("e", "export", "Export as CSV", id="runs.export", tooltip="Into the folder where dltui was started."),
    Binding("y", "copy", "Copy the command that repeats it", id="runs.copy"),
    Binding("R", "go_on", "Go on with it", id="runs.go-on", tooltip="From its last checkpoint."),
    Binding("escape", "leave", "Clear the filter, then the marks", show=False, id="runs.leave"),
]


def hints(chosen: "RunFacts | None", *, any_runs: bool, queue: bool) -> list[tuple[str, str]]:
    """Returns (key, what it does) of the keys that do something. chosen: the run under the cursor."""
    if chosen is None:
        found = NONE_FITS_HINTS if any_runs else EMPTY_HINTS
    elif chosen.is_read and chosen.state.status in ("done", *LIVE):  # nothing is left of it, or it goes on already
        found = [hint for hint in HINTS if hint[0] != "R"]
    else:
        found = HINTS
    return [QUEUE_HINT, *found] if queue else found
