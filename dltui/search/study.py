"""A search over a recipe's options by Optuna: what is sought, and a study that several processes can share."""

import os
import socket
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.recipes.claims import metric_of
from dltui.recipes.overrides import parse_value, written
from dltui.runs import events
from dltui.runs import run as runs
from dltui.search import batching as together
from dltui.search.space import Space

if TYPE_CHECKING:
    import optuna

STARTUP = 4  # trials before one can be cut short: the median of fewer says little
GUESSES = 10  # trials that TPE draws at random, before it learns from them
AT_ONCE = 10  # trials trained as one batch, where none of them could have learned from another
LEARNED = 5  # the same where they could: TPE with 10 at a time needs about 1.5 times as many trials


class Goal(NamedTuple):
    """The summary value that is sought for, and whether the greatest or the least."""

    metric: str
    greatest: bool


class Plan(NamedTuple):
    """What a sweep is to do."""

    recipe: str
    changes: dict[str, object]  # the same for every trial
    spaces: tuple[Space, ...]
    goal: Goal
    sampler: str = "tpe"
    trials: int = 20
    prune: bool = False
    device: str = "auto"
    threads: int = 0
    workers: int = 1  # processes that share the trials
    together: int = 0  # the most trials of one batch; 0: as many as fit

    @property
    def free(self) -> list[Space]:
        """The spaces that trials of one batch may differ in."""
        return [space for space in self.spaces if together.is_free(space.key)]


def goal_of(recipe: recipes.Recipe, metric: str = "", goal: str = "") -> Goal:
    """Returns what was asked for; by default the metric of the recipe's first claim, and what it declares as better."""
    chosen = metric or next((claim.name for claim in recipe.claims), "")
    if not chosen:
        raise DltuiError(f"{recipe.name} claims nothing to search for.", "Name a metric: --metric accuracy --goal max",
                         ExitStatus.USAGE)  # fmt: skip
    if goal:
        return Goal(chosen, goal == "max")
    declared = recipe.metrics.get(metric_of(chosen))
    if declared is None or not declared.better:
        reason = f"{recipe.name} does not say whether more or less {chosen} is better."
        raise DltuiError(reason, "Say --goal max or --goal min", ExitStatus.USAGE)
    return Goal(chosen, declared.better == "higher")


def check(plan: Plan) -> None:
    """Raises DltuiError (2) where a value of a space is not valid in the recipe, or a grid has no end."""
    if len({space.key for space in plan.spaces}) < len(plan.spaces):
        raise DltuiError("A key was given two spaces.", "Join their values with |", ExitStatus.USAGE)
    for space in plan.spaces:
        for value in space.ends:
            recipes.load(plan.recipe, plan.changes | {space.key: value})
    endless = [space.key for space in plan.spaces if not space.count]
    if plan.sampler == "grid" and endless:
        hint = f"Name its values: {endless[0]}='0.001|0.01|0.1'"
        raise DltuiError(f"A grid has no end over a range of fractions: {', '.join(endless)}.", hint, ExitStatus.USAGE)
    if 1 < plan.together < together.FEWEST:
        hint = f"--together 1: each is a run of its own; {together.FEWEST} or more: so many are trained as one batch"
        raise DltuiError(f"A batch of {plan.together} nets is no faster than one by one.", hint, ExitStatus.USAGE)
    if plan.prune and plan.together > 1:
        hint = "Leave out --prune, or --together."
        raise DltuiError("--prune stops single trials: they cannot be one batch.", hint, ExitStatus.USAGE)


def storage_of(name: str, given: str) -> str:
    """The URL of the study's storage: what was given (a URL or a file), else a file in DLTUI_HOME/sweeps."""
    if "://" in given:
        return given
    path = Path(given).expanduser() if given else paths.home() / "sweeps" / f"{name}.db"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DltuiError(f"{path.parent}: {error.strerror}.", "Choose another place: --storage FILE") from None
    return f"sqlite:///{path.resolve()}"


