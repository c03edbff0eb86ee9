"""The trials of a sweep as runs: alike ones as the variants of one run, each other one as a run of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, data_source, engine_control, launch
from dltui.recipes.overrides import written
from dltui.recipes.recipe import Recipe
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.search import batching
from dltui.search.abandoned import MARK, asker
from dltui.search.reconnecting import StorageLost
from dltui.search.study import Plan, at_once, fixed_part, give_up, is_surplus, left, outcome, spaces_of, suggested

if TYPE_CHECKING:
    import optuna

NO_ROWS = (ExitStatus.DATA, ExitStatus.NOT_FOUND)  # of a run whose rows cannot be read, or are not there
LOOK = 0.1  # seconds between two looks at a run's log


class Asked(NamedTuple):
    """A trial that Optuna wants made, and the values to try."""

    trial: "optuna.Trial"
    values: dict[str, object]

    @property
    def name(self) -> str:
        """The trial as a variant of a run."""
        return f"trial-{self.trial.number + 1:02}"


class Trials:
    """Makes the trials of a study, some at a time."""

    def __init__(
        self,
        study: "optuna.Study",
        plan: Plan,
        followed: Callable = lambda engine: engine,
        interrupted: Callable[[], bool] = lambda: False,
        tell: Callable[[str], None] = lambda text: None,
        news: Callable[[str], None] = lambda text: None,
        look: Callable[[], None] = lambda: None,
    ):
        """followed: makes of an Engine what `ended()` is asked of (Ctrl-C is served there).

        tell: what went otherwise than was asked for; news: what has begun, for those who see no view. look: called
        again and again, so that a view can be drawn.
        """
        self.study, self.plan, self.followed, self.interrupted, self.tell = study, plan, followed, interrupted, tell
        self.news, self.look = news, look
        self.open: list[Asked] = []  # Optuna waits for these
        self._marked = 0.0  # when they last gave a sign of life

    def next(self) -> Iterator["optuna.trial.FrozenTrial"]:
        """Asks for the trials that are due, runs them and yields each when it has ended; none where none is due.

        Those that an interrupt leaves undone are given up. Raises DltuiError (3, 4) where the data, which no trial
        changes, cannot be read: so would it be for each.
        """
        try:
            for _ in range(at_once(self.study, self.plan)):
                if not left(self.study, self.plan) or not self._ask():  # another process may have been quicker
                    break
            for group in self._groups():
                yield from self._made(group)
        finally:
            for asked in self.open:
                give_up(self.study, self.plan, asked.trial)
            self.open = []

    def _ask(self) -> bool:
        """Asks for one trial; returns whether it is one of those that are due."""
        self.look()
        trial = self.study.ask()
        if not (self._noted(trial, "seen", round(time.time())) and self._noted(trial, "asker", asker())):
            return False
        if is_surplus(self.study, self.plan, trial):
            give_up(self.study, self.plan, trial)
            return False
        asked = Asked(trial, {})
        self.open.append(asked)
        spaces = spaces_of(self.study, self.plan, trial)
        asked.values.update((space.key, suggested(trial, space)) for space in spaces)
        return True

    def _groups(self) -> list[list[Asked]]:
        """What was asked for, by the run that it is to be in."""
        alike: dict[str, list[Asked]] = {}
        for asked in self.open:
            alike.setdefault(repr(fixed_part(self.plan, asked.values)), []).append(asked)
        found = []
        for group in alike.values():
            found += [group] if len(group) >= batching.FEWEST else [[asked] for asked in group]
        return found

    def _made(self, group: list[Asked]) -> Iterator["optuna.trial.FrozenTrial"]:
        """Runs a group, one by one where it cannot be trained as one; nothing after an interrupt."""
        if self.interrupted():
            return
        batch = len(group) > 1
        try:
            recipe, changes = self._batch(group) if batch else self._alone(group[0])
            finished = self._run(group, recipe, changes)
            ended = finished.get("status") in ("done", "stopped", "diverged") or finished.get("exit") in NO_ROWS
            if batch and not ended:
                raise DltuiError(finished.get("error") or "its engine died", "Look at its run: dltui runs")
        except StorageLost:
            raise
        except DltuiError as error:
            if batch and error.status not in NO_ROWS:
                yield from self._one_by_one(group, error.message)
                return
            finished = {"status": "failed", "error": error.message, "exit": error.status, "hint": error.hint}
        if finished.get("exit") in NO_ROWS and not any(_is_of_data(space.key) for space in self.plan.spaces):
            raise DltuiError(finished["error"], finished.get("hint", ""), ExitStatus(finished["exit"]))
        if self.interrupted() and finished.get("status") in (None, "stopped"):
            return
        for asked in self._ours(group):
            yield self._told(asked, finished)

    def _one_by_one(self, group: list[Asked], reason: str) -> Iterator["optuna.trial.FrozenTrial"]:
        """What could not be trained as one; from here on nothing is tried so."""
        if not self.interrupted():
            self.study.set_user_attr("alone", reason)
            self.tell(f"{_numbers(group)}: {reason.rstrip('.')}. From here on each is a run of its own.")
        for asked in group:
            if self._noted(asked.trial, "variant", ""):
                yield from self._made([asked])

    # -- one run ---------------------------------------------------------------------------------------------------

    def _alone(self, asked: Asked) -> tuple[Recipe, dict[str, object]]:
        """The recipe of a trial as a run of its own, and what is changed in it. Raises DltuiError."""
        changes = self.plan.changes | asked.values
        return self.plan.recipe_with(asked.values), changes

    def _batch(self, group: list[Asked]) -> tuple[Recipe, dict[str, object]]:
        """The recipe of a run of all, and what is changed in it for all. Raises DltuiError."""
        changes = self.plan.changes | fixed_part(self.plan, group[0].values)
        free = {space.key for space in self.plan.free}
        trials = {
            asked.name: (self._alone(asked)[0], {key: asked.values[key] for key in asked.values if key in free})
            for asked in group
        }
        recipe = batching.as_variants(self.plan.recipe_with(fixed_part(self.plan, group[0].values)), trials)
        if recipe is None:
            raise DltuiError(
                "The recipe's own variants name kinds that drop what is changed here.", "One by one: --together 1"
            )
        return recipe, changes

    def _run(self, group: list[Asked], recipe: Recipe, changes: dict[str, object]) -> dict:
        """Runs a recipe to its end. Returns its `finished` event, or the last words of an engine that died.

        Raises DltuiError where it cannot start.
        """
        batch, plan = len(group) > 1, self.plan
        words = [] if batch else ["run", plan.recipe, *(written(key, value) for key, value in changes.items())]
        words += [f"--kinds={file}" for file in plan.kinds] if words else []
        recipe = data_source.with_source(recipe, named_here="data.from" in plan.changes)
        threads = 0 if batch else plan.threads
        engine = cluster.start(
            recipe,
            plan.job,
            overrides=changes,
            device=plan.device,
            threads=threads,
            argv=words,
            as_one=batch,
            owned=True,
        )
        try:
            for asked in group:
                self._noted(asked.trial, "run", engine.run.id)
                if batch:
                    self._noted(asked.trial, "variant", asked.name)
            if batch:
                self.news(f"{_numbers(group)}: one batch of nets, in {engine.run.id}")
            history = self._watched(self.followed(engine), group)
        except BaseException:
            if not engine.ended():
                engine.kill()
            raise
        finished = history.finished or {"error": launch.last_words(engine.run, 1)}
        if batch and finished.get("exit") == ExitStatus.USAGE:  # refused before the first step: nothing to look at
            runs.remove(engine.run)
        return finished

    def _watched(self, followed, group: list[Asked]) -> History:
        """Follows a run to its end; tells Optuna each evaluation, and stops the run where it is not worth going on."""
        history, tail, told, stopped = History(), Tail(followed.run.log), 0, False
        while True:
            ended = followed.ended()
            history.take(tail.read())
            if self.plan.prune and self._ours(group):
                told = self._reported(group[0].trial, history, told)
            if ended:
                return history
            if not stopped and self._is_useless(group, told):
                stopped = True
                with suppress(DltuiError):  # it ended in this very moment
                    engine_control.request(followed.run, "stop")
            self._give_sign_of_life()
            self.look()
            time.sleep(LOOK)

    def _is_useless(self, group: list[Asked], told: int) -> bool:
        """Whether a run need not go on: no trial of it is ours, or the only one falls behind, which is noted."""
        if not self._ours(group):
            return True
        trial = group[0].trial
        return bool(self.plan.prune and told and trial.should_prune() and self._noted(trial, "pruned", True))

    def _ours(self, group: list[Asked]) -> list[Asked]:
        """The trials of a group that no other process has given up."""
        return [asked for asked in group if asked in self.open]

    def _noted(self, trial: "optuna.Trial", key: str, value: object) -> bool:
        """Keeps a value with a trial; False where that is ours no more."""
        with self._unless_given_up(trial):
            trial.set_user_attr(key, value)
            return True
        return False

    @contextmanager
    def _unless_given_up(self, trial: "optuna.Trial") -> Iterator[None]:
        """Drops a trial that the block finds ended: another process took this one for dead, and has it made again."""
        from optuna.exceptions import UpdateFinishedTrialError

        try:
            yield
        except UpdateFinishedTrialError:
            self.open = [asked for asked in self.open if asked.trial is not trial]
            self.tell(f"trial {trial.number + 1}: another process took this one for dead, and has it made again")

    def _give_sign_of_life(self) -> None:
        """Tells other machines, which see neither this process nor its runs, that these trials are still made."""
        if time.monotonic() - self._marked > MARK:
            self._marked = time.monotonic()
            for asked in list(self.open):
                self._noted(asked.trial, "seen", round(time.time()))

    def _reported(self, trial: "optuna.Trial", history: History, told: int) -> int:
        """Tells Optuna the evaluations from the `told`-th on. Returns how many there are."""
        curve = history.curves.get(self.plan.goal.curve)
        if curve is None:
            return told
        with self._unless_given_up(trial):
            for step, value in zip(curve.steps[told:], curve.values[told:], strict=True):
                trial.report(float(value), step)
        return len(curve.steps)

    def _told(self, asked: Asked, finished: dict) -> "optuna.trial.FrozenTrial":
        """Tells Optuna what a trial came to. Returns the trial."""
        from optuna.trial import TrialState

        trial = asked.trial
        value, error = outcome(self.plan, trial, finished)
        state = TrialState.COMPLETE
        if "pruned" in trial.user_attrs:
            value, state = None, TrialState.PRUNED
        elif value is None:
            self._noted(trial, "error", error)
            state = TrialState.FAIL
        with self._unless_given_up(trial):
            self.study.tell(trial, value, state=state, skip_if_finished=True)
        self.open = [other for other in self.open if other is not asked]
        return self.study.get_trials(deepcopy=False)[trial.number]


def _is_of_data(key: str) -> bool:
    """Whether a key, of the recipe or of one of its variants, says what the data are."""
    return key.removeprefix("variants.").startswith("data.") or ".data." in key


def _numbers(group: list[Asked]) -> str:
    """trials 3-7, or trials 3, 5, 6 and 7."""
    numbers = [asked.trial.number + 1 for asked in group]
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"trials {numbers[0]}-{numbers[-1]}"
    return f"trials {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
