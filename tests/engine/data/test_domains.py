"""Two domains of digits: other digits and other colours, the same classes; each split from its own draw."""

import numpy as np
import torch

from dltui.engine.data import domains
from dltui.engine.generators.domains import coloured


def test_the_source_is_grey_and_the_target_coloured():
    data = domains.build(rows=40, test_rows=20).builtin()
    for grey in (data.train.inputs, data.validation.inputs):
        assert torch.equal(grey[:, 0], grey[:, 1]) and grey[:, :, :2, :2].float().mean() < 10
    for colour in (data.other_domain.inputs, data.test.inputs):
        assert (colour[:, 0] != colour[:, 1]).float().mean() > 0.9 and colour[:, :, :2, :2].float().mean() > 30
    assert data.facts == {"channels": 3, "size": 28, "inputs": 2352, "classes": 10}
    assert [len(split.inputs) for split in (data.train, data.validation, data.other_domain, data.test)] == [40, 20] * 2


def test_no_digit_is_in_two_splits_and_a_seed_gives_others():
    data, again, other = (domains.build(rows=30, test_rows=30, seed=seed).builtin() for seed in (0, 0, 1))
    assert torch.equal(data.test.inputs, again.test.inputs) and not torch.equal(data.test.inputs, other.test.inputs)
    targets = [split.targets.tolist() for split in (data.train, data.validation, data.other_domain, data.test)]
    assert len({tuple(each) for each in targets}) == 4
    grey = {bytes(row.numpy().tobytes()) for row in data.train.inputs}
    assert not grey & {bytes(row.numpy().tobytes()) for row in other.train.inputs}


def test_strokes_stay_where_they_are_and_are_brighter_than_their_ground():
    """A target whose digits could not be seen, or whose polarity were turned, would be another problem."""
    ink = np.zeros((50, 1, 12, 12), np.uint8)
    ink[:, :, 4:8] = 255
    pictures = coloured(ink, 0.0, np.random.Generator(np.random.PCG64(0))).astype(float)
    contrast = pictures[:, :, 4:8].mean((2, 3)) - pictures[:, :, :4].mean((2, 3))
    assert (contrast > 0.39 * 255).all() and (contrast < 0.61 * 255).all()
    assert np.ptp(pictures[:, :, 4:8], (2, 3)).max() == 0
