"""DeepDream (Mordvintsev, Olah, Tyka 2015, "Inceptionism: going deeper into neural networks"): a photograph is changed
by gradient ascent so that a layer of a trained net is more active, first coarsely, then in finer and finer detail."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.models.pretrained_features import pretrained_features
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

LIVE = ("rate",)
METRICS = {
    "activity": Metric("mean squared activation of the layer, for the dream over the photograph", better="higher"),
    "noise_activity": Metric(
        "mean squared activation of the layer, for the photograph with noise of the dream's norm over the photograph",
        axis="activity",
    ),
    "change": Metric("root mean square change of a pixel, of a range of 1", range=(0, 1)),
}
SCALE = 1.4  # from one octave to the next
LEAST = 8  # pixels of a side of the smallest octave


def build(
    *,
    layer: Literal["low", "middle", "high"] = "middle",
    picture: int = 1,
    octaves: int = 2,
    ascent: int = 110,
    jitter: int = 2,
    rate: float = 0.003,
) -> Callable[[Context], "DeepDream"]:
    """Each step moves the pixels to where the activity rises fastest.

    layer: whose activity is raised: the first, second or third convolution of a net that knows drawn shapes.
    picture: number of the photograph among the training rows, at least 1.
    octaves: sizes in which the photograph is dreamed of, the smallest first, at least 1, at most 8.
    ascent: steps in each size, at least 1.
    jitter: pixels by which the picture is shifted at random before a step, at most, at least 0.
    rate: how far a step moves the pixels, in the mean, of a range of 1, above 0.
    """
    return partial(
        DeepDream, layer=layer, picture=picture, octaves=octaves, ascent=ascent, jitter=jitter, rate=rate
    )  # fmt: skip


class DeepDream(nn.Module):
    """See contracts.algorithm.Process. `change` (1, 3, h, w) is what the dream adds, in the size of its octave."""

    def __init__(
        self, context: Context, *, layer: str, picture: int, octaves: int, ascent: int, jitter: int, rate: float
    ):
        super().__init__()
        rows = context.rows.pictures(channels=3)
        if picture > len(rows.train):
            raise DltuiError(
                f"algorithm.picture is {picture}; there are {len(rows.train)} pictures.",
                f"Take one from 1 to {len(rows.train)}.",
                ExitStatus.USAGE,
            )
        self.octaves, self.ascent, self.jitter, self.rate = octaves, ascent, jitter, rate
        self.photograph = rows.train.batch(torch.tensor([picture - 1], device=rows.device))  # (1, 3, H, W)
        self.maps = [pretrained_features(layer, context.device)]  # in a list: its weights are no state of the dream
        self.taken = Counter(self, "steps")
        self.register_buffer("change", torch.zeros_like(self._base(0)))

    def _base(self, octave: int) -> Tensor:
        """The photograph in the size of an octave, the last of which is its own (1, 3, h, w)."""
        size = self.photograph.shape[2:]
        sides = [max(LEAST, round(side / SCALE ** (self.octaves - 1 - octave))) for side in size]
        return interpolate(self.photograph, sides, mode="bilinear", antialias=True, align_corners=False)

    @property
    def done(self) -> bool:
        return int(self.taken) >= self.octaves * self.ascent

    def step(self) -> None:
        """One step of ascent on the squared activations of a shifted picture."""
        octave, first = divmod(int(self.taken), self.ascent)
        base = self._base(octave)
        if first == 0 and octave:
            self.change = interpolate(self.change, base.shape[2:], mode="bilinear", align_corners=False)
        shift = torch.randint(-self.jitter, self.jitter + 1, (2,)).tolist()
        x = (base + self.change).roll(shift, (2, 3))
        gradient = ascent_direction(self.activity, x)
        moved = (x + self.rate * gradient).clamp(0, 1).roll([-by for by in shift], (2, 3))
        self.change = moved - base
        self.taken.set(int(self.taken) + 1)

    def activity(self, pictures: Tensor) -> Tensor:
        """pictures (1, 3, h, w) -> mean squared activation, a scalar."""
        return self.maps[0](pictures).square().mean()

    def dream(self) -> Tensor:
        """The photograph in its own size, with what has been dreamed so far (1, 3, H, W)."""
        change = interpolate(self.change, self.photograph.shape[2:], mode="bilinear", align_corners=False)
        return (self.photograph + change).clamp(0, 1)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        dream, before = self.dream(), self.activity(self.photograph)
        change = (dream - self.photograph).square().mean().sqrt()
        noisy = with_noise(self.photograph, change)
        return {
            "activity": (self.activity(dream) / before).item(),
            "noise_activity": (self.activity(noisy) / before).item(),
            "change": change.item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The dream; before the first step it is the photograph."""
        yield Picture("dream", montage(self.dream(), least=400))


def ascent_direction(activity: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """x (1, C, H, W) -> the gradient of its activity, scaled to a mean absolute value of 1; 0 where there is none."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        gradient = torch.autograd.grad(activity(x), x)[0]
    return gradient / gradient.abs().mean().clamp(min=1e-12)


def with_noise(pictures: Tensor, size: Tensor) -> Tensor:
    """Pictures with Gaussian noise, always the same, so strong that in 0..1 the change has the root mean square `size`.

    What is cut off at 0 and 1 is made up for by stronger noise, found by bisection.
    """
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0)).to(pictures.device)
    low, high = 0.0, 4.0
    for _ in range(30):
        middle = (low + high) / 2
        changed = ((pictures + middle * noise).clamp(0, 1) - pictures).square().mean().sqrt()
        low, high = (middle, high) if changed < size else (low, middle)
    return (pictures + low * noise).clamp(0, 1)
