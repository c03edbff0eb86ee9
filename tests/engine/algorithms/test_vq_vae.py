"""VQ-VAE: codes are the nearest, the codebook moves to means, gradients go straight through, unused codes restart."""

import pytest
import torch

from dltui.engine.algorithms.vq_vae import build, perplexity
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(0)
    pictures = torch.randint(0, 256, (40, 1, 8, 8), dtype=torch.uint8)
    rows = Split(pictures, torch.zeros(40, dtype=torch.long))
    data = Dataset(rows, rows, ("a",), "builtin", "noise", facts_of(pictures, ("a",)))
    return build(**{"codes": 12, "dimensions": 3, "width": 4, "batch": 8, **options})(context(data))


def test_perplexity_counts_codes_that_are_equally_frequent():
    assert perplexity(torch.tensor([0.25, 0.25, 0.25, 0.25, 0])).item() == pytest.approx(4)
    assert perplexity(torch.tensor([1.0, 0, 0])).item() == pytest.approx(1)


@torch.no_grad()
def test_a_picture_is_a_grid_of_the_nearest_codes():
    net = made()
    x = net.rows.test.inputs[:5]
    z, codes = net.vectors(x), net.encode(x)
    assert codes.shape == (5, 2, 2) and net.decode(codes).shape == x.shape
    far = (z[..., None, :] - net.codebook).square().sum(-1)  # (5, 2, 2, K)
    assert torch.equal(far.argmin(-1), codes)


def test_without_a_memory_a_code_is_the_mean_of_its_vectors_and_the_others_stay():
    net, z = made(restart=False, decay=0.0), torch.randn(20, 3)
    before, numbers = net.codebook.clone(), torch.arange(20) % 4
    net._move_codes(z, numbers)
    assert torch.allclose(net.codebook[1], z[numbers == 1].mean(0), atol=1e-6)
    assert torch.allclose(net.codebook[4:], before[4:], atol=1e-6)


def test_an_unused_code_is_put_to_a_vector_of_the_batch():
    net, z = made(restart=True, decay=0.5), torch.randn(20, 3)
    net._move_codes(z, torch.zeros(20, dtype=torch.long))
    assert torch.cdist(net.codebook[1:], z).amin(1).max() < 1e-6
    assert torch.cdist(net.codebook[:1], z).amin() > 1e-3


def test_the_encoder_learns_through_the_codes():
    """Guards the straight-through estimator: without it the encoder had no gradient of the reconstruction."""
    net = made(commitment=0.0)
    before = net.encoder[0].weight.clone()
    net.step()
    assert not torch.equal(before, net.encoder[0].weight)


def test_it_resumes_to_the_bit():
    first, second = made(), made()
    for _ in range(3):
        first.step()
    second.load_state_dict(first.state_dict())
    for net in (first, second):
        torch.manual_seed(5)
        net.step()
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
