"""Key points: a picture goes in, the places of eyes, nose and mouth come out (Sun et al. 2018, arXiv:1711.08229)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.heat_maps import blob, jensen_shannon
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.points import pointed, warmed
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric(
        "training loss of a batch: the error, and what the heat maps differ from blobs on the truth",
        better="lower",
        progress=True,
    ),
    "error": Metric(
        "mean distance of a point from the truth as a share of the face's width, on the test rows", better="lower"
    ),
    "mean_face": Metric("the same of who always says the training rows' mean places"),
    "astray": Metric("share of the test faces of which a point is a tenth of the face's width away, or more"),
}
SHOWN = 3  # faces that are drawn: few, so that they are large
ASTRAY = 0.1  # of a face's width
ROWS = 100  # faces looked at together


def build(*, blobs: float = 1.0) -> Callable:
    """Returns (data, nets, device) -> Keypoints.

    blobs: weight of the divergence of heat maps from small blobs on the truth, at least 0; 0 leaves it out.
    """
    return partial(Keypoints, blobs=blobs)


class Keypoints:
    """A net of kind point_net. Points (N, K, 2) are x and y in parts of the picture's side, and so are widths (N,)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, blobs: float):
        targets = data.train.targets
        if targets.dim() != 2 or targets.shape[1] != 2 * len(data.classes) + 1:
            raise DltuiError("These data have no points.", "Take data.kind=landmarks.", ExitStatus.USAGE)
        self.net, self.parts, self.blobs = nets["model"], data.classes, blobs
        self.inputs, self.test_inputs = (as_floats(split.inputs).to(device) for split in (data.train, data.test))
        self.side = self.inputs.shape[-1]
        (self.points, self.widths), (self.test_points, self.test_widths) = (
            (shares[:, :-1].view(-1, len(self.parts), 2), shares[:, -1])
            for shares in (split.targets.to(device) / self.side for split in (data.train, data.test))
        )
        self.rows = len(self.inputs)
        from_left = self.test_points[..., 0].mean(1).argsort()
        self.shown = from_left[torch.linspace(0, len(from_left) - 1, min(SHOWN, len(from_left))).long()]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        points, heat = self.net.found(self.inputs[rows])
        error = errors(points, self.points[rows], self.widths[rows]).mean()
        if heat is None or not self.blobs:
            return error
        return error + self.blobs * jensen_shannon(heat, blob(self.points[rows], *heat.shape[2:])).mean()

    def placed(self) -> Tensor:
        """The net's points of the test rows (N, K, 2)."""
        return torch.cat([self.net(part).float() for part in self.test_inputs.split(ROWS)])

    def evaluate(self) -> dict[str, float]:
        away = errors(self.placed(), self.test_points, self.test_widths)
        mean_face = errors(self.points.mean(0), self.test_points, self.test_widths)
        return {
            "error": away.mean().item(),
            "mean_face": mean_face.mean().item(),
            "astray": (away.amax(1) >= ASTRAY).float().mean().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Faces with points on them; where the net looks for each part; how far each part is from its place."""
        placed = self.placed()
        faces, truth = self.test_inputs[self.shown], self.test_points[self.shown]
        points = pointed(truth * self.side, hollow=True) + pointed(placed[self.shown] * self.side)
        payload = montage(faces, columns=len(faces))
        yield Picture("faces", payload | {"type": "boxes", "points": points, "classes": list(self.parts)})
        faces = faces[::2]  # the farthest apart: their heat lies in other places
        _, heat = self.net.found(faces)
        if heat is not None:
            warm = [warmed(face, of_part) for face, maps in zip(faces, heat, strict=True) for of_part in maps]
            captions = list(self.parts) * len(heat)
            yield Picture("heat maps", montage(torch.stack(warm), columns=len(self.parts), captions=captions))
        away = 100 * errors(placed, self.test_points, self.test_widths).mean(0)
        title = "error, % of the face's width"
        yield Picture(
            "parts", {"type": "bars", "labels": list(self.parts), "values": away.cpu().numpy(), "title": title}
        )


def errors(points: Tensor, truth: Tensor, widths: Tensor) -> Tensor:
    """points, truth (N, K, 2), widths (N,) -> distances as shares of the faces' widths (N, K)."""
    return (points - truth).norm(dim=2) / widths[:, None]


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Each part of a face is a point."""
    return {"points": facts["classes"]}
