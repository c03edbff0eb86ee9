"""Blocks go one by one in their time, those that return least, and the figures are those of the nets that are left."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import resnet
from dltui.engine.tasks.prune_blocks import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

FREE = (0, 1, 3)  # of four blocks; the third halves the picture
TINY, HUGE = 0.001, 10.0


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    inputs = torch.randint(0, 60, (count, 1, 8, 8), generator=generator, dtype=torch.uint8)
    inputs[torch.arange(count), 0, 2 * targets] += 150  # a bright line a class
    return Split(inputs, targets)


def made(skips=True, **options):
    torch.manual_seed(0)
    nets = {"model": resnet.build(depth=18, width=4, stages=2, stem="full", skips=skips, channels=1, classes=3)}
    data = Dataset(rows(120, 0), rows(60, 1), ("a", "b", "c"), "builtin", "lines", {})
    return build(**{"share": 0.5, "settle": 4, "tune": 2} | options)(data, nets, CPU)


@torch.enable_grad()
def train(task, steps):
    task.net.train()
    optimizer = torch.optim.Adam(task.net.parameters(), 0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        task.objectives()[0].loss(torch.arange(task.rows)).backward()
        optimizer.step()
        task.after_step()
    task.net.eval()
    return task


def returning(task, number, factor):
    """Makes a block return `factor` times what it did."""
    torch.nn.init.constant_(task.blocks[number].residual[-1][1].weight, factor)


@pytest.mark.parametrize(("steps", "gone"), [(3, 0), (4, 1), (5, 1), (6, 2), (9, 2)])
def test_the_net_learns_first_and_then_blocks_go_one_by_one(steps, gone):
    task = train(made(), steps)
    with torch.no_grad():
        assert task.evaluate()["removed"] == gone / 4 and task.kept.count(False) == gone


@pytest.mark.parametrize("number", FREE)
@pytest.mark.parametrize(("criterion", "factor"), [("least", TINY), ("most", HUGE)])
def test_the_block_that_returns_least_goes_or_the_one_that_returns_most(criterion, factor, number):
    task = made(criterion=criterion, settle=1)
    returning(task, number, factor)
    task.after_step()
    assert [place for place, keep in enumerate(task.kept) if not keep] == [number]


@torch.no_grad()
def test_by_loss_the_block_goes_without_which_it_is_least():
    task = train(made(criterion="loss", settle=12), 11)
    without = {number: task._loss_without(number) for number in FREE}
    task.after_step()
    assert task.kept.index(False) == min(without, key=without.get)


def test_a_block_that_changes_the_shape_stays_whatever_it_returns():
    task = made(share=0.75)
    returning(task, 2, 0.0)
    train(task, 8)
    assert task.kept == [False, False, True, False]


@torch.no_grad()
def test_without_a_block_that_returns_nothing_no_answer_changes():
    task = made()
    returning(task, 1, 0.0)
    task.net.eval()
    pictures = task.test_inputs
    assert torch.equal(task.logits(pictures, [True, False, True, True]), task.logits(pictures, [True] * 4))
    assert torch.equal(task.logits(pictures, [True] * 4), task.net(pictures))


def test_a_block_that_is_gone_learns_no_more_and_the_others_do():
    task = train(made(share=0.25), 4)
    gone = task.kept.index(False)
    before = [block.residual[0][0].weight.detach().clone() for block in task.blocks]
    train(task, 3)
    same = [torch.equal(old, block.residual[0][0].weight) for old, block in zip(before, task.blocks, strict=True)]
    assert same == [number == gone for number in range(4)]


def test_more_may_go_while_it_runs_and_none_comes_back():
    task = train(made(share=0.25), 8)
    assert task.kept.count(False) == 1
    task.share, task.tune = 0.99, 1  # more than may go, and sooner
    assert train(task, 2).kept.count(False) == len(FREE)
    task.share = 0.0
    assert train(task, 4).kept.count(False) == len(FREE)


@torch.no_grad()
def test_the_cost_at_once_is_that_of_the_whole_net_without_the_first_of_each_order():
    task = train(made(settle=12), 11)
    order = sorted(FREE, key=lambda number: task.returned()[number].item())
    whole = task._accuracy([True] * 4)
    expected = [whole - task._accuracy([number != gone for number in range(4)]) for gone in (order[0], order[-1])]
    task.after_step()
    values = task.evaluate()
    assert [values["lost_least"], values["lost_most"]] == pytest.approx(expected)
    assert values["whole"] == pytest.approx(whole) and values["cost"] == pytest.approx(whole - values["accuracy"])


@torch.no_grad()
def test_the_pictures_tell_which_are_gone_and_how_each_was_made_up_for():
    task = train(made(settle=12), 18)
    values = task.evaluate()
    pictures = {picture.pane: picture.payload for picture in task.pictures()}
    bars = pictures["blocks"]
    assert [number for number, keep in enumerate(task.kept) if not keep] == bars["hollow"]
    assert [label.split()[-1] for label in bars["labels"]].count("gone") == 2 and "stays" in bars["labels"][2]
    assert min(bars["values"]) > 0
    learning, least, most = pictures["accuracy"]["curves"]
    assert learning["x"] == [0, 1, 1, 2, 2] and learning["y"][-1] == pytest.approx(values["accuracy"])
    assert least["x"] == most["x"] == [0, 1, 2, 3] and least["y"][0] == most["y"][0] == pytest.approx(values["whole"])


@pytest.mark.parametrize("options", [{"share": 0.8}, {"skips": False}, {"skips": False, "share": 0.0}])
def test_more_blocks_than_may_go_are_refused(options):
    with pytest.raises(DltuiError, match="may go"):
        made(**options)
