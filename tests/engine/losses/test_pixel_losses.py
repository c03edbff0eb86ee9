"""Losses of pixels: overlap, focal, L2 with edges, by their formulas and by torch's."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.losses import focal, overlap, pixel_l2
from dltui.engine.losses.overlap import SMOOTH

CERTAIN = 40.0  # logits between which softmax is 0 or 1


def certain(labels, classes=2):
    return torch.nn.functional.one_hot(labels, classes).movedim(-1, 1) * CERTAIN


def square(first):
    """A square of 100 pixels (1, 40, 40) of class 1."""
    labels = torch.zeros(1, 40, 40, dtype=torch.long)
    labels[:, 10:20, first : first + 10] = 1
    return labels


@pytest.mark.parametrize(("aside", "iou"), [(0, 1), (5, 1 / 3), (10, 0)])
def test_equal_masks_lose_nothing_and_halves_are_a_third(aside, iou):
    loss = overlap.build(measure="iou")(certain(square(10 + aside)), square(10))
    assert loss.item() == pytest.approx(1 - iou, abs=2 * SMOOTH / 100)


def test_dice_is_2_iou_over_1_plus_iou():
    iou, dice = (1 - overlap.build(measure=of)(certain(square(15)), square(10)).item() for of in ("iou", "dice"))
    assert dice == pytest.approx(2 * iou / (1 + iou), abs=0.01) and dice == pytest.approx(0.5, abs=0.01)


def test_a_picture_without_the_class_costs_what_is_made_up():
    """Guards against nothing by nothing."""
    nothing = torch.zeros_like(square(0))
    loss = overlap.build()
    assert loss(certain(nothing), nothing).item() == pytest.approx(0, abs=1e-5)
    assert loss(certain(square(10)), nothing).item() > 0.9


def test_black_is_the_worst_answer_for_overlap_and_nearly_the_best_for_l2():
    """A hundred white pixels of 1,600, predicted black: L2 is their share, the overlap nothing."""
    black = certain(torch.zeros_like(square(10)))
    assert pixel_l2.build()(black, square(10)).item() == pytest.approx(1 / 16)
    assert overlap.build()(black, square(10)).item() > 0.98


def test_each_picture_counts_alike():
    """Guards against all pixels of a batch in one fraction, which is no mean over the rows."""
    logits, targets = torch.randn(4, 3, 9, 9), torch.randint(3, (4, 9, 9))
    for loss in (overlap.build(), overlap.build(measure="dice"), focal.build(), pixel_l2.build(edges=2.0)):
        alone = torch.stack([loss(logits[row : row + 1], targets[row : row + 1]) for row in range(4)])
        assert loss(logits, targets).item() == pytest.approx(alone.mean().item(), rel=1e-5)


def test_focal_without_focus_is_half_of_torchs_cross_entropy():
    logits, targets = torch.randn(2, 3, 5, 5), torch.randint(3, (2, 5, 5))
    assert focal.build(alpha=0.5, gamma=0.0)(logits, targets).item() == pytest.approx(
        0.5 * cross_entropy(logits, targets).item(), rel=1e-5
    )


def test_focal_by_its_formula():
    """One pixel of each class, p = 0.9: a pixel predicted well counts a hundredth."""
    logits = torch.tensor([9.0, 1.0]).log()[None, :, None, None]
    ground, thing = (focal.build()(logits, torch.full((1, 1, 1), number)).item() for number in (0, 1))
    assert ground == pytest.approx(-0.75 * 0.1**2 * torch.tensor(0.9).log().item())
    assert thing == pytest.approx(-0.25 * 0.9**2 * torch.tensor(0.1).log().item())


def test_the_composite_is_l2_of_the_picture_and_l2_of_its_edges():
    logits, targets = torch.randn(2, 2, 6, 6), torch.randint(2, (2, 6, 6))
    p, y = logits.softmax(1)[:, 1], targets.float()
    wanted = ((p - y) ** 2).mean()
    for axis in (1, 2):
        wanted = wanted + 3 * ((p.diff(dim=axis) - y.diff(dim=axis)) ** 2).mean()
    assert pixel_l2.build(edges=3.0)(logits, targets).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert pixel_l2.build()(logits, targets).item() == pytest.approx(((p - y) ** 2).mean().item(), rel=1e-5)
