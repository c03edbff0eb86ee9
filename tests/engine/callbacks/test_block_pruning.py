"""Blocks are removed one by one in their time, and the figures are those of the nets that are left."""

import pytest
import torch
from torch import nn

from dltui.engine.callbacks.block_pruning import METRICS, build, removable, residual_shares
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.rows import Rows
from dltui.engine.models import resnet
from dltui.engine.models.resnet import Residual
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.callbacks.test_pruning import lines
from tests.engine.conftest import CPU, context

FREE = (0, 1, 3)  # of four blocks; the third halves the picture
TINY, HUGE = 0.001, 10.0


def made(skips=True, validation=0.2, **options):
    torch.manual_seed(0)
    net = resnet.build(depth=18, width=4, stages=2, stem="full", skips=skips, channels=1, classes=3)
    data = Dataset(lines(120, 0, 8), lines(60, 1, 8), ("a", "b", "c"), "builtin", "lines", {})
    rows = Rows(data, CPU)
    rows = rows.with_validation(validation) if validation else rows
    task = classify.build()(context(nets={"model": net})._replace(rows=rows))
    return build(**{"share": 0.5, "start_step": 4, "finetune_steps": 2} | options)(task)


@torch.enable_grad()
def train(pruning, first, last):
    """Takes the steps first..last."""
    net = pruning.task.net.train()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for step in range(first, last + 1):
        optimizer.zero_grad()
        pruning.task.loss(torch.arange(len(pruning.rows.train))).backward()
        optimizer.step()
        pruning.after_step(step)
    net.eval()
    return pruning


def removed(pruning):
    return [number for number, keep in enumerate(pruning.kept.tolist()) if not keep]


def returning(pruning, number, factor):
    """Makes a block add `factor` times what it did."""
    nn.init.constant_(pruning.blocks[number].residual[-1][1].weight, factor)


@pytest.mark.parametrize(("steps", "gone"), [(3, 0), (4, 1), (5, 1), (6, 2), (9, 2)])
def test_the_net_learns_first_and_then_blocks_are_removed_one_by_one(steps, gone):
    pruning = train(made(), 1, steps)
    with torch.no_grad():
        assert pruning.evaluate()["removed"] == gone / 4 and len(removed(pruning)) == gone


@pytest.mark.parametrize("number", FREE)
@pytest.mark.parametrize(("criterion", "factor"), [("smallest", TINY), ("largest", HUGE)])
def test_the_block_that_adds_least_is_removed_or_the_one_that_adds_most(criterion, factor, number):
    pruning = made(criterion=criterion, start_step=1)
    returning(pruning, number, factor)
    pruning.after_step(1)
    assert removed(pruning) == [number]


@torch.no_grad()
def test_by_loss_the_block_is_removed_without_which_it_is_least():
    pruning = train(made(criterion="loss", start_step=12), 1, 11)
    without = {number: pruning.loss_without(number) for number in FREE}
    pruning.after_step(12)
    assert removed(pruning) == [min(without, key=without.get)]


def test_a_block_that_changes_the_shape_stays_whatever_it_adds():
    pruning = made(share=0.75)
    returning(pruning, 2, 0.0)
    assert removed(train(pruning, 1, 8)) == [0, 1, 3]


@torch.no_grad()
def test_without_a_block_that_adds_nothing_no_prediction_changes():
    pruning = made()
    returning(pruning, 1, 0.0)
    net, pictures = pruning.task.net.eval(), pruning.rows.test.inputs
    whole = net(pictures)
    with pruning.without([1]):
        assert torch.equal(net(pictures), whole)
    with pruning.without([0]):
        assert not torch.equal(net(pictures), whole)
    assert torch.equal(net(pictures), whole)


def test_a_block_that_is_removed_learns_no_more_and_the_others_do():
    pruning = train(made(share=0.25), 1, 4)
    [gone] = removed(pruning)
    before = [block.residual[0][0].weight.detach().clone() for block in pruning.blocks]
    train(pruning, 5, 7)
    same = [torch.equal(old, block.residual[0][0].weight) for old, block in zip(before, pruning.blocks, strict=True)]
    assert same == [number == gone for number in range(4)]


def test_more_may_be_removed_while_it_runs_and_none_comes_back():
    pruning = train(made(share=0.25), 1, 8)
    assert len(removed(pruning)) == 1
    pruning.share, pruning.finetune_steps = 0.99, 1  # more than may be removed, and sooner
    assert len(removed(train(pruning, 9, 10))) == len(FREE)
    pruning.share = 0.0
    assert len(removed(train(pruning, 11, 14))) == len(FREE)


