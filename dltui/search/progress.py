"""How a sweep stands: its trials, those that other processes make too, as its study and the logs of its runs tell."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dltui import paths
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run
from dltui.search.goal import Goal
from dltui.search.retrials import interrupted
from dltui.search.study import Plan, missing, variant_of, wanted

if TYPE_CHECKING:
    import optuna

STATES = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}


class TrialProgress(NamedTuple):
    """One trial. `value` is what it came to, or what it has come to so far; None while it has none."""

    number: int  # from 1 on, as the command line counts them
    state: str  # done, pruned, failed, interrupted (another stands for it), running
    values: dict[str, object]
    value: float | None
    run: str = ""
    variant: str = ""  # of the run, where that holds a batch of trials
    error: str = ""
    step: int = 0
    steps: int = 0  # 0 before its engine has begun


class SweepProgress(NamedTuple):
    """All trials in their order; how many of those that are wanted have ended; seconds gone here, and left if known."""

    name: str
    recipe: str
    sampler: str
    goal: Goal
    keys: tuple[str, ...]  # that are searched
    trials: tuple[TrialProgress, ...]
    ended: int
    wanted: int
    elapsed: float
    left: float | None

    @property
    def best(self) -> TrialProgress | None:
        """The trial of the best value, the first of equals."""
        done = ranked(self.trials, self.goal)
        return done[0] if done else None

    def of(self, *states: str) -> list[TrialProgress]:
        """The trials of some states."""
        return [trial for trial in self.trials if trial.state in states]


def ranked(trials: Sequence[TrialProgress], goal: Goal) -> list[TrialProgress]:
    """The trials that are done, the best first."""
    done = [trial for trial in trials if trial.state == "done"]
    return sorted(done, key=lambda trial: trial.value, reverse=goal.greatest)


def read(trials: Sequence["optuna.trial.FrozenTrial"], plan: Plan) -> list[TrialProgress]:
    """Trials as their study tells of them, those left out that nobody has begun."""
    again = interrupted(trials)
    return [
        TrialProgress(
            trial.number + 1,
            "interrupted" if trial.number in again else STATES[trial.state.name],
            {space.key: trial.params[space.key] for space in plan.spaces if space.key in trial.params},
            _value(trial),
            *(trial.user_attrs.get(name, "") for name in ("run", "variant", "error")),
        )
        for trial in trials
        if trial.state.name in STATES
    ]


def _value(trial: "optuna.trial.FrozenTrial") -> float | None:
    """What a trial came to; of one that was pruned the last that it reported."""
    reported = trial.intermediate_values
    return trial.value if trial.state.name == "COMPLETE" else reported[max(reported)] if reported else None


class Follower:
    """Reads a sweep again and again; the logs of its runs from where it has read them to."""

    def __init__(self, study: "optuna.Study", plan: Plan, name: str, *, clock: Callable[[], float] = time.monotonic):
        self._study, self._plan, self._name, self._clock = study, plan, name, clock
        self._open: dict[str, tuple[Tail, History]] = {}  # by the id of a run that goes on
        self._began, self._before = clock(), 0.0
        self._before = self.read().ended

    def read(self) -> SweepProgress:
        """Returns how the sweep stands now."""
        plan, found = self._plan, self._study.get_trials(deepcopy=False)
        trials = read(found, plan)
        running = {trial.run for trial in trials if trial.state == "running" and trial.run}
        self._open = {run: self._open.get(run) or self._opened(run) for run in running}
        for tail, history in self._open.values():
            history.take(tail.read())
        series = {trial.number + 1: variant_of(plan, trial) for trial in found}
        trials = [
            self._now(trial, series[trial.number]) if trial.run in self._open and trial.state == "running" else trial
            for trial in trials
        ]
        ended = wanted(plan) - missing(found, plan)
        keys = tuple(space.key for space in plan.spaces)
        elapsed = self._clock() - self._began
        return SweepProgress(
            self._name, plan.recipe, plan.sampler, plan.goal, keys, tuple(trials), ended, wanted(plan), elapsed,
            self._left(trials, ended, elapsed),
        )  # fmt: skip

    @staticmethod
    def _opened(run: str) -> tuple[Tail, History]:
        return Tail(Run(paths.runs() / run).log, stored=True), History(compact=True)

    def _now(self, trial: TrialProgress, series: str) -> TrialProgress:
        """A trial that runs, with its step and what it has come to."""
        _, history = self._open[trial.run]
        own, metric = self._plan.goal.curve
        curve = history.curves.get((series or own, metric))
        value = float(curve.values[-1]) if curve and len(curve.values) else None
        return trial._replace(value=value, step=history.step, steps=history.steps)

    def _left(self, trials: Sequence[TrialProgress], ended: int, elapsed: float) -> float | None:
        """Seconds that are left at the pace so far; None while nothing tells it."""
        parts = sum(trial.step / trial.steps for trial in trials if trial.state == "running" and trial.steps)
        made, due = ended - self._before + parts, wanted(self._plan) - ended - parts
        return elapsed * max(0.0, due) / made if made > 0.05 else None
