"""A sparse autoencoder takes apart what a net's neurons mix: its directions stand for one feature each (Cunningham et
al. 2023, arXiv:2309.08600; Bricken et al. 2023, "Towards monosemanticity").

The net: h = W x (d,), y = relu(W^T h + b) is to be x (n,). The autoencoder: z = relu(E (h - a) + c) (m,), h' = D z + a,
the columns of D of length 1.
"""

from collections.abc import Callable, Iterator

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn.functional import normalize

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Table

NEEDS_DATA = False
METRICS = {
    "net_loss": Metric("mean squared error of the net, of a batch", better="lower", rows="train"),
    "sae_loss": Metric("squared error and penalty of the autoencoder, of a batch", better="lower", rows="train"),
    "recovered": Metric(
        "share of the planted features whose direction one of the autoencoder's directions has", "higher", (0, 1)
    ),
    "neurons_recovered": Metric("share of the planted features that a single neuron stands for", range=(0, 1)),
    "pca_recovered": Metric(
        "share of the planted features whose direction a principal component has", range=(0, 1), rows="test"
    ),
    "active": Metric("latents that are on for a row, on average", better="lower", rows="test"),
    "unexplained": Metric(
        "share of the hidden layer's variance that the autoencoder loses", better="lower", range=(0, None), rows="test"
    ),
    "selectivity": Metric(
        "answer of a latent to its feature / to all features one by one, mean over the latents that answer",
        better="higher",
        range=(0, 1),
    ),
}
NAMES = (
    "cat", "red", "music", "Paris", "anger", "winter", "code", "sea", "money", "bread", "war", "child", "law", "bird",
    "night", "sport", "tea", "train", "gold", "rain",
)  # fmt: skip
CHANCE = 0.05  # of a feature to be active; then it is drawn from 0..1
ALIKE = 0.9  # cosine from which two directions are the same
MEASURED = 4000  # rows of the test
FIRST = 0.3  # standard deviation of the first weights
SHOWN = 12  # latents in the table


def build(
    *,
    penalty: float = 0.2,
    latents: int = 40,
    neurons: int = 8,
    net_steps: int = 1000,
    net_lr: float = 0.01,
    lr: float = 0.005,
    batch: int = 256,
) -> Callable[[Context], "SaeFeatures"]:
    """Each step trains the net at first, and then, on the hidden layer of the net, the autoencoder.

    penalty: price of a latent's activation beside the squared error, at least 0.
    latents: of the autoencoder, at least 2.
    neurons: of the net's hidden layer, at least 2, at most 20; the net has 20 features.
    net_steps: steps that train the net, at least 1.
    net_lr: its learning rate of Adam, above 0.
    lr: that of the autoencoder, above 0.
    batch: rows of a step, at least 1.
    """
    return lambda context: SaeFeatures(penalty, latents, neurons, net_steps, net_lr, lr, batch, context.seed)


class Autoencoder(nn.Module):
    """h (B, d) -> latents z (B, m) and h' (B, d)."""

    def __init__(self, d: int, m: int):
        super().__init__()
        self.E, self.D = nn.Parameter(FIRST * torch.randn(d, m)), nn.Parameter(torch.randn(m, d))
        self.c, self.a = nn.Parameter(torch.zeros(m)), nn.Parameter(torch.zeros(d))

    @property
    def directions(self) -> Tensor:
        """(m, d), each of length 1: otherwise small latents and long directions would evade the penalty."""
        return normalize(self.D, dim=1)

    def encode(self, h: Tensor) -> Tensor:
        return ((h - self.a) @ self.E + self.c).relu()

    def decode(self, z: Tensor) -> Tensor:
        return z @ self.directions + self.a


