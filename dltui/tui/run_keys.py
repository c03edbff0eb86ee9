"""The keys of the run screen, and those that its last row names."""

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from dltui.tui.widgets.curve_plot import CurvePlot

if TYPE_CHECKING:
    from dltui.tui.open_run import OpenRun

ARROWS = ("left", "right")  # theirs only while they have the focus
HINTS = {
    "starting": [
        ("s", "stop"), ("e", "engine log"), ("tab", "notes"), ("?", "all keys"),
    ],
    "live": [
        (".", "step"), ("s", "stop"), ("k", "knobs"), ("tab", "notes"), ("z", "zoom"),
        (",", "earlier"), ("?", "all keys"), ("v", "show now"), ("w", "save"), ("c", "cursor"), ("g", "log axis"),
    ],
    "nothing": [
        ("e", "engine log"), ("tab", "notes"), ("1", "recipes"), ("3", "runs"), ("?", "all keys"),
    ],
    "ended": [
        ("p", "replay"), (", ;", "earlier, later"), ("tab", "notes"), ("z", "zoom"), ("c", "cursor"),
        ("?", "all keys"), ("e", "engine log"), ("g", "log axis"), ("+ -", "stretch"), ("n", "next picture"),
    ],
    "replay": [
        ("space", "stand, go"), ("< >", "speed"), ("p", "end it"), (", ;", "earlier, later"), ("?", "all keys"),
    ],
}  # fmt: skip
BINDINGS: list[BindingType] = [
    Binding("space", "pause", "Pause, go on", id="run.pause", tooltip="In a replay: the replay."),
    Binding("full_stop", "ask('step')", "One step", id="run.step", tooltip="Takes one step and pauses."),
    Binding("s", "stop", "Stop", id="run.stop", tooltip="Asks once; the engine saves a checkpoint before it ends."),
    Binding("v", "ask('show')", "Show now", id="run.show", tooltip="Makes pictures at once."),
    Binding("w", "ask('save')", "Save now", id="run.save", tooltip="Writes a checkpoint at once."),
    Binding("k", "knobs", "Knobs", id="run.knobs", tooltip="Learning rate and every knob that is live."),
    Binding("r", "go_on", "Go on with it", id="run.go-on", tooltip="From the last checkpoint of a run that ended."),
    Binding("n", "picture(1)", "Next picture", id="run.picture-next"),
    Binding("N", "picture(-1)", "Picture before", id="run.picture-before"),
    Binding("m", "variant", "Next variant", id="run.variant", tooltip="One variant's pictures; then all again."),
    Binding("z", "zoom('pictures')", "Picture full screen", id="run.zoom"),
    Binding("Z", "zoom('curves')", "Curves full screen", id="run.zoom-curves"),
    Binding("tab", "page(1)", "Curves, notes, log", id="run.page"),
    Binding("shift+tab", "page(-1)", "Page before", id="run.page-before", show=False),
    Binding("e", "engine_log", "Engine's log", id="run.engine-log"),
    Binding("comma", "scrub('earlier')", "Earlier pictures", id="run.earlier"),
    Binding("semicolon", "scrub('later')", "Later pictures", id="run.later"),
    Binding("home", "scrub('first')", "First pictures", id="run.first"),
    Binding("end", "scrub('newest')", "Newest pictures", id="run.newest", tooltip="And follows what comes."),
    Binding("p", "replay", "Replay", id="run.replay", tooltip="A run that ended, shown again as it went."),
    Binding("less_than_sign", "speed(-1)", "Slower replay", id="run.slower"),
    Binding("greater_than_sign", "speed(1)", "Faster replay", id="run.faster"),
    Binding("escape", "leave", "Back", id="run.leave", show=False),
    *(
        replace(key, action=f"curves('{key.action}')", show=False)
        for key in Binding.make_bindings(CurvePlot.BINDINGS)
        if key.key not in ARROWS
    ),
]


def hints(run: "OpenRun") -> list[tuple[str, str]]:
    """Returns (key, what it does) of the keys that do something for a run as it stands."""
    if run.replay:
        return HINTS["replay"]
    history = run.watcher.history
    if run.live:
        if history.started is None:
            return HINTS["starting"]
        return [("space", "go on" if history.paused else "pause"), *HINTS["live"]]
    found = HINTS["ended" if history.curves or history.frames else "nothing"]
    return [("r", "go on with it"), *found] if history.checkpoints and run.status != "done" else found
