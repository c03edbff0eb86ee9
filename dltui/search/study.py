"""A search over a recipe's options by Optuna: what is sought, and a study that several processes can share."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs.cluster import Wanted
from dltui.recipes import recipe as recipes
from dltui.recipes.overrides import COMMAND_LINE, parse_value, written
from dltui.recipes.recipe import Recipe
from dltui.search import batching as together
from dltui.search.goal import Goal as Goal
from dltui.search.grid import Grid
from dltui.search.proposers import FREE
from dltui.search.retrials import interrupted, is_again, make_again, place_of
from dltui.search.space import EXAMPLES, Space
from dltui.search.tree import Tree, first_valid, kinds

if TYPE_CHECKING:
    import optuna

GUESSES = 10  # trials that TPE draws at random, before it learns from them
AT_ONCE = 10  # trials trained as one batch, where none of them could have learned from another
LEARNED = 5  # the same where they could: TPE with 10 at a time needs about 1.5 times as many trials


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
    kinds: tuple[str, ...] = ()  # files with further kinds, as `recipes.load` takes them
    job: Wanted | None = None  # as which each run is submitted to a cluster
    hashes: Mapping[str, str] = MappingProxyType({})  # of all files of kinds: name -> the beginning of its SHA-256

    @property
    def grid(self) -> Grid | Tree | None:
        """What a search by grid or tree goes through, in this order."""
        if self.sampler == "tree":
            return Tree.over(self.spaces)
        return Grid.over(self.spaces) if self.sampler == "grid" else None

    @property
    def about(self) -> dict[str, object]:
        """What must stay the same for a search that goes on, as JSON; where the data lie may differ by machine."""
        spaces = {space.key: space.form for space in sorted(self.spaces)}
        if self.grid:
            spaces = {space.key: list(space.choices) or [space.low, space.high] for space in self.grid.spaces}
        settings = sorted(written(key, value) for key, value in self.changes.items() if key != "data.from")
        shared = {"recipe": self.recipe, "metric": self.goal.metric, "goal": "max" if self.goal.greatest else "min"}
        shared |= {"kinds": dict(self.hashes)} if self.hashes else {}
        return {**shared, "settings": settings, self.sampler if self.grid else "spaces": spaces}

    def recipe_with(self, changes: Mapping[str, object], **how: str) -> Recipe:
        """Returns the recipe with what is the same for every trial, and with `changes`. Raises DltuiError (2)."""
        return recipes.load(self.recipe, {**self.changes, **changes}, kinds=self.kinds, **how)

    @property
    def free(self) -> list[Space]:
        """The spaces that trials of one batch may differ in."""
        return [space for space in self.spaces if together.is_free(space.key)]


def check(plan: Plan) -> None:
    """Raises DltuiError (2) where a value of a space is not valid in the recipe, or a grid has no end."""
    if len({space.key for space in plan.spaces}) < len(plan.spaces):
        raise DltuiError("A key was given two spaces.", "Join their values with |", ExitStatus.USAGE)
    chosen = kinds(plan.spaces, "--sampler tree") if plan.sampler == "tree" else [{}]
    for space in plan.spaces:
        if space.count == 1:
            hint = f"For every trial: --set {space.fixed}. {EXAMPLES}"
            raise DltuiError(f"{space.fixed} is one value: there is nothing to search.", hint, ExitStatus.USAGE)
        if twice := [choice for choice, count in Counter(space.choices).items() if count > 1]:
            raise DltuiError(f"{space.key}: {twice[0]} stands there twice.", "Name each value once.", ExitStatus.USAGE)
        for value in space.ends:
            recipe = first_valid(chosen, {space.key: value}, partial(plan.recipe_with, changed_in=COMMAND_LINE))
            if ignored := recipe.ignored({space.key: value}):
                hint = "Search a key that the variants share, or that of one of them."
                raise DltuiError(ignored[0], hint, ExitStatus.USAGE)
    endless = [space.key for space in plan.spaces if not space.count]
    if plan.sampler in ("grid", "tree") and endless:
        hint = f"Name its values: {endless[0]}='0.001|0.01|0.1'"
        raise DltuiError(
            f"A {plan.sampler} has no end over a range of fractions: {', '.join(endless)}.", hint, ExitStatus.USAGE
        )
    if 1 < plan.together < together.FEWEST:
        hint = f"--together 1: each is a run of its own; {together.FEWEST} or more: so many are trained as one batch"
        raise DltuiError(f"A batch of {plan.together} nets is no faster than one by one.", hint, ExitStatus.USAGE)
    if plan.prune and plan.together > 1:
        hint = "Leave out --prune, or --together."
        raise DltuiError("--prune stops single trials: they cannot be one batch.", hint, ExitStatus.USAGE)


def study_of(plan: Plan, name: str, kept: "optuna.storages.BaseStorage", seed: int) -> "optuna.Study":
    """Returns the study of this name that is kept in a storage, a new one where there is none.

    Raises DltuiError (2) where it searches for something else.
    """
    import optuna

    from dltui.search.sampling import pruner_of, sampler_of

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    direction = "maximize" if plan.goal.greatest else "minimize"
    sampler = sampler_of(plan.sampler, plan.grid, seed, GUESSES, [space.key for space in plan.spaces])
    study = optuna.create_study(
        study_name=name, storage=kept, sampler=sampler, pruner=pruner_of(plan.prune), direction=direction,
        load_if_exists=True,
    )  # fmt: skip
    about, before = plan.about, study.user_attrs.get("about")
    if before is None:  # it is new, or Optuna's own
        before = about if study.direction.name.lower() == direction else {"goal": study.direction.name.lower()}
        study.set_user_attr("about", before)
    if before != about:
        differs = next(key for key in [*about, *before] if about.get(key) != before.get(key))
        old, new = (json.dumps(of.get(differs), ensure_ascii=False) for of in (before, about))
        where = f'The sweep "{name}" searches for something else'
        raise DltuiError(f"{where}: its {differs} was {old}, not {new}.", "Choose another --name", ExitStatus.USAGE)
    return study


def moved_ranges(plan: Plan, study: "optuna.Study") -> Iterator[str]:
    """Says of which ranges the ends are others than those of the newest trial of a search that goes on."""
    tried = study.get_trials(deepcopy=False)
    before = tried[-1].distributions if tried else {}
    for space in plan.spaces:
        old = before.get(space.key)
        if old is not None and not space.choices and (old.low, old.high) != (space.low, space.high):
            new = f"from {space.low:g} to {space.high:g}"
            yield f"{space.key} was searched from {old.low:g} to {old.high:g}, now {new}; the earlier trials count"


def outcome(
    plan: Plan, trial: "optuna.Trial | optuna.trial.FrozenTrial", finished: Mapping
) -> tuple[float | None, str]:
    """Returns (value, "") of a trial by the `finished` event of its run, or (None, why it has none)."""
    own, _ = plan.goal.curve
    series = variant_of(plan, trial) or own
    status, diverged = finished.get("status"), finished.get("diverged", {}).get(series)
    if diverged or status != "done":
        return None, diverged or finished.get("error") or status or "its engine died"
    name = plan.goal.metric.removeprefix(f"{own}.")  # with .first, .min or .max, where that is meant
    value = finished.get("summary", {}).get(f"{series}.{name}" if series else name)
    if value is None or float(value) != float(value):  # NaN is none
        return None, f"it has no {plan.goal.metric}"
    return float(value), ""


def variant_of(plan: Plan, trial: "optuna.Trial | optuna.trial.FrozenTrial") -> str:
    """The variant, of the run that holds a batch of trials, which has a trial's value; "" where it has a run alone."""
    name = trial.user_attrs.get("variant", "")
    return together.series_of(name, plan.goal.curve[0]) if name else ""


