"""Gaussian mixture by expectation maximisation: soft memberships, then weighted means and covariances, in turn.

Dempster, Laird, Rubin 1977, "Maximum likelihood from incomplete data via the EM algorithm".
"""

import math
import warnings
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from dltui.engine.algorithms.kmeans import KMeans, plusplus
from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "log_likelihood": Metric("mean log-likelihood of a point under the mixture", better="higher"),
    "falls": Metric("steps so far after which the log-likelihood was lower than before", better="lower", whole=True),
    "sum_error": Metric("greatest distance of a point's summed memberships from 1", better="lower", check=True),
    "error": Metric("greatest distance of a parameter from scikit-learn's, same start", better="lower", check=True),
}
FLOOR = 1e-6  # added to each variance, as in scikit-learn: a Gaussian on one point would have none
ENOUGH = 1e-9  # gain of the mean log-likelihood below which it is done
ROUNDING = 1e-12  # a fall that is no more than rounding
STARTS = 5  # of k-means, whose best end is where it begins
OUTLINE = 41  # points of a drawn ellipse
WIDE = 2.0  # standard deviations at which it is drawn


def build(*, k: int = 3, covariance: Literal["full", "spherical"] = "full") -> Callable[[Context], "GMM"]:
    """Each step fits the Gaussians to the points that belong to them, then finds memberships; it begins with k-means.

    k: Gaussians, at least 1.
    covariance: full, so that ellipses may stretch and turn, or spherical, one variance for all directions.
    """
    return lambda context: GMM(context.rows.points()[0], k, covariance)


class Mixture(NamedTuple):
    """Weights pi (k,), means mu (k, D) and covariances S (k, D, D)."""

    pi: Tensor
    mu: Tensor
    S: Tensor


def log_joint(x: Tensor, mixture: Mixture) -> Tensor:
    """Points x (N, D) -> log(pi_j N(x_i | mu_j, S_j)) (N, k)."""
    pi, mu, S = mixture
    L = torch.linalg.cholesky(S)  # S = L L^T: the square of |L^-1 (x - mu)| is Mahalanobis' distance
    z = torch.linalg.solve_triangular(L, (x - mu[:, None]).mT, upper=False)  # (k, D, N)
    log_det = 2 * L.diagonal(dim1=-2, dim2=-1).log().sum(-1)  # (k,)
    log_normal = -0.5 * (x.shape[1] * math.log(2 * math.pi) + log_det[:, None] + z.square().sum(1))  # (k, N)
    return log_normal.T + pi.log()


def e_step(x: Tensor, mixture: Mixture) -> tuple[Tensor, Tensor]:
    """Returns memberships r (N, k), r_ij the probability that x_i came from Gaussian j, and the mean log-likelihood."""
    joint = log_joint(x, mixture)
    log_p = joint.logsumexp(1)  # (N,)
    return (joint - log_p[:, None]).exp(), log_p.mean()


def m_step(x: Tensor, r: Tensor, covariance: str) -> Mixture:
    """Memberships r (N, k) -> the mixture that is likeliest when they are given."""
    n = r.sum(0) + 10 * torch.finfo(r.dtype).eps  # (k,) points of each, in parts of a point
    mu = r.T @ x / n[:, None]
    away = x - mu[:, None]  # (k, N, D)
    S = torch.einsum("nj,jnd,jne->jde", r, away, away) / n[:, None, None]
    eye = torch.eye(x.shape[1], dtype=x.dtype)
    if covariance == "spherical":
        S = S.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None] * eye
    return Mixture(n / n.sum(), mu, S + FLOOR * eye)


