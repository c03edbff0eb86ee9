"""Frames are read alike, each alone; with changes also by what the frame before it was."""

import torch

from dltui.engine.layers.frame_reader import FrameReader


@torch.no_grad()
def test_a_frame_is_read_alone():
    reader, films = FrameReader(16, 4, 9).eval(), torch.rand(2, 5, 16, 16)
    features = reader(films)
    assert features.shape == (2, 5, 9)
    assert torch.allclose(features[:, [3]], reader(films[:, [3]]), atol=1e-6)


@torch.no_grad()
def test_changes_are_those_from_the_frame_before():
    reader, films = FrameReader(16, 4, 9, changes=True).eval(), torch.rand(2, 5, 16, 16)
    features, other = reader(films), films.clone()
    other[:, 0] = 0
    changed = (reader(other) != features).any(2)
    assert changed[:, :2].all() and not changed[:, 2:].any()
    assert torch.allclose(reader(films[:, [3, 3]])[:, 0], reader(films[:, [3]])[:, 0], atol=1e-6)
