"""What a vision transformer looks at: attention of its class token over a picture, and how alike the embeddings of
places are (Dosovitskiy et al. 2021, arXiv:2010.11929, figures 6 and 7)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat

TASKS = ("classify",)
LIVE = ("picture",)
METRICS = {
    "shuffle_change": Metric(
        "greatest change of a logit when the patches of a picture change places, on some test rows",
        range=(0, None),
        rows="test",
        log=True,
    )
}
ROWS = 100  # test rows whose patches are shuffled
LEAST = 12  # points of the terminal that a picture must have
TITLE = "where its class token looks"


def build(*, picture: int = 0, pictures: int = 5) -> Callable[[Classify], "PatchAttention"]:
    """For a net with `attention(pictures)` and learned `positions`, or None, of its patches.

    picture: the first of the test pictures that are shown, at least 0; past the last one it begins again.
    pictures: how many are shown, at least 1.
    """
    return partial(PatchAttention, picture=picture, pictures=pictures)


class PatchAttention:
    """See contracts.probe.Probe. Nothing is measured or shown of a net without attention to patches."""

    def __init__(self, task: Classify, picture: int, pictures: int):
        self.task, self.rows = task, task.rows.pictures()
        self.picture, self.count = picture, pictures
        self.looks = hasattr(task.net, "attention") and hasattr(task.net, "positions")

    def evaluate(self) -> dict[str, float]:
        if not self.looks:
            return {}
        x, net = self.rows.test.inputs[:ROWS], self.task.net
        return {"shuffle_change": (net(shuffled(x, net.side)) - net(x)).abs().max().item()}

    def pictures(self) -> Iterator[Picture]:
        if not self.looks:
            return
        test, net = self.rows.test, self.task.net
        count = min(self.count, len(test))
        rows = torch.arange(self.picture, self.picture + count, device=test.targets.device) % len(test)
        x = test.batch(rows)
        looked = net.attention(x)[:, -1, :, 0, 1:].mean(1)  # (N, patches): of the last block, the mean of its heads
        says = self.task.predictions(net(x)).tolist()
        pairs = zip(test.targets[rows].tolist(), says, strict=True)
        captions = [word for a, b in pairs for word in (f"is {self.rows.classes[a]}", f"says {self.rows.classes[b]}")]
        light = enlarged(looked.unflatten(1, (net.side, net.side)), x.shape[2:])
        cells = torch.stack([x.amax(1, keepdim=True), light], 1).flatten(0, 1)
        yield Picture("attention", montage(cells, columns=2, captions=captions, title=TITLE, least=LEAST))
        if net.positions is not None:
            yield Picture("positions", likeness(net.positions[0, 1:]))


def shuffled(pictures: Tensor, side: int) -> Tensor:
    """(B, C, H, W) -> the same with its side x side patches in another order, always the same one."""
    h, w = pictures.shape[2] // side, pictures.shape[3] // side
    patches = pictures.unflatten(3, (side, w)).unflatten(2, (side, h)).movedim(4, 3)  # (B, C, side, side, h, w)
    order = torch.randperm(side * side, generator=torch.Generator().manual_seed(0)).to(pictures.device)
    mixed = patches.flatten(2, 3)[:, :, order].unflatten(2, (side, side))
    return mixed.movedim(3, 4).flatten(4, 5).flatten(2, 3)


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """maps (N, h, w), at least 0 -> (N, 1, *size), the greatest value of each map being 1."""
    bright = maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-12)
    return interpolate(bright[:, None], size=tuple(size))


def likeness(positions: Tensor) -> Heat:
    """positions (patches, d) -> how alike the embeddings of two places are, their cosine (patches, patches)."""
    alike = cosine_similarity(positions[:, None], positions[None], 2)
    return Heat(values=alike.cpu().numpy(), x_title="patch, row by row", y_title="cosine with patch")
