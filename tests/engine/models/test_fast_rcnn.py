"""Fast R-CNN: the convolutions run once a picture, however many regions there are."""

import pytest
import torch

from dltui.engine.generators.scenes import scenes
from dltui.engine.models.fast_rcnn import build

OBJECTS = torch.tensor([[[20.0, 8, 36, 24, 2], [0, 0, 0, 0, -1]], [[5.0, 5, 15, 25, 1], [30, 30, 60, 60, 0]]])


def pictures(count=2):
    return torch.from_numpy(scenes(count, 0).pictures).float() / 255


@pytest.mark.parametrize("rois", ["pool", "align"])
def test_class_scores_and_offsets_of_every_region_and_gradients(rois):
    torch.manual_seed(0)
    net, x = build(regions=6, rois=rois), pictures()
    regions = net.proposals(x)
    logits, offsets = net(x, regions)
    assert logits.shape == (2, 6, 4) and offsets.shape == (2, 6, 4)
    net.loss(x, OBJECTS, regions).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_the_convolutions_run_once_for_all_regions():
    net, x, seen = build(regions=20).eval(), pictures(1), []
    net.trunk[0].register_forward_hook(lambda _, inputs, output: seen.append(tuple(inputs[0].shape)))
    net.detect(x, 0.2, 0.5)
    assert seen == [(1, 3, 64, 64)]


def test_a_region_has_what_the_map_shows_there():
    net, x = build().eval(), pictures(1)
    regions = torch.tensor([[[0.0, 0, 16, 16], [40.0, 40, 60, 60]]])
    marked = x.clone()
    marked[..., 44:56, 44:56] = 3
    before, after = net(x, regions)[0][0], net(marked, regions)[0][0]
    assert torch.allclose(before[0], after[0], atol=1e-5) and not torch.allclose(before[1], after[1], atol=1e-2)