@torch.no_grad()
def test_resumed_the_net_is_without_its_blocks():
    whole, other = train(made(), 1, 6), made()
    other.task.net.load_state_dict(whole.task.net.state_dict())
    other.load_state_dict(whole.state_dict())
    pictures = whole.rows.test.inputs
    assert torch.equal(other.task.net.eval()(pictures), whole.task.net(pictures)) and len(removed(other)) == 2


@torch.no_grad()
def test_the_cost_at_once_is_that_of_the_full_net_without_the_first_of_each_order():
    pruning = train(made(start_step=12), 1, 11)
    order = sorted(FREE, key=lambda number: pruning.residual_shares()[number].item())
    full, expected = pruning.accuracy(), []
    for gone in (order[0], order[-1]):
        with pruning.without([gone]):
            expected.append(full - pruning.accuracy())
    pruning.after_step(12)
    values = pruning.evaluate()
    assert set(values) == set(METRICS)
    assert [values["drop_smallest"], values["drop_largest"]] == pytest.approx(expected)
    assert values["full_accuracy"] == pytest.approx(full)
    assert values["accuracy_drop"] == pytest.approx(full - pruning.task.evaluate()["accuracy"])


@torch.no_grad()
def test_the_pictures_tell_which_are_removed_and_how_each_was_made_up_for():
    pruning = train(made(start_step=12), 1, 18)
    values, accuracy = pruning.evaluate(), pruning.task.evaluate()["accuracy"]
    pictures = {picture.pane: picture.payload for picture in pruning.pictures()}
    bars = pictures["blocks"]
    assert removed(pruning) == bars["hollow"]
    assert [label.split()[-1] for label in bars["labels"]].count("gone") == 2 and "stays" in bars["labels"][2]
    assert min(bars["values"]) > 0
    tuned, smallest, largest = pictures["accuracy"]["curves"]
    assert tuned["x"] == [0, 1, 1, 2, 2] and tuned["y"][-1] == pytest.approx(accuracy)
    assert smallest["x"] == largest["x"] == [0, 1, 2, 3]
    assert smallest["y"][0] == largest["y"][0] == pytest.approx(values["full_accuracy"])


@pytest.mark.parametrize("options", [{"share": 0.8}, {"skips": False}, {"skips": False, "share": 0.0}])
def test_more_blocks_than_may_be_removed_are_refused(options):
    with pytest.raises(DltuiError, match="may be removed"):
        made(**options)


def test_it_needs_validation_rows():
    with pytest.raises(DltuiError, match="validation rows"):
        made(validation=0)


# -- residual shares ---------------------------------------------------------------------------------------------------


class Fixed(nn.Module):
    """F(x) = factor * x + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        return self.factor * x + self.offset


def block(*given, active=True):
    made = Residual(Fixed(*given), 1, 1, 1, skips=True)
    made.active = active
    return made


def test_a_share_is_of_what_reaches_the_block():
    """A later block is measured behind those that are kept, not on the first input nor behind those removed."""
    x = torch.ones(2, 1, 4, 4)
    whole = residual_shares((block(1.0), block(0.25), block(0.0, 3.0)), x)
    assert whole.tolist() == pytest.approx([1, 0.25, 3 / 2.5])
    less = residual_shares((block(1.0, active=False), block(0.25), block(0.0, 3.0)), x)
    assert less.tolist() == pytest.approx([torch.nan, 0.25, 3 / 1.25], nan_ok=True)


def test_a_share_is_the_mean_over_rows_and_a_bright_row_counts_no_more():
    x = torch.ones(2, 1, 4, 4)
    x[1] = 100
    assert residual_shares((block(0.0, 1.0),), x).item() == pytest.approx((1 + 0.01) / 2)


def test_where_the_shape_changes_a_block_stays():
    stages = [[removable(part) for part in stage] for stage in resnet.build(depth=34, width=4, stages=3).stages]
    assert stages == [[True] * 3, [False] + [True] * 3, [False] + [True] * 5]
    plain = resnet.build(skips=False).modules()
    assert not any(removable(part) for part in plain if isinstance(part, Residual))


def test_without_its_last_block_the_net_is_the_blocks_before():
    net, x = resnet.build(depth=18, width=4, stages=3, channels=1).eval(), torch.rand(3, 1, 8, 8)
    net.stages[2][1].active = False
    with torch.no_grad():
        assert torch.equal(net.features(x), net.stages[2][0](net.stages[1](net.stages[0](net.stem(x)))).mean((2, 3)))
