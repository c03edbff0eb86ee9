"""Seven kinds of generative models of the same points of a plane, from a histogram to diffusion (Tomczak 2022, "Deep
generative modeling", doi:10.1007/978-3-030-93158-2).
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot, softplus

from dltui.engine.algorithms.gmm import Mixture, log_joint, m_step
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.coupling import Flow, log_normal
from dltui.engine.layers.dense import dense
from dltui.engine.layers.diffusion import cosine, q_sample, reverse_process, velocity
from dltui.engine.layers.moving_average import moving_average
from dltui.engine.metrics.energy_distance import energy_distance
from dltui.engine.models.denoising_mlp import DenoisingMLP
from dltui.engine.models.vae import kl_to_standard_normal
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

METRICS = {
    "distance": Metric("energy distance of samples and test points, 0 for equal ones", better="lower", rows="test"),
    "log_likelihood": Metric(
        "mean log density of a test point, where the model gives one", better="higher", unit="nats", rows="test"
    ),
    "sampling_ms": Metric("processor time that a thousand samples take", unit="ms", range=(0, None)),
}
SIDE = 3.0  # of the square that the bins of histogram and autoregressive net divide
BINS = 48  # along a side
LOG_CELL = 2 * math.log(2 * SIDE / BINS)  # of a cell's area
DRAWN, SHOWN = 2000, 400  # samples that are measured; that are shown
HIDDEN, LATENT, GAUSSIANS = 64, 2, 12
T, STEPS = 1000, 20  # of diffusion
GAMMA = 2.0  # weight of the GAN's penalty
FALL = 300  # steps after which the learning rate has fallen to 1 / sqrt(2)
NARROW = -2.0  # log deviation of the VAE's Gaussian at first: a wide one never learns to use the code


def build(
    *,
    model: Literal["histogram", "mixture", "autoregressive", "vae", "flow", "gan", "diffusion", "random"] = "histogram",
    batch: int = 256,
    lr: float = 0.004,
) -> Callable[[Context], "GenerativeZoo"]:
    """Each step trains the model on a batch of points; the mixture takes a step of EM on all of them.

    model: which one; random learns nothing and draws points anywhere among the data.
    batch: points of a step, at least 2.
    lr: learning rate of Adam, above 0; it falls with the root of the steps.
    """
    return lambda context: GenerativeZoo(context.rows.plane(), model, batch, lr)


class GenerativeZoo(nn.Module):
    """A model with `step(x)` for training points x (B, 2), `draw(count)`, and perhaps `log_prob(x)` (N,)."""

    done = False  # it may always go on

    def __init__(self, rows: Rows, model: str, batch: int, lr: float):
        super().__init__()
        self.x, self.test, self.batch = rows.train.inputs, rows.test.inputs, batch
        self.model = MODELS[model](self.x, lr).to(rows.device)

    def step(self) -> None:
        some = torch.randint(len(self.x), (self.batch,)).to(self.x.device)
        with torch.enable_grad():
            self.model.step(self.x[some])

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        begun = time.process_time()
        drawn = self.model.draw(DRAWN)
        taken = time.process_time() - begun
        found = {"distance": energy_distance(drawn, self.test), "sampling_ms": 1000 * taken * 1000 / DRAWN}
        if hasattr(self.model, "log_prob"):
            found["log_likelihood"] = self.model.log_prob(self.test).mean().item()
        return found

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        points = torch.cat([self.x[:SHOWN], self.model.draw(SHOWN)]).cpu()
        label = (torch.arange(len(points)) >= SHOWN).long()
        yield Picture("samples", Scatter(
            x=points[:, 0].numpy(), y=points[:, 1].numpy(), label=label.numpy(), classes=["data", "samples"],
            behind={0: "·"}, x_title="x1", y_title="x2",
        ))  # fmt: skip


class Learner(nn.Module):
    """What learns by Adam on a `loss(x)`."""

    def learn_by(self, lr: float) -> None:
        self.lr, self.adam = lr, AdamInBuffers(self.parameters(), lr)

    def step(self, x: Tensor) -> None:
        self.adam.lr = fallen(self.lr, self.adam)
        self.adam.step(self.loss(x))


def fallen(lr: float, adam: AdamInBuffers) -> float:
    """The learning rate after the steps that were taken."""
    return lr / math.sqrt(1 + int(adam.steps) / FALL)


class Anywhere(nn.Module):
    """Points anywhere in the rectangle of the data."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.low, self.high = x.amin(0), x.amax(0)

    def step(self, x: Tensor) -> None:
        """Nothing is learned."""

    def draw(self, count: int) -> Tensor:
        return self.low + (self.high - self.low) * torch.rand(count, 2).to(self.low.device)


