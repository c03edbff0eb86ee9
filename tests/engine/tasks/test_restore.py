"""Restoration: PSNR by hand and in holes, what a hole keeps, and what a net that knows the answer gets."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.reading.target_pictures import dataset
from dltui.engine.tasks.restore import build, hole, psnr
from dltui.errors import DltuiError
from tests.engine.conftest import context


class Grey(nn.Module):
    """0.5 everywhere."""

    def forward(self, pictures):
        return torch.zeros_like(pictures)


def data(channels: int = 1, target_channels: int = 1) -> Dataset:
    torch.manual_seed(0)
    inputs = torch.randint(1, 256, (6, channels, 8, 8), dtype=torch.uint8)
    targets = torch.randint(1, 256, (6, target_channels, 8, 8), dtype=torch.uint8)
    return dataset(Split(inputs[:4], targets[:4]), Split(inputs[4:], targets[4:]), "builtin", "noise")


def test_psnr_is_ten_decibels_for_each_tenth_of_the_error():
    targets = torch.zeros(3, 1, 4, 4)
    pictures = targets + torch.tensor([0.1, 1.0, 0.0])[:, None, None, None]
    assert psnr(pictures, targets).tolist() == pytest.approx([20, 0, 100], abs=1e-4)


def test_psnr_in_holes_counts_their_pixels_alone():
    targets = torch.full((1, 3, 4, 4), 0.5)
    where = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    where[..., :2] = True
    pictures = torch.where(where, targets + 0.1, targets + 0.4)
    assert psnr(pictures, targets, where).item() == pytest.approx(20, abs=1e-4)


def test_what_is_no_hole_is_kept():
    rows = data()
    for split in (rows.train, rows.test):
        split.inputs[:, :, 2:5, 2:5] = 0
    task = build(holes=True)(context(rows, {"model": Grey()}))
    inputs = task.rows.train.inputs
    restored = task.restore(inputs)
    assert hole(inputs).sum() == 4 * 9
    assert torch.equal(restored, torch.where(hole(inputs), 0.5, inputs))


def test_gain_is_what_the_restored_pictures_win():
    task = build()(context(data(), {"model": Grey()}))
    found, test = task.evaluate(), task.rows.test
    targets = test.targets / 255
    by_hand = [psnr(part, targets).mean().item() for part in (torch.full_like(targets, 0.5), test.inputs)]
    assert [found["psnr"], found["input_psnr"]] == pytest.approx(by_hand)
    assert found["gain"] == pytest.approx(by_hand[0] - by_hand[1])


def test_the_loss_is_the_mean_squared_error_of_the_rows_asked_for():
    task = build()(context(data(), {"model": Grey()}))
    rows = torch.tensor([2, 0])
    targets = task.rows.train.targets[rows] / 255
    assert task.loss(rows).item() == pytest.approx((targets - 0.5).square().mean().item())


def test_pictures_and_targets_of_other_channels():
    class ToGrey(nn.Module):
        def forward(self, pictures):
            return pictures[:, :1]

    assert build()(context(data(3, 1), {"model": ToGrey()})).evaluate().keys() == {"psnr"}
    with pytest.raises(DltuiError, match="it has 3 channels, and its target 1"):
        build(holes=True)(context(data(3, 1), {"model": ToGrey()}))
    with pytest.raises(DltuiError, match="the test pictures have none"):
        build(holes=True)(context(data(), {"model": Grey()}))
