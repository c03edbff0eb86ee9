"""Frechet distance between two Gaussians: the FID of their features (Heusel et al. 2017, arXiv:1706.08500)."""

from typing import NamedTuple

import torch
from torch import Tensor


class Gaussian(NamedTuple):
    """Mean mu (D,) and covariance S (D, D)."""

    mu: Tensor
    S: Tensor

    @staticmethod
    def of(features: Tensor) -> "Gaussian":
        """Fits one to features (N, D)."""
        features = features.double()
        return Gaussian(features.mean(0), features.T.cov())


def frechet_distance(x: Gaussian, g: Gaussian) -> float:
    """Returns |mu_x - mu_g|^2 + tr(S_x + S_g - 2 (S_x S_g)^(1/2)).

    S_x S_g has the eigenvalues of S_x^(1/2) S_g S_x^(1/2), which is symmetric: its root's trace is their roots' sum.
    """
    values, vectors = torch.linalg.eigh(x.S)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T  # S_x^(1/2)
    crossed = torch.linalg.eigvalsh(root @ g.S @ root).clamp(min=0).sqrt().sum()
    distance = (x.mu - g.mu).square().sum() + x.S.trace() + g.S.trace() - 2 * crossed
    return max(distance.item(), 0.0)
