"""The one training loop: steps, looks, checkpoints, and what the user asks meanwhile."""

import math
import time
from typing import NamedTuple

import torch

from dltui.engine import checkpoint, together
from dltui.engine.checkpoint import Checkpoint
from dltui.engine.control import Control
from dltui.engine.frames import Frames
from dltui.engine.lane import Lane, NonFiniteLoss
from dltui.engine.summary import Summary
from dltui.engine.telemetry import Telemetry
from dltui.events import EventLog
from dltui.run import Run

PAUSE = 0.05  # seconds between two looks at control.jsonl while paused
ANSWER = 0.1  # the same, while it trains
RARER = 1 / 200  # of the run's time: pictures by the clock grow rarer, so that a night's run does not fill the disk
RECENT = 100  # steps whose mean loss stands in the summary


class Outcome(NamedTuple):
    """How the loop ended: `status` as in the `finished` event."""

    status: str
    step: int
    seconds: float
    error: str = ""


class Loop:
    """All lanes of a run, step by step, side by side.

    as_one: they are trials of a sweep, which are to be trained as batches of nets or not at all. Nobody is expected to
    look at so many: pictures come at the end, and when they are asked for.
    """

    def __init__(self, lanes: list[Lane], run: Run, log: EventLog, control: Control, *, as_one: bool = False):
        self.lanes, self.run, self.log, self.control, self.as_one = lanes, run, log, control, as_one
        self.training = lanes[0].training
        self.frames = Frames(log, run.frames)
        self.summary = Summary()
        self.step, self.seconds_before = 0, 0.0
        self.diverged: dict[str, str] = {}  # series -> what happened
        self.stop = self.paused = self.look_asked = False
        self.single_steps = 0
        self._recent: dict[str, list[dict]] = {lane.series: [] for lane in lanes}
        for lane in lanes:
            lane.tell = lambda text, series=lane.series: self.note("warning", _of(series, text))

    def note(self, level: str, text: str) -> None:
        self.log.write("note", level=level, text=text)

    # -- the loop --------------------------------------------------------------------------------------------------

    def train(self) -> Outcome:
        """Trains to the last step, or until it is stopped or no lane is left. Saves at the end, whatever the end is.

        Raises DltuiError where lanes that must be trained as one cannot be.
        """
        self.began = time.perf_counter()
        self.telemetry = Telemetry(self.log)
        self.answer_due = self.began
        self.picture_due = self.began + self.training.picture_seconds
        self.save_due = self.began + self.training.checkpoint_seconds
        every = self.training.evaluate_every or max(1, self.training.steps // 20)
        self._group()
        if self.as_one and any(isinstance(group, together.Alone) for group in self.groups):
            raise together.refusal()
        for group in self.groups:
            if len(group.lanes) > 1:
                names = ", ".join(lane.series for lane in group.lanes)
                self.note("info", f"trained together, as one batch of nets: {names}")
        if self.step == 0:
            self._look(evaluate=True)
        while self.step < self.training.steps and not self.stop and len(self.diverged) < len(self.lanes):
            self._take_step()
            now = time.perf_counter()
            self.telemetry.flush_if_due(now)
            if now >= self.answer_due:
                self._answer()
            if self.step % every == 0 or self.step == self.training.steps:
                self._look(evaluate=True)
            elif (now >= self.picture_due and not self.as_one) or self.look_asked:
                self._look(evaluate=False)
            if now >= self.save_due:
                self.save()
            if self.paused:
                self._wait()
        return self._end()

    def _group(self) -> None:
        """Puts lanes that are alike together, so that they take their steps as one."""
        # what starts and loads once in place of ten times is worth a graph, however short it is
        self.groups = together.groups(self.lanes, together.WORTH if self.as_one else self.training.steps)

    def _take_step(self) -> None:
        self.step += 1
        for group in self.groups:
            if any(lane.series not in self.diverged for lane in group.lanes):
                for lane, values in zip(group.lanes, group.advance(), strict=True):
                    self._take(lane, values)

    def _take(self, lane: Lane, values: dict | NonFiniteLoss) -> None:
        """Keeps what a lane's step returned, or drops the lane for what it raised."""
        if lane.series in self.diverged:
            return
        if isinstance(values, NonFiniteLoss):
            self._drop(lane, f"{values} at step {self.step}")
            self.telemetry.add(lane.series, self.step, {values.name: values.value})
            return
        self.telemetry.add(lane.series, self.step, values)
        recent = self._recent[lane.series]
        recent.append(values)
        if len(recent) > 2 * RECENT:
            del recent[:RECENT]

    def _drop(self, lane: Lane, what: str) -> None:
        self.diverged[lane.series] = what
        self.note("error", _of(lane.series, f"diverged: {what}; the update was not made"))

    def _end(self) -> Outcome:
        self.telemetry.flush()
        self._find_skipped_updates()
        self._summarise_losses()
        if len(self.diverged) == len(self.lanes):
            first = _of(*next(iter(self.diverged.items())))
            return Outcome(
                "diverged", self.step, self.seconds, f"{first}. Try a smaller optimizer.lr, or train.clip=1."
            )
        self.save()
        return Outcome("stopped" if self.step < self.training.steps else "done", self.step, self.seconds)

    @property
    def seconds(self) -> float:
        """Time in the loop, that of earlier sittings included."""
        return self.seconds_before + time.perf_counter() - self.began

    def _find_skipped_updates(self) -> None:
        """On CUDA the optimizer skips the update of a non-finite loss by itself; here the host learns of it."""
        for lane in self.lanes:
            found = self.telemetry.not_finite.get(lane.series)
            if found and lane.series not in self.diverged:
                self._drop(lane, "{} is {} at step {}".format(*found))

    # -- looking ---------------------------------------------------------------------------------------------------

    def _look(self, *, evaluate: bool) -> None:
        """Pictures of every lane, after the metrics where it is time for them too."""
        self.telemetry.flush()
        self._find_skipped_updates()
        drawn = not self.as_one or not evaluate or self.look_asked or self.step == self.training.steps
        for lane in self.lanes:
            if lane.series in self.diverged:
                continue
            with lane.aside():
                if evaluate:
                    values = {name: float(value) for name, value in lane.task.evaluate().items()}
                    self.summary.take(lane.series, values)
                    shown = {name: float(f"{value:.6g}") for name, value in values.items()}
                    if shown:
                        self.log.write(
                            "scalars", series=lane.series, step=[self.step], values={k: [v] for k, v in shown.items()}
                        )
                for picture in lane.task.pictures() if drawn else ():
                    self._show(lane.series, picture)
        if evaluate:
            self._summarise_losses()
        now = time.perf_counter()
        self.picture_due = now + max(self.training.picture_seconds, RARER * (now - self.began))
        self.look_asked = False

    def _show(self, series: str, picture) -> None:
        try:
            self.frames.write(series, self.step, picture)
        except OSError as error:
            self.note("warning", f"a picture could not be kept: {error.strerror}")

    def _summarise_losses(self) -> None:
        for series, recent in self._recent.items():
            last = recent[-RECENT:]
            names = last[-1] if last else {}
            self.summary.take(series, {name: math.fsum(float(v[name]) for v in last) / len(last) for name in names})

    def _recent_floats(self) -> dict[str, list[dict[str, float]]]:
        return {
            series: [{name: float(value) for name, value in step.items()} for step in recent[-RECENT:]]
            for series, recent in self._recent.items()
        }

    # -- what the user asks ----------------------------------------------------------------------------------------

    def _answer(self) -> None:
        """Does what control.jsonl and signals ask, and records it."""
        self.answer_due = time.perf_counter() + ANSWER
        if self.control.terminated:
            self.stop = True
        for request in self.control.read():
            handler = getattr(self, f"_on_{request['op']}", None)
            if handler is None:
                self.note("warning", f'control "{request["op"]}" is unknown')
            elif handler(request) is not False:
                given = {key: request[key] for key in ("key", "value") if key in request}
                self.log.write("control", op=request["op"], step=self.step, **given)

    def _on_pause(self, request: dict) -> None:
        self.paused = True

    def _on_resume(self, request: dict) -> None:
        self.paused = False

    def _on_step(self, request: dict) -> None:
        self.paused = True
        self.single_steps += 1

    def _on_stop(self, request: dict) -> None:
        self.stop = True

    def _on_show(self, request: dict) -> None:
        self.look_asked = True

    def _on_save(self, request: dict) -> None:
        self.save()

    def _on_set(self, request: dict) -> bool:
        key, value = str(request.get("key")), request.get("value")
        series, _, rest = key.partition(".")
        one = [lane for lane in self.lanes if lane.series == series and series]
        knob, lanes = (rest, one) if one else (key, self.lanes)
        lanes = [lane for lane in lanes if knob in lane.knobs()]
        if not lanes:
            knobs = ", ".join(dict.fromkeys(name for lane in self.lanes for name in lane.knobs()))
            self.note("warning", f'there is no knob "{key}"; there are: {knobs}')
            return False
        wrong = next(filter(None, (lane.problem(knob, value) for lane in lanes)), "")
        if wrong:
            self.note("warning", f"{key} {wrong}")
            return False
        for lane in lanes:
            lane.turn(knob, value)
        if knob.startswith("task."):  # the graph of lanes trained together holds the value it was traced with
            self._group()
        return True

    def _wait(self) -> None:
        """Stands still until it is to go on, to take one step, or to stop."""
        self.telemetry.flush()
        self._look(evaluate=False)
        begun = time.perf_counter()
        while self.paused and not self.stop and not self.single_steps:
            time.sleep(PAUSE)
            self._answer()
            if self.look_asked:
                self._look(evaluate=False)
        self.single_steps = max(0, self.single_steps - 1)
        self.seconds_before -= time.perf_counter() - begun

    # -- keeping ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Writes a checkpoint; a full disk costs this one, not the run."""
        tensors: dict[str, torch.Tensor] = {"random/cpu": torch.get_rng_state()}
        if self.lanes[0].device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.lanes[0].device)
        values = {
            "step": self.step,
            "seconds": self.seconds,
            "summary": self.summary.saved(),
            "lanes": {},
            "threads": torch.get_num_threads(),
            "diverged": self.diverged,
            "recent": self._recent_floats(),
        }
        for lane in self.lanes:
            lane_tensors, values["lanes"][lane.series] = lane.state()
            tensors |= lane_tensors
        try:
            name, digest = checkpoint.write(self.run.checkpoints, self.step, Checkpoint(tensors, values))
            self.log.write("checkpoint", step=self.step, file=name, sha256=digest)
            self.log.sync()
        except OSError as error:
            self.note("error", f"no checkpoint at step {self.step}: {error.strerror}; the one before is kept")
        self.save_due = time.perf_counter() + self.training.checkpoint_seconds

    def restore(self, saved: Checkpoint) -> None:
        """Goes back to where a checkpoint was written."""
        self.step, self.seconds_before = saved.values["step"], saved.values["seconds"]
        self.summary = Summary(saved.values["summary"])
        self.diverged = dict(saved.values["diverged"])
        self._recent = saved.values["recent"]
        for lane in self.lanes:
            lane.restore(saved.tensors, saved.values["lanes"][lane.series], self.step)
        torch.set_rng_state(saved.tensors["random/cpu"])
        if "random/cuda" in saved.tensors and self.lanes[0].device.type == "cuda":
            torch.cuda.set_rng_state(saved.tensors["random/cuda"], self.lanes[0].device)


def _of(series: str, text: str) -> str:
    return f"{series}: {text}" if series else text
