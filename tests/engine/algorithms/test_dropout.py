"""Dropout: torch's for the same draw, and a mean that stays."""

import pytest
import torch
from torch.nn.functional import dropout

from dltui.engine.algorithms.dropout import speaking, thinned


@pytest.mark.parametrize("p", [0.0, 0.3, 0.7])
def test_it_is_torchs(p):
    """torch's own draw is read from ones, and put in the place of ours."""
    h = torch.randn(20, 50)
    torch.manual_seed(1)
    r = (dropout(torch.ones(20, 50), p) > 0).float()
    torch.manual_seed(1)
    assert torch.allclose(thinned(h, r, p), dropout(h, p))


def test_a_unit_falls_silent_with_chance_p_for_each_row_by_itself():
    """Guards p against 1 - p, and a draw against being made once for all rows or all units."""
    r = speaking(torch.zeros(400, 500), 0.2, torch.Generator().manual_seed(0))
    assert r.mean().item() == pytest.approx(0.8, abs=0.01)
    assert 0 < r.mean(0).var() < 0.01 and 0 < r.mean(1).var() < 0.01


def test_the_mean_stays():
    h = torch.linspace(-1, 1, 7).expand(40_000, 7)
    r = speaking(h, 0.5, torch.Generator().manual_seed(0))
    assert torch.allclose(thinned(h, r, 0.5).mean(0), h[0], atol=0.02)