class Histogram(nn.Module):
    """Counts of the training points in BINS x BINS cells; each step adds a batch."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.register_buffer("counts", torch.full((BINS, BINS), 1e-2))

    def step(self, x: Tensor) -> None:
        self.counts.index_put_(tuple(cell(x).T), torch.ones(len(x), device=x.device), accumulate=True)

    def draw(self, count: int) -> Tensor:
        number = torch.multinomial(self.counts.flatten(), count, replacement=True)
        return within(torch.stack([number // BINS, number % BINS], 1))

    def log_prob(self, x: Tensor) -> Tensor:
        return (self.counts / self.counts.sum())[tuple(cell(x).T)].log() - LOG_CELL


class GaussianMixture(nn.Module):
    """GAUSSIANS Gaussians by EM on all training points; its state are the memberships r (N, GAUSSIANS)."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.x = x.double()
        near = torch.cdist(self.x, self.x[torch.randperm(len(x))[:GAUSSIANS]]).argmin(1)
        self.register_buffer("r", one_hot(near, GAUSSIANS).double())

    @property
    def mixture(self) -> Mixture:
        return m_step(self.x, self.r, "full")

    def step(self, x: Tensor) -> None:
        self.r = log_joint(self.x, self.mixture).softmax(1)

    def draw(self, count: int) -> Tensor:
        pi, mu, S = self.mixture
        of = torch.multinomial(pi, count, replacement=True)
        z = torch.randn(count, 2, 1, dtype=torch.float64).to(mu.device)
        return (mu[of] + (torch.linalg.cholesky(S)[of] @ z)[..., 0]).float()

    def log_prob(self, x: Tensor) -> Tensor:
        return log_joint(x.double(), self.mixture).logsumexp(1)


class Autoregressive(Learner):
    """p(x1) p(x2 | x1), both by bins: a net gives the second where it is told the first."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.first, self.second = nn.Parameter(torch.zeros(BINS)), dense([BINS, HIDDEN, BINS])
        self.learn_by(3 * lr)

    def _logits(self, x1: Tensor) -> Tensor:
        """Bins x1 (B,) -> logits of the bins of x2 (B, BINS)."""
        return self.second(one_hot(x1, BINS).float())

    def loss(self, x: Tensor) -> Tensor:
        return -self.log_prob(x).mean()

    def log_prob(self, x: Tensor) -> Tensor:
        x1, x2 = cell(x).T
        pairs = (self.first.expand(len(x), -1), x1), (self._logits(x1), x2)
        return -sum(cross_entropy(logits, of, reduction="none") for logits, of in pairs) - LOG_CELL

    def draw(self, count: int) -> Tensor:
        x1 = torch.multinomial(self.first.softmax(0), count, replacement=True)
        x2 = torch.multinomial(self._logits(x1).softmax(1), 1)[:, 0]
        return within(torch.stack([x1, x2], 1))


class VAE(Learner):
    """A code z of N(0, 1), and a Gaussian around what is decoded of it, as wide as was learned."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.encoder, self.decoder = dense([2, HIDDEN, HIDDEN, 2 * LATENT]), dense([LATENT, HIDDEN, HIDDEN, 2])
        self.log_deviation = nn.Parameter(torch.tensor(NARROW))
        self.learn_by(2 * lr)

    def loss(self, x: Tensor) -> Tensor:
        """-ELBO, in nats."""
        mu, log_v = self.encoder(x).chunk(2, 1)
        away = (x - self.decoder(mu + (log_v / 2).exp() * torch.randn_like(mu))) / self.log_deviation.exp()
        return (2 * self.log_deviation - log_normal(away) + kl_to_standard_normal(mu, log_v).sum(1)).mean()

    def draw(self, count: int) -> Tensor:
        z, noise = torch.randn(count, LATENT + 2).to(self.log_deviation.device).split([LATENT, 2], 1)
        return self.decoder(z) + self.log_deviation.exp() * noise


