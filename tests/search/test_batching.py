"""Trials as variants of one run: each variant says what the trial's own run would say, or there is no such run."""

import pytest

from dltui.engine.training.vmapped import FREE as THE_ENGINES
from dltui.recipes import recipe as recipes
from dltui.search.batching import FREE, as_variants, is_free


@pytest.mark.parametrize(
    ("key", "free"),
    [
        ("optimizer.lr", True),
        ("train.seed", True),
        ("model.init", True),
        ("schedule.kind", True),
        ("variants.net.optimizer.lr", True),
        ("variants.net.model.hidden", False),
        ("optimizer.kind", False),
        ("optimizer.generator.lr", False),
        ("model.hidden", False),
        ("train.steps", False),
        ("train.batch", False),
        ("title", False),
    ],
)
def test_which_keys_trials_of_one_batch_may_differ_in(key, free):
    assert is_free(key) is free and FREE is THE_ENGINES


def made(name: str, *changes: dict, base: dict | None = None) -> recipes.Recipe | None:
    trials = {f"trial-{n}": (recipes.load(name, (base or {}) | change), change) for n, change in enumerate(changes)}
    return as_variants(recipes.load(name, base), trials)


@pytest.mark.parametrize("name", ["logistic-regression", "mlp-moons", "lr-schedules"])
def test_a_variant_says_what_the_run_alone_would(name):
    """The recipe has no variants, two of its own, and eight whose kinds of schedule differ."""
    changes = [{"optimizer.lr": 0.1 * n, "train.seed": n} for n in range(1, 4)]
    found = made(name, *changes, base={"train.batch": 16})
    again = recipes.of_table(found.table, None)  # the engine checks it once more
    for number, change in enumerate(changes):
        alone = recipes.load(name, {"train.batch": 16} | change)
        for own, variant in alone.variants.items():
            series = f"trial-{number}-{own}" if own else f"trial-{number}"
            want = {key: part for key, part in variant.table.items() if key not in ("expect", "predict")}
            assert again.variants[series].table == want


def test_values_of_one_variant_stay_that_variants():
    found = made("mlp-moons", {"variants.net.optimizer.lr": 0.5}, {"variants.net.optimizer.lr": 0.25})
    rates = {name: variant.table["optimizer"]["lr"] for name, variant in found.variants.items()}
    assert rates == {"trial-0-line": 0.01, "trial-0-net": 0.5, "trial-1-line": 0.01, "trial-1-net": 0.25}


def test_what_variants_cannot_say_is_none():
    """Variants of the recipe name another kind of schedule: alone that drops the trial's option of the first."""
    assert made("lr-schedules", {"variants.step.schedule.factor": 0.3}) is not None
    assert made("lr-schedules", {"schedule.kind": "step", "schedule.factor": 0.3}) is None