def study_of(plan: Plan, name: str, storage: str, seed: int) -> "optuna.Study":
    """Opens the study of this name, or makes it. Raises DltuiError where it cannot, or where it is for another goal."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.RandomSampler(seed=seed)
    if plan.sampler == "tpe":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna 4 calls it experimental; in 5 it is the default
            # trials that run are taken for bad ones: those asked for together, or by several processes, spread out
            sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=GUESSES, constant_liar=True)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP) if plan.prune else optuna.pruners.NopPruner()
    direction = "maximize" if plan.goal.greatest else "minimize"
    try:
        study = optuna.create_study(
            study_name=name, storage=storage, sampler=sampler, pruner=pruner, direction=direction,
            load_if_exists=True,
        )  # fmt: skip
    except Exception as error:  # whatever the storage's library raises
        reason = str(error).strip().partition("\n")[0]
        raise DltuiError(
            f"{storage}: {reason}", "A file, or a URL that Optuna takes: --storage sqlite:///a.db"
        ) from None
    about = {"recipe": plan.recipe, "metric": plan.goal.metric, "keys": sorted(space.key for space in plan.spaces)}
    if study.direction.name.lower() != direction or study.user_attrs.get("about", about) != about:
        raise DltuiError(f'The sweep "{name}" in {storage} searches for something else.', "Choose another --name",
                         ExitStatus.USAGE)  # fmt: skip
    if "about" not in study.user_attrs:
        study.set_user_attr("about", about)
        for values in grid(plan.spaces) if plan.sampler == "grid" else ():
            _enqueue(study, values)
    _settle_lost(study, plan)
    return study


def grid(spaces: Sequence[Space]) -> list[dict[str, object]]:
    """Every combination of the values of spaces with an end, as Optuna keeps them; those of one batch in a row."""
    spaces = sorted(spaces, key=lambda space: together.is_free(space.key))
    values = [list(space.choices) or list(range(space.low, space.high + 1)) for space in spaces]
    return [dict(zip((space.key for space in spaces), found, strict=True)) for found in product(*values)]


def _settle_lost(study: "optuna.Study", plan: Plan) -> None:
    """Trials of a sweep that was killed, whose runs have ended since, get what their runs came to."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        run = runs.Run(paths.runs() / trial.user_attrs.get("run", "-"))
        begun = run.path.is_dir()
        if runs.state(run).live if begun else _is_awaited(trial):
            continue
        last = events.last_event(run.log) if begun else None
        finished = last if last and last["kind"] == "finished" else {}
        value, error = outcome(plan, trial, finished)
        if error and finished.get("status") in (None, "stopped"):
            give_up(study, plan, trial)
        else:
            study.tell(trial.number, value, TrialState.FAIL if error else None, skip_if_finished=True)


def asker() -> str:
    """This process, as a trial remembers who asked for it."""
    return f"{socket.gethostname()} {os.getpid()}"


