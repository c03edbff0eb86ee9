"""What a sweep chooses its trials by: unless another value is named, one that no test row has a part in.

The best of many trials by a value of the test rows is no estimate for rows that come later: the choice has seen them.
Each metric declares the rows that it is measured on.
"""

from typing import NamedTuple

from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import schema
from dltui.recipes.claims import Claim, metric_of
from dltui.recipes.metric import Metric
from dltui.recipes.overrides import written
from dltui.recipes.recipe import Recipe

VALIDATION_LOSS = "validation_loss"  # of a task that measures it where [train] validation holds rows out
HOLD_OUT = ("train.validation", 0.2)  # key, share of the training rows where the recipe holds out none


class Goal(NamedTuple):
    """The summary value that is sought for, and whether the greatest or the least."""

    metric: str
    greatest: bool

    @property
    def curve(self) -> tuple[str, str]:
        """(variant of the recipe, "" where it has none; metric) of the curve that the value is taken from."""
        name = metric_of(self.metric)
        parts = self.metric.split(".")
        return ".".join(parts[: len(parts) - 1 - parts[::-1].index(name)]), name

    @property
    def words(self) -> str:
        """Which way is better."""
        return "higher is better" if self.greatest else "lower is better"


def goal_of(recipe: Recipe, metric: str = "", direction: str = "") -> Goal:
    """Returns what was asked for: a metric of the recipe, and `max` or `min`, by default what it declares as better.

    Without a metric it is one of validation rows, else the first claim's that no test row has a part in. Raises
    DltuiError (2) where there is none, or where the recipe does not measure what is named.
    """
    if metric:
        _check(recipe, metric)
    chosen = metric or _default(recipe)
    if direction:
        return Goal(chosen, direction == "max")
    declared = recipe.metrics[metric_of(chosen)]
    if not declared.better:
        reason = f"{recipe.name} does not say whether more or less {chosen} is better."
        raise DltuiError(reason, "Say --goal max or --goal min", ExitStatus.USAGE)
    return Goal(chosen, declared.better == "higher")


def held_out(recipe: Recipe, goal: Goal, searched: set[str]) -> dict[str, object]:
    """What every trial needs changed so that it has validation rows to measure the goal on; {} as a rule.

    searched: the keys that the sweep changes. Raises DltuiError (2) where there are to be no such rows.
    """
    key, share = HOLD_OUT
    of_validation = recipe.subject == "task" and recipe.metrics[metric_of(goal.metric)].rows == "validation"
    if not of_validation or recipe.train["validation"] or key in searched:
        return {}
    if "validation" in recipe.table.get("train", {}):
        reason = f"{written(key, 0)} holds out no rows, and {goal.metric} is measured on such rows."
        raise DltuiError(reason, f"Set {written(key, share)}, or name another --metric.", ExitStatus.USAGE)
    return {key: share}


def sees_test_rows(recipe: Recipe, name: str) -> bool:
    """Whether test rows have a part in a summary value."""
    declared = recipe.metrics.get(metric_of(name))
    return declared is not None and declared.rows == "test"


def _default(recipe: Recipe) -> str:
    metrics = recipe.metrics
    wanted = [claim for claim in recipe.claims if _seeks(claim, metrics.get(metric_of(claim.name)))]
    validated = {name: metric for name, metric in metrics.items() if metric.better and metric.rows == "validation"}
    for claim in wanted:
        if metric_of(claim.name) in validated:
            return claim.name
    if validated and recipe.subject == "task":  # what an algorithm does not claim it may not measure
        return _of_validation_rows(recipe, wanted, validated)
    for claim in wanted:
        rows = metrics[metric_of(claim.name)].rows
        # what a task measures without a word of its rows may be of test rows; an algorithm has none as a rule
        if rows == "train" or (recipe.subject != "task" and not rows):
            return claim.name
    raise _nothing_to_choose_by(recipe, wanted)


def _of_validation_rows(recipe: Recipe, wanted: list[Claim], validated: dict[str, Metric]) -> str:
    """What is on validation rows what the first claim is on test rows, and shares its plot; else the loss."""
    claimed = (curve for claim in wanted if (curve := Goal(claim.name, True).curve)[0] in recipe.variants)
    series, of_test = next(claimed, (next(iter(recipe.variants)), ""))
    name = VALIDATION_LOSS if VALIDATION_LOSS in validated else next(iter(validated))
    if of_test:
        declared = recipe.metrics[of_test]
        alike = (declared.better, declared.axis or of_test)
        name = next((other for other, metric in validated.items() if (metric.better, metric.axis) == alike), name)
    return f"{series}.{name}" if series else name


def _seeks(claim: Claim, declared: Metric | None) -> bool:
    """Whether a claim asks for what is better: an upper bound of an accuracy is there to be kept below."""
    return declared is not None and {"higher": ">", "lower": "<"}.get(declared.better) == claim.op[0]


def _nothing_to_choose_by(recipe: Recipe, wanted: list[Claim]) -> DltuiError:
    if not wanted:
        example = f"Name a metric: --metric {next(iter(recipe.metrics), 'loss')} --goal max"
        return DltuiError(f"{recipe.name} claims nothing to search for.", example, ExitStatus.USAGE)
    reason = f"{recipe.name} measures nothing on validation rows, and what chooses must not see the test rows."
    hint = f"Choose by its claim all the same, the best then looks better than it is: --metric {wanted[0].name}"
    return DltuiError(reason, hint, ExitStatus.USAGE)


def _check(recipe: Recipe, name: str) -> None:
    """Raises DltuiError (2) where the runs of a recipe have no such summary value."""
    (series, metric), metrics = Goal(name, True).curve, recipe.metrics
    if metric not in metrics:
        reason = f"--metric {name}: {recipe.name} measures no {metric}."
        raise DltuiError(reason, did_you_mean(metric, metrics), ExitStatus.USAGE)
    named, comparison = [variant for variant in recipe.variants if variant], recipe.part("comparison")
    if series in named or (not series and not named):
        return
    if not series and comparison and metric in schema.find("comparison", comparison.kind).metrics:
        return
    if not named:
        reason, hint = f"--metric {name}: {recipe.name} has no variants.", f"Say --metric {metric}"
    else:
        reason = f"--metric {name}: each variant has {metric} of its own."
        hint = did_you_mean(name, [f"{variant}.{metric}" for variant in named])
    raise DltuiError(reason, hint, ExitStatus.USAGE)
