"""A montage holds every picture where its caption says."""

import torch

from dltui.engine.pictures.montage import montage


def test_cell_by_cell():
    pictures = torch.arange(5).view(5, 1, 1, 1).expand(5, 1, 2, 3) * 10
    payload = montage(pictures.to(torch.uint8), columns=3)
    assert (payload["rows"], payload["columns"]) == (2, 3)
    pixels = payload["pixels"]
    assert pixels.shape == (4, 9)
    assert [pixels[2 * (i // 3), 3 * (i % 3)] for i in range(6)] == [0, 10, 20, 30, 40, 0]


def test_floats_are_scaled_and_cut_and_colour_stays():
    payload = montage(torch.tensor([0.0, 0.5, 2.0]).view(1, 3, 1, 1))
    assert payload["pixels"].shape == (1, 1, 3)
    assert payload["pixels"].ravel().tolist() == [0, 128, 255]
