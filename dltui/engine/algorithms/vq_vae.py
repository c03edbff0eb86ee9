"""VQ-VAE: an autoencoder whose code is a grid of numbers of vectors from a codebook (van den Oord, Vinyals, Kavukcuoglu
2017, arXiv:1711.00937; codes started again where they are not used: Dhariwal et al. 2020, arXiv:2005.00341).
"""

import colorsys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

METRICS = {
    "loss": Metric("reconstruction and commitment, nats a picture, of a batch", better="lower", rows="train"),
    "perplexity": Metric(
        "exp of the entropy of the codes' frequencies in test pictures: how many codes are used as if equally often",
        better="higher", range=(1, None), rows="test",
    ),
    "used": Metric("codes that occur in test pictures", better="higher", whole=True, rows="test"),
    "explained": Metric(
        "1 - squared error of the reconstructed test pictures over that of the mean training picture",
        better="higher", range=(None, 1), rows="test",
    ),
}  # fmt: skip
SHRINK = 4  # pixels along each side of a place of the grid
TESTED = 500  # test pictures
SHOWN = 8  # of them that are drawn
AROUND = 1  # places around a code that is decoded alone


def build(
    *,
    codes: int = 64,
    dimensions: int = 8,
    width: int = 16,
    restart: bool = True,
    decay: float = 0.97,
    commitment: float = 0.25,
    batch: int = 32,
    lr: float = 0.002,
) -> Callable[[Context], "VQVAE"]:
    """Each step encodes a batch, replaces each vector by the nearest of the codebook, and decodes those.

    codes: vectors of the codebook, at least 2, at most 512.
    dimensions: numbers of a vector, at least 1.
    width: channels of the first convolution, at least 1; the second has twice as many.
    restart: whether a code that is hardly used is put to where a vector of the batch lies.
    decay: share of the old that is kept in the moving averages of the codebook, at least 0, below 1.
    commitment: weight of the distance of encoded vectors from their codes, at least 0.
    batch: pictures of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return partial(
        VQVAE, codes=codes, dimensions=dimensions, width=width, restart=restart, decay=decay, commitment=commitment,
        batch=batch, lr=lr,
    )  # fmt: skip


class VQVAE(nn.Module):
    """See contracts.algorithm.Process. Pictures (B, C, H, W) <-> codes (B, h, w) int64, h = H / 4 and w = W / 4."""

    done = False  # it may always go on

    def __init__(
        self, context: Context, *, codes: int, dimensions: int, width: int, restart: bool, decay: float,
        commitment: float, batch: int, lr: float,
    ):  # fmt: skip
        super().__init__()
        self.rows = context.rows.pictures()
        channels, size = self.rows.train.stored.shape[1:3]
        if size % SHRINK:
            raise DltuiError(
                f"A code stands for {SHRINK}x{SHRINK} pixels; the pictures have {size} along a side.",
                "Take pictures such as mnist, of 28.",
                ExitStatus.USAGE,
            )
        self.K, self.restart, self.decay, self.commitment, self.batch = codes, restart, decay, commitment, batch
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1), nn.ReLU(), nn.Conv2d(width, 2 * width, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(2 * width, dimensions, 1),
        ).to(context.device)  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(dimensions, 2 * width, 3, 1, 1), nn.ReLU(), nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            nn.ReLU(), nn.ConvTranspose2d(width, channels, 4, 2, 1),
        ).to(context.device)  # fmt: skip
        self.adam = AdamInBuffers([*self.encoder.parameters(), *self.decoder.parameters()], lr)
        self.register_buffer("count", torch.ones(codes, device=context.device))  # (K,) moving average of their use
        with torch.no_grad():
            self.register_buffer("total", self._some(self.vectors(self._pictures()).flatten(0, 2)))  # of the vectors

    # -- codes -----------------------------------------------------------------------------------------------------

    @property
    def codebook(self) -> Tensor:
        """(K, d): the mean vector of each code."""
        return self.total / self.count[:, None]

    def vectors(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) -> (B, h, w, d)."""
        return self.encoder(pictures).permute(0, 2, 3, 1)

    def nearest(self, vectors: Tensor) -> Tensor:
        """vectors (..., d) -> the number of the nearest code (...)."""
        return torch.cdist(vectors.flatten(0, -2), self.codebook).argmin(1).view(vectors.shape[:-1])

    def encode(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) -> codes (B, h, w)."""
        return self.nearest(self.vectors(pictures))

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, h, w) -> pictures (B, C, H, W) in 0..1."""
        return torch.sigmoid(self.decoder(self.codebook[codes].permute(0, 3, 1, 2)))

    # -- training --------------------------------------------------------------------------------------------------

    def _pictures(self) -> Tensor:
        return self.rows.train.batch(torch.randint(len(self.rows.train), (self.batch,), device=self.rows.device))

    def _some(self, vectors: Tensor) -> Tensor:
        """vectors (N, d) -> one drawn for each code (K, d)."""
        return vectors[torch.randint(len(vectors), (self.K,), device=vectors.device)]

    def step(self) -> dict[str, float]:
        """Moves both nets by the gradient, then the codes to the mean of the vectors that they stand for."""
        x = self._pictures()
        with torch.enable_grad():
            z = self.vectors(x)
            numbers = self.nearest(z.detach())
            e = self.codebook[numbers]
            through = z + (e - z).detach()  # straight through: the value of e, the gradient of z
            logits = self.decoder(through.permute(0, 3, 1, 2))
            reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            loss = reconstruction + self.commitment * (z - e).square().sum() / len(x)
            self.adam.step(loss)
        self._move_codes(z.detach().flatten(0, 2), numbers.flatten())
        return {"loss": float(loss.detach())}

    def _move_codes(self, z: Tensor, numbers: Tensor) -> None:
        """z (N, d), numbers (N,): moving averages of how often each code is used, and of the sum of its vectors."""
        hits = one_hot(numbers, self.K).to(z.dtype)  # (N, K)
        before = self.codebook
        count = torch.lerp(hits.sum(0), self.count, self.decay).clamp(min=1e-3)
        total = torch.lerp(hits.T @ z, self.total, self.decay)
        idle = (count <= 1e-3)[:, None]  # what is left of its average says nothing more: the code stays
        total = torch.where(idle, before * count[:, None], total)
        if self.restart:
            unused = count < 1  # less than once a batch
            total = torch.where(unused[:, None], self._some(z), total)
            count = count.where(~unused, 1.0)
        self.count, self.total = count, total

    # -- what is measured and seen ---------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        x = self.rows.test.inputs[:TESTED]
        codes = self.encode(x)
        p = self._shares(codes)
        mean = self.rows.train.inputs[:TESTED].mean(0)
        error, spread = (self.decode(codes) - x).square().mean(), (mean - x).square().mean()
        return {
            "perplexity": perplexity(p).item(),
            "used": (p > 0).sum().item(),
            "explained": (1 - error / spread).item(),
        }

    def _shares(self, codes: Tensor) -> Tensor:
        return torch.bincount(codes.flatten(), minlength=self.K) / codes.numel()  # (K,)

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Digits, the mosaic of their codes, and what is decoded; each code alone; how often each is used."""
        x = self.rows.test.inputs[:SHOWN]
        codes = self.encode(x)
        mosaic = self._colours()[codes].permute(0, 3, 1, 2)  # (B, 3, h, w)
        mosaic = mosaic.repeat_interleave(SHRINK, 2).repeat_interleave(SHRINK, 3)
        grey = [part.mean(1, keepdim=True).expand(-1, 3, -1, -1) for part in (x, self.decode(codes))]
        sheet = torch.cat([grey[0], mosaic, grey[1]])
        yield Picture("mosaics", montage(sheet, columns=len(x), row_titles=["given", "codes", "decoded"], least=14))
        p = self._shares(self.encode(self.rows.test.inputs[:TESTED]))
        order = p.argsort(descending=True)
        yield Picture("codebook", montage(self._alone(p)[order], title="each code among the commonest, decoded"))
        yield Picture("use", Bars(
            labels=[str(number) for number in order.tolist()], values=p[order].cpu().numpy(), title="share of places"
        ))  # fmt: skip

    def _alone(self, p: Tensor) -> Tensor:
        """Each code decoded (K, C, 4, 4) in the middle of places that all have the code used most."""
        side = 2 * AROUND + 1
        codes = p.argmax().expand(self.K, side, side).clone()
        codes[:, AROUND, AROUND] = torch.arange(self.K, device=codes.device)
        first, last = AROUND * SHRINK, (AROUND + 1) * SHRINK
        return self.decode(codes)[:, :, first:last, first:last]

    def _colours(self) -> Tensor:
        """(K, 3): a colour for each code, neighbours of the list far apart."""
        hues = [colorsys.hsv_to_rgb(k * 0.618 % 1, 0.5 + 0.4 * (k % 2), 0.6 + 0.4 * (k % 3) / 2) for k in range(self.K)]
        return torch.tensor(hues, device=self.rows.device)


def perplexity(p: Tensor) -> Tensor:
    """p (K,) that sum to 1 -> exp of their entropy, 1 to K."""
    return torch.special.entr(p).sum().exp()
