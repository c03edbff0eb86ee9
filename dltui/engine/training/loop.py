"""The one training loop: steps, looks, checkpoints, and what the user asks meanwhile."""

import math
import time
from contextlib import ExitStack, suppress
from typing import NamedTuple

import torch
from torch import nn

from dltui.engine.device.gpu_meter import GpuMeter
from dltui.engine.training import checkpoint, compiling, disk_full, vmapped
from dltui.engine.training.checkpoint import Checkpoint
from dltui.engine.training.control import Control
from dltui.engine.training.distributed import Ranks
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.engine.training.metric_log import Telemetry
from dltui.engine.training.picture_files import Frames
from dltui.engine.training.requests import Requests
from dltui.engine.training.summary import Summary
from dltui.runs.events import EventLog
from dltui.runs.run import Run

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
    hint: str = ""  # what to do about the error


class Loop:
    """All learners of a run, step by step, side by side.

    comparison: what sees all of them at once (contracts.probe.Comparison), if the recipe names one.
    as_one: they are trials of a sweep, which are to be trained as batches of nets or not at all. Nobody is expected to
    look at so many: pictures come at the end, and when they are asked for.
    ranks: the processes that share the batches, if there are several. They take the same steps, look at the same ones,
    and hear of requests at steps that the first names. compiles: whether nets go through torch.compile.
    """

    def __init__(
        self,
        learners: list[Learner],
        run: Run,
        log: EventLog,
        control: Control,
        *,
        comparison=None,
        as_one: bool = False,
        gpu_meter: GpuMeter | None = None,
        ranks: Ranks | None = None,
        compiles: bool = False,
    ):
        self.learners, self.run, self.log, self.as_one = learners, run, log, as_one
        self.requests = Requests(self, control)
        self.comparison, self.gpu_meter, self.ranks, self.compiles = comparison, gpu_meter, ranks, compiles
        self.leads = ranks is None or ranks.first  # whether this process is the one that writes
        self.replaced = getattr(comparison, "replaces_pictures", False)
        self.training = learners[0].training
        self.frames = Frames(log, run.frames)
        self.summary = Summary()
        self.step, self.seconds_before = 0, 0.0
        self.diverged: dict[str, str] = {}  # series -> what happened
        self.stop = self.paused = self.look_asked = False
        self.unsaved = False  # whether the newest checkpoint could not be written
        self._saved: int | None = None  # step of the newest checkpoint
        self.single_steps = 0
        self._recent: dict[str, list[dict]] = {learner.series: [] for learner in learners}
        for learner in learners:
            learner.tell = lambda text, series=learner.series: self.note("warning", _of(series, text))

    def note(self, level: str, text: str) -> None:
        self.log.write("note", level=level, text=text)

    # -- the loop --------------------------------------------------------------------------------------------------

    def train(self) -> Outcome:
        """Trains to the last step, or until it is stopped or no learner is left. Saves at the end, whatever the end is.

        Raises DltuiError where learners that must be trained as one cannot be.
        """
        self.began, self.begun_at = time.perf_counter(), self.step
        self.telemetry = Telemetry(self.log)
        self.answer_due, self.meeting = self.began, self.step
        self.picture_due = self.began + self.training.picture_seconds
        self.save_due = self.began + self.training.checkpoint_seconds
        every = self.training.evaluate_every or max(1, self.training.steps // 20)
        if self.gpu_meter:
            self.gpu_meter.begin()
        self.group()
        if self.as_one and any(isinstance(group, vmapped.Alone) for group in self.groups):
            raise vmapped.refusal()
        for group in self.groups:
            if len(group.learners) > 1:
                names = ", ".join(learner.series for learner in group.learners)
                self.note("info", f"trained together, as one batch of nets: {names}")
        if self.compiles:
            compiling.compile_groups(self.groups, self.note)
        if self.step == 0:
            self._look(evaluate=True)
        while self.step < self.training.steps and not self.stop and len(self.diverged) < len(self.learners):
            self._take_step()
            now = time.perf_counter()
            if self.telemetry.flush_if_due(now) and self.gpu_meter:
                self._meter()
            if self.step >= self.meeting if self.ranks else now >= self.answer_due:
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

    def group(self) -> None:
        """Puts learners that are alike together, so that they take their steps as one."""
        # what starts and loads once in place of ten times is worth a graph, however short it is
        self.groups = vmapped.groups(self.learners, vmapped.WORTH if self.as_one else self.training.steps)

    def _take_step(self) -> None:
        self.step += 1
        losses: dict[str, dict] = {}
        for group in self.groups:
            if any(learner.series not in self.diverged for learner in group.learners):
                for learner, values in zip(group.learners, group.advance(), strict=True):
                    self._take(learner, values)
                    if learner.series not in self.diverged:
                        losses[learner.series] = values
        if hasattr(self.comparison, "see_losses"):
            self.comparison.see_losses(losses)
        if hasattr(self.comparison, "after_step"):
            self.comparison.after_step(self.step)

    def _take(self, learner: Learner, values: dict | NonFiniteLoss) -> None:
        """Keeps what a learner's step returned, or drops the learner for what it raised."""
        if learner.series in self.diverged:
            return
        if isinstance(values, NonFiniteLoss):
            self._drop(learner, f"{values} at step {self.step}")
            self.telemetry.add(learner.series, self.step, {values.name: values.value})
            return
        self.telemetry.add(learner.series, self.step, values)
        recent = self._recent[learner.series]
        recent.append(values)
        if len(recent) > 2 * RECENT:
            del recent[:RECENT]

    def _drop(self, learner: Learner, what: str) -> None:
        self.diverged[learner.series] = what
        self.note("error", _of(learner.series, f"diverged: {what}; the update was not made"))

    def _end(self) -> Outcome:
        self.telemetry.flush()
        if self.gpu_meter:
            self.gpu_meter.end()
        self._find_skipped_updates()
        self._summarise_losses()
        if len(self.diverged) == len(self.learners):
            first = _of(*next(iter(self.diverged.items())))
            advice = (
                "optimizer.lr, or train.clip=1" if self.learners[0].learns else "learning rate, such as algorithm.lr"
            )
            return Outcome("diverged", self.step, self.seconds, f"{first}. Try a smaller {advice}.")
        if self.save() and (refused := disk_full.patiently(self._write_checkpoint)):
            error = f"what was trained until step {self.step:,} could not be saved: {refused.strerror}."
            before = f" from step {self._saved:,}" if self._saved is not None else ""
            hint = f"Make room for it in {self.run.path}, then go on{before}: dltui run --resume {self.run.id}"
            return Outcome("failed", self.step, self.seconds, error, hint)
        return Outcome("stopped" if self.step < self.training.steps else "done", self.step, self.seconds)

    @property
    def seconds(self) -> float:
        """Time in the loop, that of earlier sittings included."""
        return self.seconds_before + time.perf_counter() - self.began

    def _find_skipped_updates(self, *, agreed: bool = True) -> None:
        """On CUDA the optimizer skips the update of a non-finite loss by itself; here the host learns of it.

        agreed: whether all processes look at this step, where there are several: they drop a learner together.
        """
        if self.ranks and not agreed:
            return
        for learner in self.learners:
            found = self.telemetry.not_finite.get(learner.series)
            if found and learner.series not in self.diverged:
                self._drop(learner, "{} is {} at step {}".format(*found))

    # -- looking ---------------------------------------------------------------------------------------------------

    def _look(self, *, evaluate: bool) -> None:
        """Pictures of every learner, after the metrics where it is time for them too."""
        self.telemetry.flush()
        self._find_skipped_updates(agreed=evaluate)
        drawn = not self.as_one or not evaluate or self.look_asked or self.step == self.training.steps
        drawn = drawn and self.leads
        for learner in self.learners:
            if learner.series in self.diverged:
                continue
            with learner.evaluation_mode():
                if evaluate:
                    self._measured(learner.series, learner.evaluate())
                for picture in learner.pictures() if drawn and not self.replaced else ():
                    self._show(learner.series, picture)
        if self.comparison:
            self._compare(evaluate=evaluate, drawn=drawn)
        if evaluate:
            self._summarise_losses()
        now = time.perf_counter()
        self.picture_due = now + max(self.training.picture_seconds, RARER * (now - self.began))
        self.look_asked = False

    def _compare(self, *, evaluate: bool, drawn: bool) -> None:
        """What shows between the learners only; what is of all together has no series."""
        with ExitStack() as aside:
            for learner in self.learners:
                aside.enter_context(learner.evaluation_mode())
            if evaluate and hasattr(self.comparison, "evaluate"):
                for series, values in self.comparison.evaluate().items():
                    self._measured(series, {name: float(value) for name, value in values.items()})
            for picture in self.comparison.pictures() if drawn and hasattr(self.comparison, "pictures") else ():
                self._show("", picture)

    def _measured(self, series: str, values: dict[str, float]) -> None:
        self.summary.take(series, values)
        shown = {name: [float(f"{value:.6g}")] for name, value in values.items()}
        if shown:
            self.log.write("scalars", series=series, step=[self.step], values=shown)

    def _meter(self) -> None:
        """Writes what the GPUs did, where it was read since the last time; it is of no variant."""
        if self.gpu_meter.fault:
            self.note("info", f"what the GPU does is not recorded: {self.gpu_meter.fault}")
            self.gpu_meter = None
        elif values := self.gpu_meter.take():
            shown = {name: [float(f"{value:.6g}")] for name, value in values.items()}
            self.log.write("scalars", series="", step=[self.step], values=shown, machine=True)

    def _show(self, series: str, picture) -> None:
        first = not self.frames.waiting
        try:
            self.frames.write(series, self.step, picture)
        except OSError as error:
            if first:
                self.note("warning", f"a picture could not be written: {error.strerror}; the newest are tried again")

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

    def _answer(self) -> None:
        self.answer_due = time.perf_counter() + ANSWER
        self.requests.answer()
        if self.ranks:
            self.meeting = self.step + self.ranks.from_first(self._steps_until_answer())

    def _steps_until_answer(self) -> int:
        """How many steps this process takes in ANSWER seconds, at the pace of those before, at least 1."""
        taken = self.step - self.begun_at
        return max(1, int(ANSWER * taken / max(time.perf_counter() - self.began, 1e-6)))

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

    def save(self) -> str:
        """Writes a checkpoint. Returns why it cannot, '' where it is written: a full disk costs this one, not the run.

        It is told once, and the next one is tried when its time has come. Of several processes the first one saves.
        """
        if not self.leads:
            return ""
        try:
            self._write_checkpoint()
        except OSError as error:
            refused = f"no checkpoint at step {self.step}: {error.strerror}"
            if not self.unsaved:
                before = "the one before is kept" if self._saved is not None else "there is none before it"
                self.note("error", f"{refused}; {before}, and it is tried again")
            self.unsaved = True
            return refused
        finally:
            self.save_due = time.perf_counter() + self.training.checkpoint_seconds
        if self.unsaved:
            self.note("info", f"there is room for a checkpoint again: step {self.step} is saved")
        self.unsaved = False
        return ""

    def _write_checkpoint(self) -> None:
        """Writes what the log is to hold of the steps so far, then the checkpoint. Raises OSError.

        A log that were behind a checkpoint would lack the steps between for ever when the run is killed and resumed.
        """
        self.telemetry.flush()
        self._find_skipped_updates(agreed=False)
        self.log.sync()
        with suppress(OSError):  # it has been told that pictures wait
            self.frames.write_waiting()
        name, digest = checkpoint.write(self.run.checkpoints, self.step, self._state())
        self._saved = self.step
        self.log.write("checkpoint", step=self.step, file=name, sha256=digest)

    def _state(self) -> Checkpoint:
        """Everything that a resume needs."""
        tensors: dict[str, torch.Tensor] = {"random/cpu": torch.get_rng_state()}
        if self.learners[0].device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.learners[0].device)
        values = {
            "step": self.step,
            "steps": self.training.steps,
            "seconds": self.seconds,
            "summary": self.summary.saved(),
            "learners": {},
            "threads": torch.get_num_threads(),
            "diverged": self.diverged,
            "recent": self._recent_floats(),
        }
        if isinstance(self.comparison, nn.Module):
            tensors |= {
                f"comparison/{name}": t.detach().cpu().clone() for name, t in self.comparison.state_dict().items()
            }
        for learner in self.learners:
            learner_tensors, values["learners"][learner.series] = learner.state()
            tensors |= learner_tensors
        return Checkpoint(tensors, values)

    def restore(self, saved: Checkpoint) -> None:
        """Goes back to where a checkpoint was written. Raises one of checkpoint.MISFIT where it is not of this run."""
        self.step, self.seconds_before = saved.values["step"], saved.values["seconds"]
        self._saved = self.step
        self.summary = Summary(saved.values["summary"])
        self.diverged = {series: str(what) for series, what in saved.values["diverged"].items()}
        recent = saved.values["recent"]
        self._recent = {
            learner.series: [
                {name: float(value) for name, value in step.items()} for step in recent.get(learner.series, [])
            ]
            for learner in self.learners
        }
        for learner in self.learners:
            before = learner.knobs().keys()
            learner.restore(saved.tensors, saved.values["learners"][learner.series], self.step)
            if learner.knobs().keys() != before:  # one that is no number is none
                raise ValueError("its knobs are not those of the recipe")
        self._tell_of_steps(saved.values.get("steps", self.training.steps))
        if isinstance(self.comparison, nn.Module):
            kept = {name: tensor for name, tensor in saved.tensors.items() if name.startswith("comparison/")}
            self.comparison.load_state_dict({name.partition("/")[2]: tensor for name, tensor in kept.items()})
        torch.set_rng_state(saved.tensors["random/cpu"])
        if "random/cuda" in saved.tensors and self.learners[0].device.type == "cuda":
            torch.cuda.set_rng_state(saved.tensors["random/cuda"], self.learners[0].device)

    def _tell_of_steps(self, before: int) -> None:
        """Says what it means for the learning rate that a run has more steps than it was begun for."""
        steps = self.training.steps
        if steps == before:
            return
        told = f"trained to step {steps:,} in place of {before:,}"
        scheduled = any(learner.learns and learner.lr_schedulers for learner in self.learners)
        if scheduled:
            told += ": [schedule] is laid over all of them, so the learning rate may jump here, and the steps before"
            told += " were not those of a run that was begun with so many"
        self.note("warning" if scheduled else "info", told)


def _of(series: str, text: str) -> str:
    return f"{series}: {text}" if series else text