def give_up(study: "optuna.Study", plan: Plan, trial: "optuna.Trial | optuna.trial.FrozenTrial") -> None:
    """An interrupted trial counts as failed; another one is to be made with its values, and stands for it."""
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    values = trials[trial.number].params
    if plan.grid and not is_again(trial):
        place = place_of(trials, trial.number)
        values = plan.grid.at(place) if place < plan.grid.count else None
    elif is_again(trial):
        values = trials[trial.number].system_attrs["fixed_params"] | values
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, UpdateFinishedTrialError):
        return  # it has ended, or another process was quicker to give it up
    if values is not None:
        make_again(study, trial.number, values)


def suggested(trial: "optuna.Trial", space: Space) -> object:
    """The value that Optuna wants tried next."""
    if space.choices:
        return parse_value(trial.suggest_categorical(space.key, space.choices))
    if space.whole:
        return trial.suggest_int(space.key, space.low, space.high, log=space.log)
    return trial.suggest_float(space.key, space.low, space.high, log=space.log)


def spaces_of(study: "optuna.Study", plan: Plan, trial: "optuna.Trial") -> list[Space]:
    """The spaces that a trial has values of: in a tree only those that mean something beside the kinds it has."""
    if plan.sampler != "tree":
        return list(plan.spaces)
    keys = plan.grid.at(place_of(study.get_trials(deepcopy=False), trial.number))
    return [space for space in plan.spaces if space.key in keys]