class SaeFeatures(nn.Module):
    """The net's W (n, d), a row a feature, and b (n,); then the autoencoder of its hidden layer."""

    done = False

    def __init__(
        self,
        penalty: float,
        latents: int,
        neurons: int,
        net_steps: int,
        net_lr: float,
        lr: float,
        batch: int,
        seed: int,
    ):
        super().__init__()
        self.penalty, self.net_steps, self.batch, self.seed = penalty, net_steps, batch, seed
        self.W, self.b = nn.Parameter(FIRST * torch.randn(len(NAMES), neurons)), nn.Parameter(torch.zeros(len(NAMES)))
        self.sae = Autoencoder(neurons, latents)
        self.net_adam, self.adam = AdamInBuffers([self.W, self.b], net_lr), AdamInBuffers(self.sae.parameters(), lr)
        self.steps = Counter(self, "taken")

    def rows(self, count: int, random: torch.Generator | None = None) -> Tensor:
        """(count, n): each feature is active by chance, and then a number of 0..1."""
        values, chances = torch.rand(2, count, len(NAMES), generator=random)
        return values * (chances < CHANCE)

    def step(self) -> dict[str, float]:
        """One step of the net, or of the autoencoder once the net is trained."""
        x = self.rows(self.batch)
        self.steps.set(int(self.steps) + 1)
        if int(self.steps) <= self.net_steps:
            with torch.enable_grad():
                loss = ((x @ self.W @ self.W.T + self.b).relu() - x).square().mean()
                self.net_adam.step(loss)
            return {"net_loss": loss.item()}
        h = x @ self.W.detach()
        with torch.enable_grad():
            z = self.sae.encode(h)
            loss = (self.sae.decode(z) - h).square().sum(1).mean() + self.penalty * z.sum(1).mean()
            self.adam.step(loss)
        return {"sae_loss": loss.item()}

    def cosines(self) -> Tensor:
        """Of each feature's direction in the hidden layer and each latent's (n, m)."""
        return normalize(self.W, dim=1) @ self.sae.directions.T

    def answers(self) -> Tensor:
        """What each latent gives if one feature alone is active, at 1 (n, m)."""
        return self.sae.encode(self.W)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        h = self.rows(MEASURED, torch.Generator().manual_seed(self.seed + 1)) @ self.W
        z = self.sae.encode(h)
        lost = (self.sae.decode(z) - h).square().sum() / (h - h.mean(0)).square().sum()
        features = normalize(self.W, dim=1)  # (n, d)
        components = torch.linalg.svd(h - h.mean(0), full_matrices=False).Vh  # (d, d)
        return {
            "recovered": share_alike(self.cosines()),
            "neurons_recovered": share_alike(features.abs()),
            "pca_recovered": share_alike((features @ components.T).abs()),
            "active": (z > 0).float().sum(1).mean().item(),
            "unexplained": lost.item(),
            "selectivity": selectivity(self.answers()).mean().item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Cosines of features and the latents that are nearest to them; latents by what excites them."""
        cosines = self.cosines()
        rows, latents = linear_sum_assignment(cosines.numpy(), maximize=True)
        columns = [f"z{latent + 1}" for latent in latents.tolist()]
        weights = cosines[rows][:, latents].clamp(0, 1).numpy()
        yield Picture("directions", Alignment(
            weights=weights, rows=[NAMES[row] for row in rows], columns=columns, row_title="planted feature",
            column_title="latent",
        ))  # fmt: skip
        yield Picture("latents", self._named())

    def _named(self) -> Table:
        """The latents that answer most, and the two features that excite each most."""
        answers = self.answers()
        most = answers.amax(0).topk(min(SHOWN, answers.shape[1])).indices.tolist()
        table = []
        for latent in most:
            (first, second), (one, other) = answers[:, latent].topk(2)
            excited = [NAMES[one], f"{first:.2f}", NAMES[other], f"{second:.2f}"]
            table.append([f"z{latent + 1}", *excited])
        return Table(columns=["latent", "excited by", "answer", "next", "answer"], rows=table)


def share_alike(cosines: Tensor) -> float:
    """cosines (n, m) of features and directions -> the share of features that some direction is alike."""
    return (cosines.amax(1) >= ALIKE).float().mean().item()


def selectivity(answers: Tensor) -> Tensor:
    """answers (n, m) >= 0 of latents to each feature -> the greatest share of a feature, of those that answer (k,)."""
    answering = answers[:, answers.amax(0) > 0]
    return answering.amax(0) / answering.sum(0)
