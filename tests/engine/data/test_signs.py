"""Streets with signs: red rings where the boxes say, none over another."""

import torch

from dltui.engine.data import signs


def test_boxes_lie_in_the_picture_and_apart():
    data = signs.build(train_rows=60, test_rows=10, most=3).builtin()
    targets = data.train.targets
    there = targets[..., 4] >= 0
    assert there.any(1).all() and (there.sum(1) > 1).any()
    boxes = targets[there][:, :4]
    assert boxes.min() >= 0 and boxes.max() <= 48
    for row, mask in zip(targets, there, strict=True):
        one = row[mask, :4]
        for a in range(len(one)):
            for b in range(a):
                assert (one[a, 2:] <= one[b, :2]).any() or (one[b, 2:] <= one[a, :2]).any()


def test_a_sign_has_a_red_rim_and_is_white_inside():
    data = signs.build(train_rows=80, test_rows=10, most=1).builtin()
    red = []
    for picture, target in zip(data.train.inputs.float(), data.train.targets, strict=True):
        x1, y1, _, y2, _ = target[0].tolist()
        r, g, b = picture[:, int((y1 + y2) / 2), int(x1 + 1.5)]
        red.append(bool(r > g + 40 and r > b + 40))
    assert sum(red) > 70


def test_a_seed_decides_everything():
    one, same, other = (signs.build(train_rows=10, test_rows=4, seed=seed).builtin() for seed in (1, 1, 2))
    assert torch.equal(one.train.inputs, same.train.inputs) and torch.equal(one.test.targets, same.test.targets)
    assert not torch.equal(one.train.inputs, other.train.inputs)
