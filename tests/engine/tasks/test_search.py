"""A search trains the recipe it names, wastes nothing on what means nothing, and says what it cannot search."""

import pytest
import torch

from dltui.engine.tasks.search import build, value_at
from dltui.errors import DltuiError
from dltui.search.space import parse
from tests.engine.conftest import CPU

KINDS = ("optimizer.kind=sgd|adam", "optimizer.lr=log:1e-3..0.1", "optimizer.momentum=0.0..0.9")


def made(**options):
    torch.manual_seed(0)
    return build(**{"trial_steps": 3, "spaces": ["optimizer.lr=log:1e-3..0.1"]} | options)(None, {}, CPU)


def run(task, steps: int):
    for step in range(1, steps + 1):
        task.advance(step)
    return task.evaluate()


def test_the_tree_tries_what_means_something_and_finds_the_same():
    """Guards `taken`: adam has no momentum, so a flat grid trains it again for each of its values."""
    grid, tree = (made(spaces=list(KINDS), algorithm=name, levels=2) for name in ("grid", "tree"))
    flat, pruned = run(grid, 20), run(tree, 20)
    assert (flat["tried"], flat["different"]) == (8, 6) and pruned["tried"] == pruned["different"] == 6
    assert flat["best"] == pruned["best"]


def test_equal_settings_give_equal_values_and_others_do_not():
    task = made()
    settings = {"optimizer.lr": 0.02}
    first, again = task.trials.run(settings), task.trials.run(settings)
    assert first.metrics == again.metrics and first.metrics != task.trials.run({"optimizer.lr": 0.05}).metrics


def test_a_trial_leaves_the_searchs_random_numbers_alone():
    task = made()
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    task.trials.run({"optimizer.lr": 0.02})
    assert torch.equal(torch.rand(3), wanted)


def test_what_diverges_is_worse_than_all_and_ends_nothing():
    task = made(spaces=["optimizer.lr=1e30..2e30"], trials=4)
    found = run(task, 4)
    assert found["tried"] == 4 and found["best"] >= 1


def test_after_the_last_trial_nothing_is_trained():
    task = made(trials=4)
    assert run(task, 9)["tried"] == 4


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
    task = made(spaces=["model.hidden=[1]|[4]|[16]", "optimizer.lr=log:1e-3..0.1"], front="weights", trials=8)
    found = run(task, 8)
    picture = next(picture for picture in task.pictures() if picture.pane == "front").payload
    assert found["dominated"] == 0 and found["front"] == len(picture["marks"]["x"]) == (picture["label"] == 0).sum()
    assert 0 <= found["volume"] <= 1
    assert sorted(set(picture["x"])) == pytest.approx(sorted(torch.tensor([5.0, 22.0, 82.0]).log10().tolist()), abs=0.2)


def test_who_trains_longer_costs_more_seconds():
    """Guards against steps that are searched and not taken, and against the time of anything but the training."""
    task = made(spaces=["train.steps=5|200"], algorithm="grid", front="seconds")
    run(task, 2)
    few, many = task.found.second.tolist()
    assert many > 4 * few > 0
    picture = next(picture for picture in task.pictures() if picture.pane == "front").payload
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


def test_a_metric_that_the_recipe_has_not_is_told():
    with pytest.raises(DltuiError, match='no metric "speed"'):
        made(metric="speed").advance(1)
