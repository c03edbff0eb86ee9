"""A picture's likelihood as a product over its pixels (van den Oord et al. 2016, arXiv:1601.06759)."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, one_hot

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("-log2 p(x) of a training batch, bits a pixel", better="lower", progress=True),
    "bits": Metric("-log2 p(x) of test pictures, bits a pixel"),
    "independent_bits": Metric("the same where each pixel's shades are counted, whatever its neighbours are"),
    "leak": Metric(
        "largest change of the predictions of a changed pixel and of those before it: 0 where none sees what follows"
    ),
}
SHOWN = 5  # samples
STAGES = (0.25, 0.5, 0.75, 1.0)  # shares of the pixels drawn when a column of the montage is taken
UNKNOWN = torch.tensor([0.10, 0.16, 0.42])  # red, green and blue of a pixel that is not drawn yet
CHANGED = 8  # pixels that are changed to look for leaks


def build(*, shrink: int = 2) -> Callable:
    """Returns (data, nets, device) -> PixelByPixel.

    shrink: side of the square of pixels that become one, at least 1.
    """
    return partial(PixelByPixel, shrink=shrink)


class PixelByPixel:
    """A net with `levels` shades: pictures (B, 1, H, W) in 0..1 -> logits (B, levels, H, W)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, shrink: int):
        self.net, self.device = nets["model"], device
        self.levels = self.net.levels
        self.x, self.test_x = (self._shades(split.inputs, shrink).to(device) for split in (data.train, data.test))
        self.rows = len(self.x)
        self.independent_bits = independent_bits(self.x, self.test_x, self.levels)

    def _shades(self, inputs: Tensor, shrink: int) -> Tensor:
        """Pictures (N, 1, h, w) -> shades (N, h/shrink, w/shrink) int64 in 0..levels-1."""
        small = avg_pool2d(as_floats(inputs)[:, :1], shrink)[:, 0]
        return (small * self.levels).long().clamp(max=self.levels - 1)

    def _pictures(self, shades: Tensor) -> Tensor:
        """Shades (N, H, W) -> pictures (N, 1, H, W) in 0..1."""
        return shades[:, None] / (self.levels - 1)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", lambda rows: self.bits(self.x[rows]))]

    def bits(self, shades: Tensor) -> Tensor:
        """Mean of -log2 p(pixel | pixels before it): a picture's -log2 p(x), by the pixel."""
        return cross_entropy(self.net(self._pictures(shades)), shades) / math.log(2)

    def evaluate(self) -> dict[str, float]:
        bits = sum(self.bits(part).item() * len(part) for part in self.test_x.split(500)) / len(self.test_x)
        return {"bits": bits, "independent_bits": self.independent_bits, "leak": self._leak()}

    def _leak(self) -> float:
        """Changes pixels of a test picture one by one, and looks at what is said of those up to each."""
        picture = self._pictures(self.test_x[:1])
        count = picture.numel()
        changed = picture.flatten().repeat(CHANGED, 1)  # (CHANGED, H W)
        at = torch.linspace(0, count - 1, CHANGED).long()
        changed[range(CHANGED), at] = 1 - changed[range(CHANGED), at]
        said = self.net(torch.cat([picture, changed.view(-1, *picture.shape[1:])])).flatten(2)  # (1 + CHANGED, L, H W)
        apart = (said[1:] - said[:1]).abs().amax(1)  # (CHANGED, H W)
        upto = torch.arange(count) <= at[:, None]
        return apart[upto.to(apart.device)].max().item()

    def pictures(self) -> Iterator[Picture]:
        stages = torch.stack([self._as_seen(shades, drawn) for shades, drawn in self._growing(SHOWN)], 1)
        sheet = montage(stages.flatten(0, 1), columns=len(STAGES), title="a row is a sample; blue: not yet drawn")
        yield Picture("drawn pixel by pixel", sheet)
        sight = {"type": "heat", "values": self._sight().cpu().numpy(), "x_title": "what the middle pixel looks at"}
        yield Picture("sight", sight)

    def _growing(self, count: int) -> Iterator[tuple[Tensor, int]]:
        """Draws samples, and gives shades (count, H, W) and how many pixels are drawn, at each of STAGES."""
        height, width = self.x.shape[1:]
        shades = torch.zeros(count, height, width, dtype=torch.long, device=self.device)
        stops = {round(share * height * width) for share in STAGES}
        for number in range(height * width):
            row, column = divmod(number, width)
            logits = self.net(self._pictures(shades[:, : row + 1]))[:, :, row, column]  # (count, levels)
            shades[:, row, column] = torch.softmax(logits, 1).multinomial(1)[:, 0]
            if number + 1 in stops:
                yield shades, number + 1

    def _as_seen(self, shades: Tensor, drawn: int) -> Tensor:
        """Shades (N, H, W), `drawn` pixels of them known -> (N, 3, H, W) in 0..1."""
        rgb = self._pictures(shades).repeat(1, 3, 1, 1).flatten(2)
        rgb[:, :, drawn:] = UNKNOWN.to(rgb.device)[None, :, None]
        return rgb.view(len(shades), 3, *shades.shape[1:])

    def _sight(self) -> Tensor:
        """|d logits of the middle pixel / d x| (H, W), the mean over some test pictures, the largest being 1."""
        x = self._pictures(self.test_x[:50])
        height, width = x.shape[2:]
        with torch.enable_grad():
            x = x.requires_grad_()
            said = self.net(x)[:, :, height // 2, width // 2]  # (50, levels)
            total = sum(torch.autograd.grad(logit.sum(), x, retain_graph=True)[0].abs() for logit in said.unbind(1))
        sight = total.mean(0)[0]
        return sight / sight.max().clamp(min=1e-12)

    def sample(self, count: int) -> Tensor:
        """Returns `count` new pictures (count, 1, H, W) in 0..1."""
        *_, (shades, _) = self._growing(count)
        return self._pictures(shades)


def independent_bits(x: Tensor, test_x: Tensor, levels: int) -> float:
    """Bits a pixel of test shades (M, H, W), each pixel's probabilities being counted in x (N, H, W), one added."""
    counts = one_hot(x, levels).sum(0) + 1  # (H, W, levels)
    p = counts / counts.sum(-1, keepdim=True)
    return -(one_hot(test_x, levels).float().mean(0) * p.log2()).sum(-1).mean().item()
