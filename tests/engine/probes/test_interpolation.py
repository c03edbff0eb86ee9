"""Halfway between pictures: pixels are their mean, codes are decoded, and the ends are the reconstructions."""

import pytest
import torch

from dltui.engine.probes.interpolation import WAYS, build
from tests.engine.tasks.test_autoencode import of_vae


@pytest.fixture
def probe(home):
    return build(pairs=50, shown=1)(of_vae())


@torch.no_grad()
def test_pixels_are_mixed_and_codes_are_decoded(probe):
    task = probe.task
    pixels, decoded = probe.between(0.5)
    assert torch.allclose(pixels, (probe.starts + probe.ends) / 2)
    middle = (task.embed(probe.starts) + task.embed(probe.ends)) / 2
    assert torch.allclose(decoded, task.net.decode(middle))
    for share, end in ((0.0, probe.starts), (1.0, probe.ends)):
        pixels, decoded = probe.between(share)
        assert torch.equal(pixels, end) and torch.allclose(decoded, task.reconstruct(end), atol=1e-6)


@torch.no_grad()
def test_a_decoder_that_is_linear_gains_nothing(probe):
    """Guards the comparison: codes that are pixels themselves are mixed as pixels are."""
    shape = probe.starts.shape[1:]
    probe.task.net.embed = lambda pictures: pictures.flatten(1)
    probe.task.net.decode = lambda codes: codes.unflatten(1, shape)
    found = probe.evaluate()
    assert found["gain"] == pytest.approx(0, abs=1e-6)
    assert 0 < found["pixel_confidence"] <= 1


@torch.no_grad()
def test_a_strip_leads_from_one_end_to_the_other(probe):
    halfway, ways, confidence = (picture.payload for picture in probe.pictures())
    assert (halfway["rows"], halfway["columns"]) == (4, 1)
    assert (ways["rows"], ways["columns"]) == (2, WAYS)
    first = torch.from_numpy(ways["pixels"]).float()[: probe.starts.shape[2], : probe.starts.shape[3]] / 255
    assert torch.allclose(first, probe.starts[0, 0], atol=0.003)
    assert [len(curve["x"]) for curve in confidence["curves"]] == [WAYS, WAYS]