def left(study: "optuna.Study", plan: Plan) -> int:
    """How many trials are due still; those that other processes have begun count."""
    trials = study.get_trials(deepcopy=False)
    states = Counter(trial.state.name for trial in trials)
    waiting, failed = states.pop("WAITING", 0), states.pop("FAIL", 0) - len(interrupted(trials))
    if failed >= plan.trials:
        return 0
    due = max(0, plan.trials - states.total())
    if plan.grid:
        due = min(due, waiting + max(0, plan.grid.count - place_of(trials, len(trials))))
    return due


def is_surplus(study: "optuna.Study", plan: Plan, trial: "optuna.Trial") -> bool:
    """Whether a trial that was just asked for is one too many: another process has asked for the last one meanwhile."""
    if is_again(trial):
        return False
    trials = study.get_trials(deepcopy=False)
    before = sum(other.state.name != "FAIL" for other in trials[: trial.number])
    return before >= plan.trials or bool(plan.grid and place_of(trials, trial.number) >= plan.grid.count)


def expected(study: "optuna.Study", plan: Plan) -> int:
    """How many trials there will have been, those that failed included."""
    trials = study.get_trials(deepcopy=False)
    due = plan.trials + sum(trial.state.name == "FAIL" for trial in trials)
    return min(due, plan.grid.count + sum(map(is_again, trials))) if plan.grid else due


def wanted(plan: Plan) -> int:
    """How many trials are to come to an end."""
    return min(plan.trials, plan.grid.count) if plan.grid else plan.trials


def missing(trials: Sequence["optuna.trial.FrozenTrial"], plan: Plan) -> int:
    """How many trials of those asked for have not come to an end; a grid's combinations that fail have."""
    states = Counter(trial.state.name for trial in trials)
    failed = states["FAIL"] - len(interrupted(trials)) if plan.grid else 0
    return max(0, wanted(plan) - states["COMPLETE"] - states["PRUNED"] - failed)


def at_once(study: "optuna.Study", plan: Plan) -> int:
    """How many trials are to be asked for now: several where most of them can be trained as one batch."""
    due = left(study, plan)
    if plan.together == 1 or plan.prune or not plan.free or "alone" in study.user_attrs:
        return min(due, 1)
    if plan.together:
        return min(due, plan.together)
    if plan.sampler in FREE:  # each of the later ones follows from those before it
        due = min(due, max(1, FREE[plan.sampler] - len(study.get_trials(deepcopy=False))))
    if plan.grid and due:
        due = min(due, _alike_ahead(study, plan))
    architectures = prod(space.count or AT_ONCE for space in plan.spaces if space not in plan.free)
    if due < together.FEWEST or (not plan.grid and architectures * together.FEWEST > AT_ONCE):
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
    trials = study.get_trials(deepcopy=False)
    waiting = [trial for trial in trials if trial.state.name == "WAITING"]
    if not waiting:
        return plan.grid.row - place_of(trials, len(trials)) % plan.grid.row
    shared = [fixed_part(plan, trial.system_attrs["fixed_params"]) for trial in waiting]
    return next((number for number, part in enumerate(shared) if part != shared[0]), len(shared))


def fixed_part(plan: Plan, values: Mapping[str, object]) -> dict[str, object]:
    """What trials of one batch must share of their values."""
    free = {space.key for space in plan.free}
    return {key: value for key, value in values.items() if key not in free}


def command(plan: Plan, trial: "optuna.trial.FrozenTrial") -> str:
    """The command that repeats a trial, as a run of its own."""
    tried = {
        space.key: parse_value(value) if space.choices else value
        for space in plan.spaces
        if space.key in trial.params
        for value in [trial.params[space.key]]
    }
    options = [f"--device={plan.device}"] if plan.device != "auto" else []
    if plan.threads and not trial.user_attrs.get("variant"):  # sums are rounded otherwise by another number of them
        options.append(f"--threads={plan.threads}")
    options += [f"--kinds={file}" for file in plan.kinds]
    changes = [written(key, value) for key, value in (plan.changes | tried).items()]
    return shlex.join(["dltui", "run", plan.recipe, *changes, *options])


def best_so_far(values: Sequence[float], greatest: bool) -> list[float]:
    """The best value up to each of the values, in their order."""
    return list(accumulate(values, max if greatest else min))