class GMM(nn.Module):
    """Points x (N, D), each in part of k Gaussians: `r` (N, k), whose rows sum to 1."""

    loose = ()

    def __init__(self, x: Tensor, k: int, covariance: str):
        super().__init__()
        self.covariance = covariance
        self.register_buffer("x", x, persistent=False)
        hard = KMeans(x, lambda: plusplus(x, k), STARTS)
        while not hard.done:
            hard.step()
        first = m_step(x, one_hot(hard.labels, k).to(x.dtype), covariance)
        for name, part in first._asdict().items():
            self.register_buffer(name, part)
            self.register_buffer(f"first_{name}", part.clone())
        r, log_likelihood = e_step(x, first)
        self.register_buffer("r", r)
        self.register_buffer("log_likelihood", log_likelihood)
        self.register_buffer("at_rest", torch.tensor(False))
        self.steps, self.falls = Counter(self, "taken", 0), Counter(self, "fallen", 0)
        self._theirs: tuple[int, object] | None = None  # scikit-learn's after so many steps

    @property
    def mixture(self) -> Mixture:
        """The parameters of now."""
        return Mixture(self.pi, self.mu, self.S)

    def step(self) -> None:
        """The Gaussians are fitted to their points (M), and the points' memberships follow (E)."""
        self.pi, self.mu, self.S = m_step(self.x, self.r, self.covariance)
        self.r, log_likelihood = e_step(self.x, self.mixture)
        gain = float(log_likelihood - self.log_likelihood)
        self.at_rest = torch.tensor(abs(gain) < ENOUGH)
        self.log_likelihood = log_likelihood
        self.steps.set(int(self.steps) + 1)
        self.falls.set(int(self.falls) + (gain < -ROUNDING))

    @property
    def done(self) -> bool:
        """Whether another step would change nothing to speak of."""
        return bool(self.at_rest)

    @property
    def labels(self) -> Tensor:
        """(N,) int64: the Gaussian to which a point belongs most."""
        return self.r.argmax(1)

    def evaluate(self) -> dict[str, float]:
        """The log-likelihood, how often it fell, and the distance from scikit-learn's parameters."""
        return {
            "log_likelihood": self.log_likelihood.item(),
            "falls": int(self.falls),
            "sum_error": (self.r.sum(1) - 1).abs().max().item(),
            "error": self._distance(),
        }

    def _distance(self) -> float:
        """From scikit-learn's weights, means and covariances after as many steps; 0 before the first."""
        if not int(self.steps):
            return 0.0
        theirs = self._their_model(int(self.steps))
        S = torch.from_numpy(theirs.covariances_)
        if self.covariance == "spherical":
            S = S[:, None, None] * torch.eye(self.x.shape[1], dtype=S.dtype)
        found = (torch.from_numpy(theirs.weights_), torch.from_numpy(theirs.means_), S)
        return max((a - b).abs().max().item() for a, b in zip(self.mixture, found, strict=True))

    def _their_model(self, steps: int) -> object:
        """scikit-learn's mixture `steps` steps after our start: each fit of a warm one goes one step on."""
        from sklearn.exceptions import ConvergenceWarning  # 1.8 s
        from sklearn.mixture import GaussianMixture

        if self._theirs is None or self._theirs[0] > steps:
            inverse = torch.linalg.inv(self.first_S)
            precisions = inverse[:, 0, 0] if self.covariance == "spherical" else inverse
            model = GaussianMixture(
                len(self.pi), covariance_type=self.covariance, tol=0, reg_covar=FLOOR, max_iter=1, warm_start=True,
                weights_init=self.first_pi.numpy(), means_init=self.first_mu.numpy(),
                precisions_init=precisions.numpy(), init_params="random",
            )  # fmt: skip
            self._theirs = 0, model
        taken, model = self._theirs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for _ in range(steps - taken):
                model.fit(self.x.numpy())
        self._theirs = steps, model
        return model

    def memberships(self) -> Tensor:
        """(N, k): how much each point belongs to each cluster."""
        return self.r

    def marks(self) -> tuple[Tensor, Tensor]:
        """The means (k, D), and the clusters (k,) that they stand for."""
        return self.mu, torch.arange(len(self.mu))

    def paths(self) -> Tensor:
        """Outlines (OUTLINE, k, D) at two standard deviations, along the two longest axes of each Gaussian."""
        variances, axes = torch.linalg.eigh(self.S)  # (k, D), (k, D, D): the longest comes last
        turn = torch.linspace(0, 2 * math.pi, OUTLINE, dtype=self.x.dtype)
        around = torch.stack([turn.cos(), turn.sin()], 1)[:, : self.x.shape[1]]  # (OUTLINE, 2)
        count = around.shape[1]
        half = axes[..., -count:] * variances[:, None, -count:].clamp(min=0).sqrt()  # (k, D, 2)
        return self.mu + WIDE * torch.einsum("pa,jda->pjd", around, half)
