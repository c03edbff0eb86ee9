"""A search trains the recipe it names, wastes nothing on what means nothing, and says what it cannot search."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from dltui.engine.algorithms.search import METRICS, WORST, build, direction, value_at
from dltui.engine.contracts.trials import Trial
from dltui.engine.training.trial import HELD_OUT, Trials
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.search.space import parse
from tests.engine.conftest import CPU, context

KINDS = ("optimizer.kind=sgd|adam", "optimizer.lr=log:1e-3..0.1", "optimizer.momentum=0.0..0.9")


def made(**options):
    torch.manual_seed(0)
    given = {"trial_steps": 3, "spaces": ["optimizer.lr=log:1e-3..0.1"]} | options
    return build(**given)(context(trials=partial(Trials, device=CPU)))


def run(search, steps: int):
    for _ in range(steps):
        if not search.done:
            search.step()
    return search.evaluate()


def test_the_tree_tries_what_means_something_and_finds_the_same():
    """Guards `taken`: adam has no momentum, so a flat grid trains it again for each of its values."""
    grid, tree = (made(spaces=list(KINDS), strategy=name, levels=2) for name in ("grid", "tree"))
    flat, pruned = run(grid, 20), run(tree, 20)
    assert (flat["trials"], flat["distinct"]) == (8, 6) and pruned["trials"] == pruned["distinct"] == 6
    assert flat["best"] == pruned["best"]


def test_equal_settings_give_equal_values_and_others_do_not():
    search = made()
    settings = {"optimizer.lr": 0.02}
    first, again = search.trials.run(settings), search.trials.run(settings)
    assert first.metrics == again.metrics and first.metrics != search.trials.run({"optimizer.lr": 0.05}).metrics


def test_a_trial_leaves_the_searchs_random_numbers_alone():
    search = made()
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    search.trials.run({"optimizer.lr": 0.02})
    assert torch.equal(torch.rand(3), wanted)


def test_what_diverges_is_worse_than_all_and_ends_nothing():
    search = made(spaces=["optimizer.lr=1e11..1e12"], trials=4)
    found = run(search, 4)
    assert found["trials"] == 4 and found["best"] >= 1


def test_after_the_last_trial_nothing_is_trained():
    search = made(trials=4)
    assert run(search, 9)["trials"] == 4


@pytest.mark.parametrize(
    ("word", "places", "values"),
    [
        ("a=x|y|z", (0.0, 0.34, 0.99, 1.0), ["x", "y", "z", "z"]),
        ("a=2..5", (0.0, 0.5, 1.0), [2, 4, 5]),
        ("a=1.0..3.0", (0.0, 0.5, 1.0), [1, 2, 3]),
        ("a=log:1e-4..1", (0.0, 0.5, 1.0), [1e-4, 1e-2, 1]),
    ],
)
def test_where_a_value_stands_in_its_space(word, places, values):
    found = [value_at(parse(word), place) for place in places]
    assert found == (values if isinstance(values[0], str) else pytest.approx(values))


def test_the_front_is_shown_with_the_trials_that_none_beats():
    search = made(
        spaces=["model.hidden=[1]|[4]|[16]", "optimizer.lr=log:1e-3..0.1"], second_objective="weights", trials=8
    )
    found = run(search, 8)
    picture = next(picture for picture in search.pictures() if picture.pane == "front").payload
    assert (
        found["dominated"] == 0 and found["front_size"] == len(picture["marks"]["x"]) == (picture["label"] == 0).sum()
    )
    assert 0 <= found["hypervolume"] <= 1
    assert sorted(set(picture["x"])) == pytest.approx(sorted(torch.tensor([5.0, 22.0, 82.0]).log10().tolist()), abs=0.2)


def test_who_trains_longer_costs_more_seconds():
    """Guards against steps that are searched and not taken, and against the time of anything but the training."""
    search = made(spaces=["train.steps=5|200"], strategy="grid", second_objective="seconds")
    run(search, 2)
    few, many = search.second.tolist()
    assert many > 4 * few > 0
    picture = next(picture for picture in search.pictures() if picture.pane == "front").payload
    assert "seconds" in picture["x_title"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"spaces": ["optimizer.lrr=1..2"]}, 'Did you mean "lr"'),
        ({"spaces": ["optimizer.lr=-1.0..2.0"]}, "must be above 0"),
        ({"spaces": []}, "names nothing to search"),
        ({"recipe": "mlp-moon"}, 'no recipe "mlp-moon"'),
        ({"variant": "curve"}, 'no variant "curve"'),
    ],
)
def test_what_cannot_be_searched_is_told(options, reason):
    with pytest.raises(DltuiError) as fault:
        made(**options)
    assert reason in f"{fault.value.message} {fault.value.hint}"


@pytest.mark.parametrize("metric", ["speed", "loss"])
def test_a_metric_that_is_not_measured_at_the_end_is_told(metric):
    with pytest.raises(DltuiError, match=f'no metric "{metric}" to search by'):
        made(metric=metric)


def test_a_recipe_that_runs_an_algorithm_is_refused():
    with pytest.raises(DltuiError, match="runs an algorithm"):
        made(recipe="kmeans", variant="random")


def test_the_metric_says_which_way_is_better():
    """Guards against a search for the least of whatever is measured."""
    metrics = {
        "error": Metric("", better="lower"),
        "accuracy": Metric("", better="higher", range=(0, 1)),
        "psnr": Metric("", better="higher"),
    }
    assert direction("error", metrics, "r") == (1, WORST) and direction("psnr", metrics, "r") == (-1, WORST)
    assert direction("accuracy", metrics, "r") == (-1, 0)


class Counted:
    """Trials whose score is their setting; what is above 0.9 diverges."""

    recipe = SimpleNamespace(name="r", metrics={"score": Metric("on validation rows", better="higher", range=(0, 1))})

    def check(self, spaces):
        pass

    def taken(self, settings):
        return settings

    def run(self, settings):
        x = settings["x"]
        return Trial({"score": x if x < 0.9 else float("nan"), "test_loss": 1 - x}, 1, 1.0)


def test_the_trial_of_the_greatest_score_is_the_best():
    torch.manual_seed(0)
    search = build(spaces=["x=0.0..1.0"], metric="score", strategy="grid", levels=10, trials=10)(
        context(trials=lambda *named: Counted())
    )
    found = run(search, 10)
    assert found["best"] == pytest.approx(0.85) and search.costs[-1] == 0
    assert found["best_test_loss"] == pytest.approx(0.15)  # of the trial that was chosen, not the least of all
    assert set(found) <= set(METRICS)
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    assert panes["best settings"]["rows"][0][:2] == ["0.85", "9"]
    assert panes["best so far"]["curves"][0]["y"].tolist() == pytest.approx([*search.points[:9, 0].tolist(), 0.85])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"strategy": "grid", "levels": 10**6, "spaces": ["optimizer.lr=0.1..0.2", "optimizer.beta1=0.1..0.9"]},
         "A grid over 1000000 x 1000000 values has 1,000,000,000,000 combinations"),
        ({"strategy": "tree", "levels": 10**10}, "A tree over 10000000000 values"),
        ({"spaces": [f"{part}.kind=" + "|".join(map(str, range(11))) for part in ("optimizer", "loss", "model")]},
         "1,331 combinations of kinds"),
        ({"spaces": ["optimizer.kind=1..3"]}, "optimizer.kind"),
    ],
)  # fmt: skip
def test_what_has_too_many_combinations_is_refused_before_any_is_made(options, reason):
    with pytest.raises(DltuiError, match=reason) as fault:
        made(**options)
    assert fault.value.status == ExitStatus.USAGE


def test_test_rows_choose_nothing_and_judge_the_best_once_all_trials_are_made():
    """Guards the choice: the least of many losses on test rows is luck."""
    with pytest.raises(DltuiError, match=r"test_loss is measured on test rows.*algorithm\.metric=validation_loss"):
        made(metric="test_loss")
    search = made(trials=4)
    assert "best_test_loss" not in run(search, 3)
    learner = search.trials
    assert learner.recipe.train["validation"] == HELD_OUT
    assert run(search, 1)["best_test_loss"] == search.test_losses[search.costs.argmin()] > 0


def test_the_seed_decides_the_rows_and_the_first_weights():
    first, again, other = (Trials("mlp-moons", "net", 3, CPU, seed) for seed in (1, 1, 2))
    settings = {"optimizer.lr": 0.02}
    assert first.run(settings).metrics == again.run(settings).metrics != other.run(settings).metrics
    assert not torch.equal(first.rows.train.inputs, other.rows.train.inputs)
