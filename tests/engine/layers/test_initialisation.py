"""First weights: the very numbers that torch draws, and the variances that they are made for."""

import pytest
import torch
from torch import nn

from dltui.engine.layers.initialisation import DEVIATION, INITIALISATIONS, he, xavier

TORCHS = {
    "zeros": nn.init.zeros_,
    "constant": lambda w: nn.init.constant_(w, 0.01),
    "normal": lambda w: nn.init.normal_(w, std=DEVIATION),
    "lecun": lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear"),
    "xavier": nn.init.xavier_normal_,
    "he": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
}


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_they_are_torchs(name):
    """Guards n_in and n_out: a matrix that is not square tells them apart."""
    torch.manual_seed(0)
    ours = INITIALISATIONS[name](torch.empty(40, 10))
    torch.manual_seed(0)
    torch.testing.assert_close(ours, TORCHS[name](torch.empty(40, 10)))


def test_xavier_keeps_the_variance_of_a_sum_and_he_the_squares_of_a_relu():
    torch.manual_seed(0)
    x = torch.randn(4000, 300)
    assert (x @ xavier(torch.empty(300, 300)).T).var().item() == pytest.approx(1, rel=0.05)
    assert (x @ he(torch.empty(300, 300)).T).relu().square().mean().item() == pytest.approx(1, rel=0.05)
