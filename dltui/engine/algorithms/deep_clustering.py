"""Deep embedded clustering with its decoder: codes that are good to rebuild the rows from and lie in clusters (Guo et
al. 2017, "Improved deep embedded clustering with local structure preservation", IJCAI; Xie et al. 2016, DEC,
arXiv:1511.06335)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Context
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.dense import dense
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "reconstruction": Metric("mean squared error of the rows that codes are decoded to", better="lower", rows="train"),
    "confidence": Metric(
        "mean over the rows of the largest membership, while centres are trained", range=(0, 1), rows="train"
    ),
}
STARTS = 5  # runs of k-means, of which the best counts
REFRESH = 50  # steps after which the memberships that are aimed at are worked out anew


def build(
    *,
    k: int = 10,
    latent: int = 10,
    hidden: list[int] = (128, 64),
    pretrain: int = 1000,
    clustering: float = 0.1,
    rebuilding: float = 1.0,
    batch: int = 128,
    lr: float = 0.002,
) -> Callable[[Context], "DeepClustering"]:
    """Each step moves the weights once: an autoencoder's at first, from step `pretrain` on the centres' too.

    k: clusters, at least 2.
    latent: numbers of a code, at least 2.
    hidden: units of each of the encoder's hidden layers, at least 1; the decoder has them in reverse.
    pretrain: steps before the centres are put where k-means finds them, at least 1.
    clustering: weight of the cluster head's loss, at least 0; 0 leaves k-means on the codes of an autoencoder.
    rebuilding: weight of the decoder's loss from step `pretrain` on, at least 0.
    batch: rows of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """

    def begin(context: Context) -> DeepClustering:
        x, _ = context.rows.points()
        widths = [x.shape[1], *hidden, latent]
        return DeepClustering(x.float(), k, widths, pretrain, (clustering, rebuilding), batch, lr)

    return begin


class DeepClustering(nn.Module):
    """Rows x (N, D), their codes (N, latent), the clusters' `centres` (k, latent) and the memberships `aim` (N, k)."""

    loose = ()
    done = False  # it may always go on

    def __init__(
        self, x: Tensor, k: int, widths: list[int], pretrain: int, weights: tuple[float, float], batch: int, lr: float
    ):
        super().__init__()
        self.k, self.pretrain, self.batch = k, pretrain, batch
        self.clustering, self.rebuilding = weights
        self.register_buffer("x", x, persistent=False)
        self.encoder, self.decoder = dense(widths), dense(widths[::-1])
        self.centres = nn.Parameter(torch.zeros(k, widths[-1]))
        self.register_buffer("aim", torch.full((len(x), k), 1 / k))
        self.adam = AdamInBuffers([*self.encoder.parameters(), *self.decoder.parameters(), self.centres], lr)

    @property
    def is_clustering(self) -> bool:
        """Whether the centres are trained now."""
        return self.clustering > 0 and int(self.adam.steps) >= self.pretrain

    def step(self) -> dict[str, float]:
        """Moves the weights by the loss of a batch."""
        rows = torch.randint(len(self.x), (self.batch,))
        after = int(self.adam.steps) - self.pretrain
        if self.is_clustering and after % REFRESH == 0:
            with torch.no_grad():
                if after == 0:
                    self.centres.copy_(self.kmeans()[0])
                self.aim = sharpened(memberships(self.codes, self.centres))
        with torch.enable_grad():
            loss = self.loss(rows)
            self.adam.step(loss)
        return {}

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar: of the decoder, and of the cluster head once there are centres."""
        z = self.encoder(self.x[rows])
        rebuilt = mse_loss(self.decoder(z), self.x[rows])
        if not self.is_clustering:
            return rebuilt
        p, q = self.aim[rows], memberships(z, self.centres)
        return self.rebuilding * rebuilt + self.clustering * (torch.xlogy(p, p) - p * q.log()).sum(1).mean()

    @property
    def codes(self) -> Tensor:
        """(N, latent)."""
        with torch.no_grad():
            return self.encoder(self.x)

    def kmeans(self) -> tuple[Tensor, Tensor]:
        """Centres (k, latent) and labels (N,) of k-means on the codes."""
        from sklearn.cluster import KMeans  # 1.8 s

        found = KMeans(self.k, n_init=STARTS, random_state=0).fit(self.codes.numpy())
        return torch.from_numpy(found.cluster_centers_).float(), torch.from_numpy(found.labels_).long()

    @property
    def labels(self) -> Tensor:
        """(N,) int64: the largest membership; before there are centres, what k-means finds."""
        if self.is_clustering and self.centres.any():
            return memberships(self.codes, self.centres.detach()).argmax(1)
        return self.kmeans()[1]

    def places(self) -> tuple[Tensor, tuple[str, str]]:
        """The codes in the two directions in which they differ most."""
        z = self.codes - self.codes.mean(0)
        _, _, directions = torch.linalg.svd(z, full_matrices=False)
        signs = directions[:2].gather(1, directions[:2].abs().argmax(1, keepdim=True)).sign()  # (2, 1)
        return z @ (signs * directions[:2]).T, ("code direction 1", "code direction 2")

    def evaluate(self) -> dict[str, float]:
        """How well rows are rebuilt, and how sure their memberships are."""
        with torch.no_grad():
            z = self.codes
            values = {"reconstruction": mse_loss(self.decoder(z), self.x).item()}
            if self.is_clustering and self.centres.any():
                values["confidence"] = memberships(z, self.centres).amax(1).mean().item()
        return values


def memberships(z: Tensor, centres: Tensor) -> Tensor:
    """Codes (B, d), centres (k, d) -> q (B, k): Student's t of the distance to each centre, as shares of 1."""
    q = 1 / (1 + (z[:, None] - centres).square().sum(2))
    return q / q.sum(1, keepdim=True)


def sharpened(q: Tensor) -> Tensor:
    """q (N, k) -> p (N, k): its squares, less where a cluster has many rows, as shares of 1."""
    p = q.square() / q.sum(0)
    return p / p.sum(1, keepdim=True)