class NormalizingFlow(Learner):
    """Noise, led through couplings."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.flow = Flow(2, 6, HIDDEN // 2)
        self.learn_by(lr)

    def loss(self, x: Tensor) -> Tensor:
        return -self.log_prob(x).mean()

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow.log_prob(x)

    def draw(self, count: int) -> Tensor:
        return self.flow.inverse(torch.randn(count, 2).to(self.flow.move.device))


class GAN(nn.Module):
    """A generator, whose weights' average draws, and a discriminator that must not be steep at real points (R1)."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.G, self.D = dense([LATENT, HIDDEN, HIDDEN, 2]), dense([2, HIDDEN, HIDDEN, 1])
        self.average, self.rates = moving_average(self.G, 0.99), (lr / 4, lr)
        self.average.update_parameters(self.G)  # the first copies: a resumed one does so no more
        nets = zip((self.D, self.G), self.rates, strict=True)
        self.moves = nn.ModuleList(AdamInBuffers(net.parameters(), rate, (0.5, 0.999)) for net, rate in nets)

    def step(self, x: Tensor) -> None:
        for adam, rate in zip(self.moves, self.rates, strict=True):
            adam.lr = fallen(rate, adam)
        x = x.requires_grad_()
        real, made = self.D(x), self.D(self.G(self._noise(len(x))).detach())
        (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        loss = softplus(-real).mean() + softplus(made).mean()
        self.moves[0].step(loss + GAMMA / 2 * slope.square().sum(1).mean())
        self.moves[1].step(softplus(-self.D(self.G(self._noise(len(x))))).mean())
        self.average.update_parameters(self.G)

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, LATENT).to(self.G[0].weight.device)

    def draw(self, count: int) -> Tensor:
        return self.average(self._noise(count))


class Diffusion(Learner):
    """Noise, led back in STEPS steps by a net that predicts the velocity."""

    def __init__(self, x: Tensor, lr: float):
        super().__init__()
        self.net = DenoisingMLP(2, [HIDDEN, HIDDEN])
        self.abar = cosine(T).to(x.device)
        self.learn_by(2 * lr)

    def loss(self, x: Tensor) -> Tensor:
        t, eps = torch.randint(1, T + 1, (len(x),)).to(x.device), torch.randn_like(x)
        a = self.abar[t][:, None]
        return mse_loss(self.net(q_sample(x, eps, a), t), velocity(x, eps, a))

    def draw(self, count: int) -> Tensor:
        noise = torch.randn(count, 2).to(self.abar.device)
        *_, (_, x) = reverse_process(self._clean, noise, self.abar, STEPS)
        return x

    def _clean(self, x_t: Tensor, t: int) -> Tensor:
        a = self.abar[t]
        return a.sqrt() * x_t - (1 - a).sqrt() * self.net(x_t, torch.full((len(x_t),), t, device=x_t.device))


def cell(x: Tensor) -> Tensor:
    """Points x (N, 2) -> the bins of each coordinate (N, 2) int64; beyond the square the nearest."""
    return ((x + SIDE) * (BINS / (2 * SIDE))).long().clamp(0, BINS - 1)


def within(cells: Tensor) -> Tensor:
    """Bins (N, 2) -> a point anywhere within each (N, 2)."""
    return (cells + torch.rand(cells.shape).to(cells.device)) * (2 * SIDE / BINS) - SIDE


MODELS: dict[str, Callable[[Tensor, float], nn.Module]] = {
    "histogram": Histogram, "mixture": GaussianMixture, "autoregressive": Autoregressive, "vae": VAE,
    "flow": NormalizingFlow, "gan": GAN, "diffusion": Diffusion, "random": Anywhere,
}  # fmt: skip
