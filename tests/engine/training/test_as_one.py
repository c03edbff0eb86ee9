"""Trials of a sweep as one run: the engine trains them as one batch of nets, each to what its own run comes to."""

import pytest

from dltui.errors import ExitStatus
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import run as runs
from dltui.search.batching import as_variants
from tests.forked import ended, history_of, start_engine

SHORT = {"train.steps": 150, "data.from": "builtin"}
RATES = [{"optimizer.lr": rate} for rate in (0.001, 0.003, 0.01, 0.03)]


def made(name: str, changes: list[dict], base: dict) -> Recipe:
    trials = {f"trial-{n}": (recipes.load(name, base | change), change) for n, change in enumerate(changes)}
    return as_variants(recipes.load(name, base), trials)


def started(recipe: Recipe, **info: object) -> tuple[int, runs.Run]:
    run = runs.create(recipe.name, recipes.to_toml(recipe), {"threads": 1, "device": "cpu", **info})
    return ended(start_engine(run)), run


@pytest.mark.timeout(120)
def test_each_comes_to_what_its_own_run_comes_to(home):
    status, run = started(made("mlp-moons", RATES, SHORT), as_one=True)
    assert status == 0, run.engine_log.read_text()
    vmapped = runs.state(run).summary
    assert sum("trained together" in note["text"] for note in history_of(run).notes) == 2  # line and net
    for number, change in enumerate(RATES):
        for name, value in runs.state(started(recipes.load("mlp-moons", SHORT | change))[1]).summary.items():
            assert vmapped[f"trial-{number}-{name}"] == pytest.approx(value, rel=1e-5), name


def test_pictures_wait_for_the_end(home):
    """Twenty fields drawn every half second took longer than the training."""
    base = SHORT | {"train.picture_seconds": 0.001}
    _, run = started(made("mlp-moons", RATES, base), as_one=True)
    frames = history_of(run).frames
    assert {series for series, _ in frames} == {f"trial-{n}-{own}" for n in range(4) for own in ("line", "net")}
    assert {frame["step"] for shown in frames.values() for frame in shown} == {150}


@pytest.mark.parametrize(
    ("name", "base", "why"),
    [
        ("dropout", {}, "it draws random numbers: alone it would draw others"),
        ("softmax-digits", {"model.hidden": [500, 50]}, "it is large"),
    ],
)
def test_what_cannot_be_one_batch_is_refused_before_the_first_step(home, name, base, why):
    status, run = started(made(name, RATES, SHORT | base), as_one=True)
    state = runs.state(run)
    assert status == ExitStatus.USAGE and state.status == "failed" and state.step == 0, why
    assert "cannot be trained as one batch" in state.error


def test_a_variant_that_diverged_is_named_at_the_end(home):
    """Guards a summary that still holds what it was evaluated at before."""
    base = SHORT | {"optimizer.kind": "sgd", "model.activation": "relu"}
    _, run = started(made("mlp-moons", [*RATES, {"optimizer.lr": 1e12}], base), as_one=True)
    finished = history_of(run).finished
    assert finished["status"] == "done" and "trial-4-net.accuracy" in finished["summary"]
    assert list(finished["diverged"]) == ["trial-4-net"]  # the steps of a line grow by no more than their rate
