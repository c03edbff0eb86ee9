"""Key points: the places of parts of what a picture shows; loss and decoding are the model's own."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.models.point_net import normalised_errors
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

NET_HAS = {"model": ("loss", "detect")}
METRICS = {
    "loss": Metric("training loss of a batch, as the model defines it", better="lower", progress=True, rows="train"),
    "nme": Metric(
        "normalised mean error on the test rows: distance of a point from the truth as a share of the face's width",
        better="lower",
        range=(0, None),
        rows="test",
    ),
    "mean_shape_nme": Metric(
        "normalised mean error on the test rows of the mean points of the training rows, whatever the picture",
        better="lower",
        range=(0, None),
        axis="nme",
        rows="test",
    ),
    "failure_rate": Metric(
        "share of the test rows with a point a tenth of the face's width away from the truth, or more",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
}
SHOWN = 3  # pictures that are drawn: few, so that they are large
FAILURE = 0.1  # of a face's width
ROWS = 100  # pictures looked at together
DIMMED = 0.45  # what is left of a picture's light where no heat is
GLOW = (1.0, 0.62, 0.0)  # the colour of the hottest place


def build() -> Callable[[Context], "Keypoints"]:
    """The net predicts x and y of each point."""
    return Keypoints


class Keypoints:
    """A net as contracts.models.KeypointDetector says. Points (N, K, 2) and widths (N,) are shares of the side."""

    def __init__(self, context: Context):
        self.net, self.rows = context.nets["model"], context.rows.keypoints()
        self.parts, self.side = self.rows.classes, self.rows.train.stored.shape[-1]
        self.points, self.widths = self._places(self.rows.train)
        self.test_points, self.test_widths = self._places(self.rows.test)
        from_left = self.test_points[..., 0].mean(1).argsort()
        self.shown = from_left[torch.linspace(0, len(from_left) - 1, min(SHOWN, len(from_left))).long()]

    def _places(self, split: RowSplit) -> tuple[Tensor, Tensor]:
        shares = split.targets / self.side
        return shares[:, :-1].view(-1, len(self.parts), 2), shares[:, -1]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar."""
        return self.net.loss(self.rows.train.batch(rows), self.points[rows], self.widths[rows])

    def predictions(self, inputs: Tensor) -> Tensor:
        """inputs (N, C, size, size) -> points (N, K, 2)."""
        return torch.cat([self.net(part).float() for part in inputs.split(ROWS)])

    def evaluate(self) -> dict[str, float]:
        predicted = self.predictions(self.rows.test.inputs)
        away = normalised_errors(predicted, self.test_points, self.test_widths)
        mean_shape = normalised_errors(self.points.mean(0), self.test_points, self.test_widths)
        return {
            "nme": away.mean().item(),
            "mean_shape_nme": mean_shape.mean().item(),
            "failure_rate": (away.amax(1) >= FAILURE).float().mean().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Faces with points on them; where the net looks for each part; how far each part is from its place."""
        predicted = self.predictions(self.rows.test.inputs)
        faces, truth = self.rows.test.inputs[self.shown], self.test_points[self.shown]
        points = drawn(truth * self.side, hollow=True) + drawn(predicted[self.shown] * self.side)
        payload = montage(faces, columns=len(faces))
        yield Picture("faces", payload | {"type": "boxes", "points": points, "classes": list(self.parts)})
        faces = faces[::2]  # the farthest apart: their heat lies in other places
        _, heat = self.net.detect(faces)
        if heat is not None:
            warm = [warmed(face, of_part) for face, maps in zip(faces, heat, strict=True) for of_part in maps]
            captions = list(self.parts) * len(heat)
            yield Picture("heat maps", montage(torch.stack(warm), columns=len(self.parts), captions=captions))
        away = 100 * normalised_errors(predicted, self.test_points, self.test_widths).mean(0).cpu().numpy()
        yield Picture("parts", Bars(labels=list(self.parts), values=away, title="error, % of the face's width"))


def drawn(points: Tensor, *, hollow: bool = False) -> list[dict]:
    """points (N, K, 2) in pixels of N pictures -> as the payload `boxes` holds them, each of the K in its colour.

    hollow: as rings, which show where a point ought to be.
    """
    return [
        {"cell": cell, "at": [round(value, 2) for value in at], "colour": number} | ({"hollow": True} if hollow else {})
        for cell, of_picture in enumerate(points.tolist())
        for number, at in enumerate(of_picture)
    ]


def warmed(picture: Tensor, heat: Tensor) -> Tensor:
    """picture (C, H, W) in 0..1, heat (h, w) -> (3, H, W): the picture dimmed, the heat glowing over it.

    The hottest cell glows fully, however small its share.
    """
    share = interpolate((heat / heat.amax())[None, None], picture.shape[1:])[0]  # (1, H, W)
    glow = torch.tensor(GLOW, device=picture.device)[:, None, None]
    return DIMMED * picture.mean(0, keepdim=True) * (1 - share) + glow * share


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Each part of a face is a point."""
    return {"points": facts["classes"]}
