"""Pruning: shares are cut in their time, what was cut stays 0, and the figures are those of the cuts."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp
from dltui.engine.tasks.prune import BINS, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    inputs = torch.randint(0, 60, (count, 1, 6, 6), generator=generator, dtype=torch.uint8)
    inputs[torch.arange(count), 0, 2 * targets] += 150  # a bright line a class
    return Split(inputs, targets)


def made(**options):
    torch.manual_seed(0)
    nets = {"model": mlp.build(inputs=36, hidden=[12], outputs=3)}
    data = Dataset(rows(120, 0), rows(60, 1), ("a", "b", "c"), "builtin", "lines", {})
    return build(**{"cuts": [0.5, 0.9], "settle": 20, "tune": 10} | options)(data, nets, CPU)


def train(task, steps):
    optimizer = torch.optim.SGD(task.net.parameters(), 0.5, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        task.objectives()[0].loss(torch.arange(120)).backward()
        optimizer.step()
        task.after_step()
    return task


def zeros(task):
    return sum((weight == 0).sum().item() for weight in task.weights) / sum(weight.numel() for weight in task.weights)


@pytest.mark.parametrize(("steps", "share"), [(19, 0), (20, 0.5), (29, 0.5), (30, 0.9), (45, 0.9)])
@pytest.mark.parametrize("criterion", ["size", "random"])
def test_each_share_is_cut_in_its_time_and_stays_cut(criterion, steps, share):
    """Guards momentum, which would move what was cut; and a lot that spares what is cut already."""
    task = train(made(criterion=criterion), steps)
    with torch.no_grad():
        assert zeros(task) == pytest.approx(share, abs=0.01) == task.evaluate()["sparsity"]


def test_size_cuts_the_smallest():
    task = train(made(), 19)
    before = [weight.detach().abs().clone() for weight in task.weights]
    with torch.no_grad():
        task.place["step"] = 19
        task.after_step()
    cut, kept = (torch.cat([w[mask.bool() == k] for w, mask in zip(before, task.masks, strict=True)]) for k in (0, 1))
    assert cut.max() <= kept.min()


def test_what_is_free_is_the_greatest_share_within_a_point():
    task = made(cuts=[0.3, 0.6, 0.9])
    task.told.whole.fill_(0.95)
    assert task._free(torch.tensor([0.945, 0.94001, 0.9])) == 0.6
    assert task._free(torch.tensor([0.9, torch.nan, torch.nan])) == 0


def test_the_net_learns_and_the_curves_say_what_was_lost_and_healed():
    task = train(made(), 40)
    with torch.no_grad():
        values = task.evaluate()
        pictures = {picture.pane: picture.payload for picture in task.pictures()}
    cut, tuned = pictures["accuracy"]["curves"]
    assert list(cut["x"]) == [0.0, 0.5, 0.9] and cut["y"][0] == values["whole"] == 1
    assert tuned["y"][-1] == values["accuracy"] >= cut["y"][-1]
    [left] = pictures["weights left"]["curves"]
    assert left["y"][BINS // 2] == 0 and left["y"].sum() == round(0.1 * (36 * 12 + 12 * 3))


def test_cuts_that_do_not_rise_are_refused():
    with pytest.raises(DltuiError, match="rise"):
        made(cuts=[0.9, 0.5])
