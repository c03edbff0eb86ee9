"""Pruning: shares are cut in their time, what was cut stays 0, and the figures are those of the cuts."""

import pytest
import torch
from torch import nn

from dltui.engine.callbacks.pruning import BINS, METRICS, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


def lines(count, seed, size=6):
    """Pictures of three classes, each with a bright line of its own."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    inputs = torch.randint(0, 60, (count, 1, size, size), generator=generator, dtype=torch.uint8)
    inputs[torch.arange(count), 0, 2 * targets] += 150
    return Split(inputs, targets)


def made(**options):
    torch.manual_seed(0)
    data = Dataset(lines(120, 0), lines(60, 1), ("a", "b", "c"), "builtin", "lines", {})
    task = classify.build()(context(data, {"model": mlp.build(inputs=36, hidden=[12], outputs=3)}))
    return build(**{"sparsities": [0.5, 0.9], "start_step": 20, "finetune_steps": 10} | options)(task)


def train(pruning, first, last):
    """Takes the steps first..last."""
    optimizer = torch.optim.SGD(pruning.task.net.parameters(), 0.5, momentum=0.9)
    for step in range(first, last + 1):
        optimizer.zero_grad()
        pruning.task.loss(torch.arange(120)).backward()
        optimizer.step()
        pruning.after_step(step)
    return pruning


def zeros(pruning):
    return sum((w == 0).sum().item() for w in pruning.weights) / sum(w.numel() for w in pruning.weights)


@pytest.mark.parametrize(("steps", "share"), [(19, 0), (20, 0.5), (29, 0.5), (30, 0.9), (45, 0.9)])
@pytest.mark.parametrize("criterion", ["magnitude", "random"])
def test_each_share_is_pruned_in_its_time_and_stays_pruned(criterion, steps, share):
    """Guards momentum, which would move what was pruned; and a lot that spares what is pruned already."""
    pruning = train(made(criterion=criterion), 1, steps)
    with torch.no_grad():
        assert zeros(pruning) == pytest.approx(share, abs=0.01) == pruning.evaluate()["sparsity"]
    assert [layer.out_features for layer in pruning.task.net.modules() if isinstance(layer, nn.Linear)] == [12, 3]


def test_the_smallest_of_all_layers_together_are_pruned():
    """Guards a share of each matrix in the place of one of all: the second is ten times smaller, and loses more."""
    pruning = train(made(), 1, 19)
    with torch.no_grad():
        pruning.weights[1].mul_(0.1)
        before = torch.cat([weight.abs().flatten() for weight in pruning.weights])
        pruning.after_step(20)
    kept = torch.cat([mask.flatten() for mask in pruning.masks]).bool()
    assert before[~kept].max() <= before[kept].min() and (~kept).sum() == len(kept) // 2
    assert pruning.masks[1].mean() < pruning.masks[0].mean()


def test_the_rest_may_learn_on_longer_while_it_runs():
    pruning = train(made(), 1, 25)
    pruning.finetune_steps = 15
    assert zeros(train(pruning, 26, 34)) == pytest.approx(0.5, abs=0.01)
    assert zeros(train(pruning, 35, 35)) == pytest.approx(0.9, abs=0.01)


def test_what_is_lossless_is_the_greatest_sparsity_within_a_point():
    pruning = made(sparsities=[0.3, 0.6, 0.9])
    pruning.dense.fill_(0.95)
    assert pruning._lossless(torch.tensor([0.945, 0.94001, 0.9])) == 0.6
    assert pruning._lossless(torch.tensor([0.9, torch.nan, torch.nan])) == 0


def test_the_net_learns_and_the_curves_say_what_was_lost_and_healed():
    pruning = train(made(), 1, 40)
    with torch.no_grad():
        values, accuracy = pruning.evaluate(), pruning.task.evaluate()["accuracy"]
        pictures = {picture.pane: picture.payload for picture in pruning.pictures()}
    assert set(values) == set(METRICS)
    untuned, tuned = pictures["accuracy"]["curves"]
    assert list(untuned["x"]) == [0.0, 0.5, 0.9] and untuned["y"][0] == values["dense_accuracy"] == 1
    assert tuned["y"][-1] == pytest.approx(accuracy) and accuracy >= untuned["y"][-1]
    [left] = pictures["weights left"]["curves"]
    assert left["y"][BINS // 2] == 0 and left["y"].sum() == round(0.1 * (36 * 12 + 12 * 3))
    assert pictures["pixels looked at"]["pixels"].shape == (6, 6)


def test_resumed_between_two_prunings_it_goes_on():
    whole, other = train(made(), 1, 25), made()
    other.task.net.load_state_dict(whole.task.net.state_dict())
    other.load_state_dict(whole.state_dict())
    assert zeros(train(other, 26, 29)) == pytest.approx(0.5, abs=0.01)
    assert zeros(train(other, 30, 30)) == pytest.approx(0.9, abs=0.01)


def test_sparsities_that_do_not_rise_are_refused():
    with pytest.raises(DltuiError, match="rise"):
        made(sparsities=[0.9, 0.5])
