"""A search over a recipe's options by Optuna: each trial is a run, in a study that several processes can share."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dltui import launch, paths
from dltui import recipe as recipes
from dltui import run as runs
from dltui.errors import DltuiError, ExitStatus
from dltui.events import Tail
from dltui.history import History
from dltui.overrides import parse_value
from dltui.search_space import Space

if TYPE_CHECKING:
    import optuna

LOOK = 0.1  # seconds between two looks at a run's log
STARTUP = 4  # trials before one can be cut short: the median of fewer says little


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


def goal_of(recipe: recipes.Recipe, metric: str = "", goal: str = "") -> Goal:
    """Returns what was asked for; by default the metric of the recipe's first claim, and the way it claims it."""
    claims = {claim.name: claim for claim in reversed(recipe.claims)}
    chosen = metric or next((claim.name for claim in recipe.claims), "")
    if not chosen:
        raise DltuiError(f"{recipe.name} claims nothing to search for.", "Name a metric: --metric accuracy --goal max",
                         ExitStatus.USAGE)  # fmt: skip
    if goal:
        return Goal(chosen, goal == "max")
    if chosen not in claims:
        reason = f"{recipe.name} does not say whether more or less {chosen} is better."
        raise DltuiError(reason, "Say --goal max or --goal min", ExitStatus.USAGE)
    return Goal(chosen, claims[chosen].op in (">", ">="))


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
    sampler = (optuna.samplers.TPESampler if plan.sampler == "tpe" else optuna.samplers.RandomSampler)(seed=seed)
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
            study.enqueue_trial(values)  # each is taken by one process only
    _give_up_lost(study)
    return study


def grid(spaces: Sequence[Space]) -> list[dict[str, object]]:
    """Every combination of the values of spaces with an end, as Optuna keeps them."""
    values = [list(space.choices) or list(range(space.low, space.high + 1)) for space in spaces]
    return [dict(zip((space.key for space in spaces), found, strict=True)) for found in product(*values)]


def _give_up_lost(study: "optuna.Study") -> None:
    """Trials of a sweep that was killed, whose runs have ended since, are tried no more: they count as failed."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        run = runs.Run(paths.runs() / trial.user_attrs.get("run", "-"))
        if run.path.is_dir() and not runs.state(run).live:
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)


def suggested(trial: "optuna.Trial", space: Space) -> object:
    """The value that Optuna wants tried next."""
    if space.choices:
        return parse_value(trial.suggest_categorical(space.key, space.choices))
    if space.whole:
        return trial.suggest_int(space.key, space.low, space.high, log=space.log)
    return trial.suggest_float(space.key, space.low, space.high, log=space.log)


def left(study: "optuna.Study", plan: Plan) -> bool:
    """Whether another trial is due; those that other processes have begun count."""
    states = Counter(trial.state.name for trial in study.get_trials(deepcopy=False))
    waiting, failed = states.pop("WAITING", 0), states.pop("FAIL", 0)
    if plan.sampler == "grid" and not waiting:
        return False
    return states.total() < plan.trials and failed < plan.trials


def try_one(study: "optuna.Study", plan: Plan, followed: Callable) -> "optuna.trial.FrozenTrial":
    """Runs the next trial to its end and returns it.

    followed: makes of an Engine what `ended()` is asked of (Ctrl-C is served there).
    """
    from optuna.trial import TrialState

    trial = study.ask()
    values = {space.key: suggested(trial, space) for space in plan.spaces}
    engine = None
    state, found = TrialState.FAIL, None
    try:
        changes = plan.changes | values
        recipe = launch.with_source(recipes.load(plan.recipe, changes), named_here="data.from" in plan.changes)
        words = [f"{key}={value}" for key, value in changes.items()]
        engine = launch.start(
            recipe, overrides=changes, device=plan.device, threads=plan.threads, argv=["run", plan.recipe, *words]
        )
        trial.set_user_attr("run", engine.run.id)
        history = _watched(followed(engine), trial, plan)
        found = _value(history, plan.goal)
        finished = history.finished or {}
        if "pruned" in trial.user_attrs:
            state = TrialState.PRUNED
        elif finished.get("status") == "done" and found is not None:
            state = TrialState.COMPLETE
        else:
            reason = finished.get("error") or finished.get("status") or launch.last_words(engine.run, 1)
            trial.set_user_attr("error", reason if found is not None else reason or f"it has no {plan.goal.metric}")
    except DltuiError as error:
        trial.set_user_attr("error", error.message)
    except BaseException:
        if engine and not engine.ended():
            engine.kill()
        study.tell(trial, state=TrialState.FAIL)
        raise
    study.tell(trial, found if state is TrialState.COMPLETE else None, state=state, skip_if_finished=True)
    return study.get_trials(deepcopy=False)[trial.number]


def _watched(followed, trial: "optuna.Trial", plan: Plan) -> History:
    """Follows a run to its end; tells Optuna each evaluation, and stops the run where it is not worth going on."""
    history, tail, told = History(), Tail(followed.run.log), 0
    while True:
        ended = followed.ended()
        history.take(tail.read())
        series, _, metric = plan.goal.metric.rpartition(".")
        curve = history.curves.get((series, metric))
        for step, value in zip(curve.steps[told:], curve.values[told:], strict=True) if curve and plan.prune else ():
            trial.report(float(value), step)
            told += 1
        if told and not ended and "pruned" not in trial.user_attrs and trial.should_prune():
            trial.set_user_attr("pruned", True)
            launch.control(followed.run, "stop")
        if ended:
            return history
        time.sleep(LOOK)


def _value(history: History, goal: Goal) -> float | None:
    value = (history.finished or {}).get("summary", {}).get(goal.metric)
    value = None if value is None else float(value)
    return value if value is not None and value == value else None  # NaN is none


def command(plan: Plan, trial: "optuna.trial.FrozenTrial") -> str:
    """The command that repeats a trial."""
    from shlex import quote

    values = plan.changes | {space.key: trial.params[space.key] for space in plan.spaces}
    return " ".join(["dltui run", plan.recipe, *(quote(f"{key}={value}") for key, value in values.items())])


def best_so_far(trials: Sequence["optuna.trial.FrozenTrial"], greatest: bool) -> list[float]:
    """The best value up to each of the trials that ended with one, in their order."""
    found: list[float] = []
    for trial in trials:
        best = [trial.value, *found[-1:]]
        found.append(max(best) if greatest else min(best))
    return found