def _is_awaited(trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether a trial without a run may still get one: the process that asked for it lives, here or elsewhere."""
    host, _, pid = trial.user_attrs.get("asker", "").rpartition(" ")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def outcome(
    plan: Plan, trial: "optuna.Trial | optuna.trial.FrozenTrial", finished: Mapping
) -> tuple[float | None, str]:
    """Returns (value, "") of a trial by the `finished` event of its run, or (None, why it has none)."""
    series, _, metric = plan.goal.metric.rpartition(".")
    if variant := trial.user_attrs.get("variant"):
        series = together.series_of(variant, series)
    status, diverged = finished.get("status"), finished.get("diverged", {}).get(series)
    if diverged or status != "done":
        return None, diverged or finished.get("error") or status or "its engine died"
    value = finished.get("summary", {}).get(f"{series}.{metric}" if series else metric)
    if value is None or float(value) != float(value):  # NaN is none
        return None, f"it has no {plan.goal.metric}"
    return float(value), ""


def give_up(study: "optuna.Study", plan: Plan, trial: "optuna.Trial | optuna.trial.FrozenTrial") -> None:
    """A trial that was interrupted counts as failed; a grid has its combination tried again."""
    from optuna.trial import TrialState

    study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    if plan.sampler == "grid" and trial.params:
        _enqueue(study, trial.params)


def _enqueue(study: "optuna.Study", values: dict[str, object]) -> None:
    """Has a combination tried, by one process only. Until it is, its values are known by the attribute."""
    study.enqueue_trial(values, user_attrs={"values": values})


def suggested(trial: "optuna.Trial", space: Space) -> object:
    """The value that Optuna wants tried next."""
    if space.choices:
        return parse_value(trial.suggest_categorical(space.key, space.choices))
    if space.whole:
        return trial.suggest_int(space.key, space.low, space.high, log=space.log)
    return trial.suggest_float(space.key, space.low, space.high, log=space.log)


def left(study: "optuna.Study", plan: Plan) -> int:
    """How many trials are due still; those that other processes have begun count."""
    states = Counter(trial.state.name for trial in study.get_trials(deepcopy=False))
    waiting, failed = states.pop("WAITING", 0), states.pop("FAIL", 0)
    if failed >= plan.trials:
        return 0
    due = max(0, plan.trials - states.total())
    return min(due, waiting) if plan.sampler == "grid" else due


def expected(study: "optuna.Study", plan: Plan) -> int:
    """How many trials there will have been, those that failed included."""
    states = [trial.state.name for trial in study.get_trials(deepcopy=False)]
    due = plan.trials + states.count("FAIL")
    return min(due, len(states)) if plan.sampler == "grid" else due


def at_once(study: "optuna.Study", plan: Plan) -> int:
    """How many trials are to be asked for now: several where most of them can be trained as one batch."""
    due = left(study, plan)
    if plan.together == 1 or plan.prune or not plan.free or "alone" in study.user_attrs:
        return min(due, 1)
    if plan.together:
        return min(due, plan.together)
    if plan.sampler == "grid" and due:
        due = min(due, _alike_ahead(study, plan))
    kinds = prod(space.count or AT_ONCE for space in plan.spaces if space not in plan.free)  # of architecture
    if due < together.FEWEST or (plan.sampler != "grid" and kinds * together.FEWEST > AT_ONCE):
        return min(due, 1)  # too few would be alike
    most = max(together.FEWEST, min(AT_ONCE, -(-plan.trials // plan.workers)))
    if plan.sampler == "tpe" and len(study.get_trials(deepcopy=False)) >= GUESSES:
        most = min(most, LEARNED)
    batches = -(-due // most)
    while batches > 1 and due // batches < together.FEWEST:
        batches -= 1  # a rest too small for a batch of its own goes along
    return -(-due // batches)


def _alike_ahead(study: "optuna.Study", plan: Plan) -> int:
    """How many of a grid's combinations in a row, from the next one on, can be of one batch."""
    from optuna.trial import TrialState

    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    shared = [fixed_part(plan, trial.user_attrs.get("values", {})) for trial in waiting]
    return next((number for number, part in enumerate(shared) if part != shared[0]), len(shared))


def fixed_part(plan: Plan, values: Mapping[str, object]) -> dict[str, object]:
    """What trials of one batch must share of their values."""
    free = {space.key for space in plan.free}
    return {key: value for key, value in values.items() if key not in free}


def command(plan: Plan, trial: "optuna.trial.FrozenTrial") -> str:
    """The command that repeats a trial."""
    from shlex import quote

    tried = {
        space.key: parse_value(value) if space.choices else value
        for space in plan.spaces
        for value in [trial.params[space.key]]
    }
    values = plan.changes | tried
    return " ".join(["dltui run", plan.recipe, *(quote(written(key, value)) for key, value in values.items())])


def best_so_far(trials: Sequence["optuna.trial.FrozenTrial"], greatest: bool) -> list[float]:
    """The best value up to each of the trials that ended with one, in their order."""
    found: list[float] = []
    for trial in trials:
        best = [trial.value, *found[-1:]]
        found.append(max(best) if greatest else min(best))
    return found
