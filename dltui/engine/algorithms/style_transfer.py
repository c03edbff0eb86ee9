"""Style transfer (Gatys, Ecker, Bethge 2015, "A neural algorithm of artistic style", arXiv:1508.06576): the pixels of a
picture are changed until a net's maps have the content of one photograph and the Gram matrices of another."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.models.pretrained_features import LAYERS, pretrained_features
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat

LIVE = ("style",)
METRICS = {
    "style_loss": Metric(
        "squared distance of the Gram matrices from the style's, as a share of that of the content photograph",
        better="lower",
        range=(0, None),
    ),
    "content_distance": Metric(
        "distance of the middle layer's maps from the content's, as a share of that between the two photographs",
        better="lower",
        range=(0, None),
    ),
}
CONTENT = LAYERS.index("middle")  # the layer whose maps are the content
SHOWN = 12  # maps of a Gram matrix that are shown


def build(
    *,
    content: int = 1,
    painter: int = 2,
    style: float = 2.0,
    layers: int = 3,
    trained: bool = True,
    steps: int = 150,
    rate: float = 0.02,
) -> Callable[[Context], "StyleTransfer"]:
    """Adam moves the pixels, from those of the content photograph; both losses begin or are measured in shares.

    content: number of the photograph that is painted, among the training rows, at least 1.
    painter: number of the photograph whose style is taken, at least 1.
    style: what the style's loss weighs beside the content's, at least 0.
    layers: how many layers, from the first on, have a say in the style, at least 1, at most 3.
    trained: whether the net has learned to classify shapes; its metrics are measured by one that has.
    steps: updates of the picture, at least 1.
    rate: learning rate of the pixels, which are in 0..1, above 0.
    """
    return partial(
        StyleTransfer, pictures=(content, painter), style=style, layers=layers, trained=trained, steps=steps, rate=rate
    )


class Losses:
    """Content and style by the layers of one net, both in shares: 1 is the distance of the two photographs."""

    def __init__(self, net: nn.Sequential, layers: int, content: Tensor, painter: Tensor):
        self.net, self.layers = net, layers
        maps, others = self.maps(content), self.maps(painter)
        self.content = maps[CONTENT]
        self.grams = [gram(part) for part in others[:layers]]
        self.far = mse_loss(others[CONTENT], self.content)
        self.unlike = [style_distance(part, wanted) for part, wanted in zip(maps, self.grams, strict=False)]

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """pictures (1, 3, H, W) -> the maps of each layer, (1, w, h, v)."""
        found = []
        for layer in self.net:
            pictures = layer(pictures)
            if isinstance(layer, nn.ReLU):
                found.append(pictures)
        return found

    def content_error(self, maps: list[Tensor]) -> Tensor:
        """Squared distance from the content's maps, a scalar; of its root there is no gradient at 0."""
        return mse_loss(maps[CONTENT], self.content) / self.far

    def style_loss(self, maps: list[Tensor]) -> Tensor:
        """E of every layer that has a say, their mean, a scalar."""
        each = zip(maps, self.grams, self.unlike, strict=False)
        return torch.stack([style_distance(part, wanted) / first for part, wanted, first in each]).mean()


class StyleTransfer(nn.Module):
    """See contracts.algorithm.Process."""

    def __init__(
        self,
        context: Context,
        *,
        pictures: tuple[int, int],
        style: float,
        layers: int,
        trained: bool,
        steps: int,
        rate: float,
    ):
        super().__init__()
        rows = context.rows.pictures(channels=3)
        if max(pictures) > len(rows.train):
            raise DltuiError(
                f"algorithm.content and algorithm.painter are {pictures[0]} and {pictures[1]}; there are "
                f"{len(rows.train)} pictures.",
                f"Take two from 1 to {len(rows.train)}.",
                ExitStatus.USAGE,
            )
        self.style, self.steps = style, steps
        self.photographs = [rows.train.batch(torch.tensor([n - 1], device=rows.device)) for n in pictures]
        knowing = pretrained_features("high", context.device)
        self.judge = Losses(knowing, len(LAYERS), *self.photographs)
        self.losses = Losses(knowing if trained else anew(knowing), layers, *self.photographs)
        self.painted = nn.Parameter(self.photographs[0].clone())
        self.adam = AdamInBuffers([self.painted], rate)

    @property
    def done(self) -> bool:
        return int(self.adam.steps) >= self.steps

    def step(self) -> None:
        """One update by Adam of L = content_distance^2 + style E."""
        with torch.enable_grad():
            maps = self.losses.maps(self.painted)
            self.adam.step(self.losses.content_error(maps) + self.style * self.losses.style_loss(maps))
        self.painted.data.clamp_(0, 1)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        maps = self.judge.maps(self.painted)
        return {
            "style_loss": self.judge.style_loss(maps).item(),
            "content_distance": self.judge.content_error(maps).sqrt().item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """What is painted so far between its two photographs; Gram matrices of the first layer, now and the style's."""
        three = torch.cat([self.photographs[0], self.painted, self.photographs[1]])
        yield Picture("painted", montage(three, columns=3, captions=["content", "painted", "style"], least=20))
        now = gram(self.judge.maps(self.painted)[0])[:SHOWN, :SHOWN]
        both = torch.cat([now, torch.full_like(now[:, :1], torch.nan), self.judge.grams[0][:SHOWN, :SHOWN]], 1)
        yield Picture("gram", Heat(values=both.cpu().numpy(), x_title="maps: painted, then style", y_title="maps"))


def gram(maps: Tensor) -> Tensor:
    """maps (1, N, h, w) -> G = F F^T (N, N), with F (N, M) the maps as rows of M = h w numbers."""
    F = maps[0].flatten(1)
    return F @ F.T


def style_distance(maps: Tensor, wanted: Tensor) -> Tensor:
    """maps (1, N, h, w), Gram matrix A (N, N) -> E = |G - A|^2 / (4 N^2 M^2), a scalar."""
    N, M = maps.shape[1], maps.shape[2] * maps.shape[3]
    return (gram(maps) - wanted).square().sum() / (4 * N**2 * M**2)


def anew(net: nn.Sequential) -> nn.Sequential:
    """Returns a net of the same build with weights as they are before any training, always the same."""
    found = deepcopy(net)
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        for layer in found:
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
    return found.eval().requires_grad_(False)
