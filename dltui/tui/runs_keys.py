"""The keys of the runs screen, and those that its last row names."""

from textual.binding import Binding, BindingType

HINTS = [
    ("enter", "open"), ("/", "filter"), ("s S", "sort"), ("v", "value"), ("space", "mark"), ("c", "compare"),
    ("x", "delete"), ("?", "all keys"), ("e", "export"), ("y", "copy command"), ("R", "go on with it"),
]  # fmt: skip
QUEUE_HINT = ("w", "queue")  # while something waits
BINDINGS: list[BindingType] = [
    Binding("slash", "filter", "Filter", id="runs.filter"),
    Binding("s", "sort", "Sort by the next column", id="runs.sort"),
    Binding("S", "reverse", "Sort the other way round", id="runs.reverse"),
    Binding("v", "value(1)", "Show the next metric", id="runs.value", tooltip="Then s can sort by it."),
    Binding("V", "value(-1)", "Show the metric before", id="runs.value-before"),
    Binding("c", "compare", "Compare the marked", id="runs.compare"),
    Binding("x", "delete", "Delete", id="runs.delete", tooltip="Asks first."),
    Binding("w", "queue", "To what waits in the queue", id="runs.queue"),
    Binding("e", "export", "Export as CSV", id="runs.export", tooltip="Into the folder where dltui was started."),
    Binding("y", "copy", "Copy the command that repeats it", id="runs.copy"),
    Binding("R", "go_on", "Go on with it", id="runs.go-on", tooltip="From its last checkpoint."),
    Binding("escape", "leave", "Clear the filter, then the marks", show=False, id="runs.leave"),
]
