"""Filters made by hand: what a kernel answers to, on pictures and on a row of numbers."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from dltui.engine.algorithms.convolution import convolve, output_size
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "edge": Metric("newest value of the edge filter (1, 0, -1) on the row"),
    "error": Metric("greatest distance of a filtered picture from torch's convolution", better="lower"),
}
FILTERS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "left diagonals": ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
    "vertical lines": ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
    "all edges": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "blur": ((1 / 9,) * 3,) * 3,
}
EDGE = (1.0, 0.0, -1.0)
PARTS = 4  # steps in which a picture is filtered
SHOWN = 2  # pictures
BRIGHT = 0.99  # share of the pixels that are not drawn as bright as can be
LONGEST = 12  # numbers of a row
GREY = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


def build(*, row: list[float] = (0, 0, 2, 2, 2, 7, 7, 7, 7, 3, 0, 0)) -> Callable:
    """Returns (data, nets, device) -> Filters.

    row: numbers over which the edge filter goes; where it is empty, the middle row of the first picture, in 0..16.
    """
    return partial(Filters, row=row)


class Filters:
    """A step is a value of the edge filter, and a quarter of a filtered picture; one filter comes after the other."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, row: list[float]):
        if data.train.inputs.dim() != 4:
            raise DltuiError(
                "Filters look at pictures; these data are rows of numbers.",
                "Take: data.kind=photographs or data.kind=digits.",
                ExitStatus.USAGE,
            )
        self.pictures_shown = as_floats(data.train.inputs[:SHOWN])  # (N, C, H, W) in 0..1
        self.grey = _grey(self.pictures_shown).double()  # (N, H, W)
        self.row = torch.tensor(row if row else _middle_row(self.grey[0]), dtype=torch.float64)[None]  # (1, L)
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    def evaluate(self) -> dict[str, float]:
        edges = [output for stride in (1, 2) for output in self._edges(stride)[0].tolist()]
        step = self.place["step"]
        if not step:
            return {}
        newest = {"edge": edges[step - 1]} if step <= len(edges) else {}
        return {**newest, "error": max(self._error(name) for name in FILTERS)}

    def _error(self, name: str) -> float:
        kernel = _kernel(name)
        want = conv2d(self.grey[:, None], kernel[None, None])[:, 0]
        return max((convolve(x, kernel) - y).abs().max().item() for x, y in zip(self.grey, want, strict=True))

    def _edges(self, stride: int) -> Tensor:
        """The whole row filtered, (1, O)."""
        return convolve(self.row, torch.tensor([EDGE], dtype=torch.float64), s=stride)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A filter at work, the edge filter on a row, and what all filters that are done have found."""
        step = self.place["step"]
        work, part = divmod(max(0, step - 1), PARTS)
        if work < len(FILTERS):
            yield Picture("filter", self._at_work(list(FILTERS)[work], (part + 1) / PARTS if step else 0))
        lengths = [output_size(self.row.shape[1], len(EDGE), s=stride) for stride in (1, 2)]
        if step <= sum(lengths):
            stride = 1 + (step > lengths[0])
            yield Picture("edge filter", self._edge_picture(stride, step - (stride - 1) * lengths[0]))
        done = min(step // PARTS, len(FILTERS))
        if done and step % PARTS == 0 and step <= PARTS * len(FILTERS):
            yield Picture("all filters", self._sheet(list(FILTERS)[:done]))

    def _at_work(self, name: str, share: float) -> dict:
        """The first picture beside what the filter has made of its upper `share`."""
        answer = self._answers(name)[0]
        answer[:, round(share * answer.shape[1]) :] = 0
        cells = [cell.expand(3, -1, -1) for cell in (self.pictures_shown[0], answer)]  # (3, H, W)
        rows = [" ".join(_written(weight) for weight in weights) for weights in FILTERS[name]]
        numbers = f"3 times {rows[0]}" if len(set(rows)) == 1 else "; ".join(rows)
        return montage(torch.stack(cells), columns=2, title=f"{name}: {numbers}")

    def _sheet(self, names: list[str]) -> dict:
        """Rows of pictures, a column a filter; those to come are black."""
        found = torch.zeros(len(self.grey), len(FILTERS), 1, *self.grey.shape[1:])
        for column, name in enumerate(names):
            found[:, column] = self._answers(name)
        captions = [name if name in names else "" for _ in self.grey for name in FILTERS]
        return montage(found.flatten(0, 1), columns=len(FILTERS), captions=captions, least=8)

    def _answers(self, name: str) -> Tensor:
        """(N, 1, H, W) in 0..1: how strongly the filter answers, whatever the sign; black where it has no place.

        Where equal neighbours are answered with 0 the strongest answer is white, else the answer is a grey itself.
        """
        kernel = _kernel(name)
        found = torch.zeros(len(self.grey), 1, *self.grey.shape[1:])
        for x, answer in zip(self.grey, found, strict=True):
            strength = convolve(x, kernel).abs().float()
            white = 1.0 if kernel.sum() > 0.5 else strength.quantile(BRIGHT).clamp(min=1e-6)
            answer[0, 1:-1, 1:-1] = (strength / white).clamp(0, 1)
        return found

    def _edge_picture(self, stride: int, done: int) -> dict:
        """The row, the filter, and its first `done` values."""
        whole = self._edges(stride)
        output = whole.clone()
        output[:, done:] = torch.nan
        kernel = torch.tensor([EDGE], dtype=torch.float64)
        grids = [
            {"title": "row", "values": self.row.numpy()},
            {"title": "filter", "values": kernel.numpy()},
            {"title": "output", "values": output.numpy(), "digits": max(len(f"{v:g}") for v in whole[0].tolist())},
        ]
        caption = "on equal neighbours 0, on a border the difference of its sides"
        if done:
            window = range((done - 1) * stride, (done - 1) * stride + len(EDGE))
            grids[0]["lit"] = [(0, column) for column in window]
            grids[2]["now"] = [(0, done - 1)]
            terms = " + ".join(f"{w:g}*{self.row[0, c].item():g}" for w, c in zip(EDGE, window, strict=True))
            caption = f"{terms} = {whole[0, done - 1].item():g}"
        title = f"edge filter, stride {stride}"
        return {"type": "grids", "grids": grids, "signs": ["*", "="], "title": title, "caption": caption}


def _written(weight: float) -> str:
    """A weight as one would write it: the blur's are ninths."""
    return f"{weight:g}" if weight == int(weight) else f"{round(9 * weight)}/9"


def _kernel(name: str) -> Tensor:
    return torch.tensor(FILTERS[name], dtype=torch.float64)


def _grey(pictures: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H, W)."""
    if pictures.shape[1] == 1:
        return pictures[:, 0]
    return (pictures * torch.tensor(GREY)[:, None, None]).sum(1)


def _middle_row(picture: Tensor) -> list[float]:
    """At most LONGEST numbers in 0..16 of a picture (H, W) in 0..1."""
    row = (picture[len(picture) // 2] * 16).round()
    start = max(0, (len(row) - LONGEST) // 2)
    return row[start : start + LONGEST].tolist()
