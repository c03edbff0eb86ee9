"""What has been read of a run's log so far, arranged for showing: curves, pictures, notes, how it ended.

A view feeds it events as they come and draws from it; replay and scrubbing feed it fewer.
"""

from collections import deque
from collections.abc import Iterable

from dltui.recipes.metric import Metric, of_event
from dltui.runs.curve import Curve as Curve
from dltui.runs.events import PAUSES


class History:
    """The state of a view. All attributes are plain data; `version` grows with every event taken in.

    compact: the curves of a long run keep fewer points (see curve.py), for those who only look at them.
    """

    def __init__(self, *, compact: bool = False) -> None:
        self.compact = compact
        self.version = 0
        self.unreadable = 0  # lines of the log that are no events: whoever reads it tells
        self.started: dict | None = None
        self.declared: dict[str, Metric] = {}  # what the run's parts say of their metrics
        self.began = 0.0  # time of the first event
        self.latest = 0.0  # time of the last event
        self.step = 0
        self.pace: deque[tuple[float, int]] = deque(maxlen=256)  # (time, step) of the newest scalars, without a break
        self.curves: dict[tuple[str, str], Curve] = {}  # (series, metric) -> curve
        self.frames: dict[tuple[str, str], list[dict]] = {}  # (series, pane) -> frame events, oldest first
        self.notes: list[dict] = []
        self.controls: list[dict] = []
        self.checkpoints: list[dict] = []
        self.guess: dict | None = None  # what the learner guessed before the first step
        self.ends_from = 0  # seq of the first event that can be its end: an engine may go on after an older one
        self.finished = None
        self.paused = False

    def take(self, events: Iterable[dict]) -> bool:
        """Takes in events; returns whether there were any. A kind from a later version is passed over."""
        before = self.version
        for event in events:
            self.version += 1
            self.began = self.began or event["t"]
            self.latest = event["t"]
            handler = getattr(self, f"_take_{event['kind']}", None)
            if handler:
                handler(event)
        return self.version > before

    def _take_scalars(self, event: dict) -> None:
        steps = event["step"]
        self.step = max(self.step, steps[-1])
        self.pace.append((event["t"], self.step))
        for name, values in event["values"].items():
            curve = self.curves.get((event["series"], name))
            if curve is None:
                curve = self.curves[event["series"], name] = Curve()
            elif curve.steps[-1] > steps[0]:  # a resumed run, whose `started` could not be read
                curve.cut(steps[0] - 1)
            curve.steps.extend(steps)
            try:
                curve.values.extend(values)
            except TypeError:  # "nan", "inf" among them
                curve.values.extend([float(value) for value in values[len(curve.values) - len(curve.steps) :]])
            if self.compact:
                curve.pack()

    def _take_started(self, event: dict) -> None:
        """A resumed run goes on from `step`: what the log holds after it will be done again."""
        self.started, self.finished, self.paused = event, None, False
        self.declared = of_event(event.get("metrics"))
        self.step = event["step"]
        self.pace.clear()
        for curve in self.curves.values():
            curve.cut(event["step"])
        self.curves = {key: curve for key, curve in self.curves.items() if curve.steps}
        kept = {
            key: [frame for frame in frames if frame["step"] <= event["step"]] for key, frames in self.frames.items()
        }
        self.frames = {key: frames for key, frames in kept.items() if frames}

    def _take_frame(self, event: dict) -> None:
        self.frames.setdefault((event["series"], event["pane"]), []).append(event)

    def _take_note(self, event: dict) -> None:
        self.notes.append(event)

    def _take_control(self, event: dict) -> None:
        self.controls.append(event)
        if event["op"] in PAUSES:
            self.pace.clear()
        self.paused = PAUSES.get(event["op"], self.paused)

    def _take_guess(self, event: dict) -> None:
        self.guess = self.guess or event

    def _take_checkpoint(self, event: dict) -> None:
        self.checkpoints.append(event)

    def _take_finished(self, event: dict) -> None:
        self.finished = event

    @property
    def finished(self) -> dict | None:
        """The event that tells how it ended; None while it goes on."""
        return self._end if self._end and (not self.ends_from or self._end["seq"] >= self.ends_from) else None

    @finished.setter
    def finished(self, event: dict | None) -> None:
        self._end = event

    @property
    def steps(self) -> int:
        """How many steps the run is to have."""
        return self.started["steps"] if self.started else 0

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in the order in which they first came."""
        return list(dict.fromkeys(name for _, name in self.curves))

    @property
    def panes(self) -> list[tuple[str, str]]:
        """(series, pane) of every picture, in the order in which they first came."""
        return list(self.frames)
