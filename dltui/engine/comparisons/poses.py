"""The skeletons that each variant predicts of the same people, the ground truth, and how many joints are right."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.generators.stick_people import JOINTS
from dltui.engine.metrics.keypoints import pck, swapped
from dltui.engine.models.point_net import normalised_errors
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.skeleton import KEY, skeletons
from dltui.engine.tasks.keypoints import Keypoints, warmed
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Curve, Lines

TASKS = ("keypoints",)
SAME_ROWS = True
METRICS = {
    "pck": Metric(
        "share of the joints of the test rows predicted within 0.2 torso lengths of the ground truth",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "swaps": Metric(
        "share of the left and right joints of the test rows that are predicted nearer to their twin of the other side",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "mean_pose_pck": Metric(
        "pck of the mean pose of the training rows, whatever the picture", range=(0, 1), axis="pck", rows="test"
    ),
}
LOOKED_AT = 50  # test pictures that the curves and bars are of: pictures are drawn often
THRESHOLDS = [0.02 * number for number in range(26)]  # of the torso
MAPPED = ("head", "left hand", "right hand", "left foot", "right foot")  # joints whose heat maps are shown


def build(*, shown: int = 5) -> Callable[[Mapping[str, Keypoints]], "Poses"]:
    """In the place of what each variant shows.

    shown: how many test pictures, at least 1.
    """
    return lambda tasks: Poses(tasks, shown)


class Poses:
    """See contracts.probe.Comparison."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, Keypoints], shown: int):
        self.tasks, self.shown, self.first = tasks, shown, next(iter(tasks.values()))
        if self.first.parts != JOINTS:
            message = "comparison poses draws the joints of stick people; these data have other keypoints."
            raise DltuiError(message, "Set data.kind=stick_people, or leave [comparison] out.", ExitStatus.USAGE)

    def errors(self, predicted: Tensor) -> Tensor:
        """predicted (N, K, 2) of the first N test rows, or (K, 2) for all -> shares of the torso (N, K)."""
        rows = len(predicted) if predicted.dim() == 3 else None
        return normalised_errors(predicted, self.first.test_points[:rows], self.first.test_widths[:rows])

    def evaluate(self) -> dict[str, dict[str, float]]:
        found = {"": {"mean_pose_pck": pck(self.errors(self.first.points.mean(0)))}}
        truth, torsos = self.first.test_points, self.first.test_widths
        for name, task in self.tasks.items():
            predicted = task.predictions(self.first.rows.test.inputs)
            swaps = swapped(predicted, truth, torsos, JOINTS)
            found[name] = {"pck": pck(self.errors(predicted)), "swaps": swaps}
        return found

    def pictures(self) -> Iterator[Picture]:
        """Skeletons; heat maps of some joints; PCK over the threshold; the error of each joint."""
        test = self.first.rows.test
        inputs, truth = test.inputs[: self.shown], self.first.test_points[: self.shown]
        all_predicted = {name: task.predictions(test.inputs[:LOOKED_AT]) for name, task in self.tasks.items()}
        sheet = [skeletons(inputs, truth)]
        sheet += [skeletons(inputs, predicted[: self.shown]) for predicted in all_predicted.values()]
        titles = ["ground truth", *self.tasks]
        yield Picture("poses", montage(torch.cat(sheet), columns=len(inputs), row_titles=titles, title=KEY, least=14))
        yield from self._heat(inputs[:2])
        yield Picture("PCK", self._curves(all_predicted))
        best = next(iter(all_predicted))
        away = 100 * self.errors(all_predicted[best]).mean(0).cpu().numpy()
        title = f"error of {best or 'the net'}, % of the torso"
        yield Picture("joints", Bars(labels=list(JOINTS), values=away, title=title))

    def _heat(self, inputs: Tensor) -> Iterator[Picture]:
        """Of the first variant with heat maps."""
        numbers = [JOINTS.index(name) for name in MAPPED]
        for task in self.tasks.values():
            _, heat = task.net.detect(inputs)
            if heat is not None:
                cells = [
                    warmed(one, maps[number]) for one, maps in zip(inputs, heat, strict=True) for number in numbers
                ]
                yield Picture(
                    "heat maps", montage(torch.stack(cells), columns=len(MAPPED), captions=[*MAPPED] * len(inputs))
                )
                return

    def _curves(self, all_predicted: dict[str, Tensor]) -> Lines:
        found = {**all_predicted, "mean pose": self.first.points.mean(0)}
        curves = [
            Curve(name=name or "net", x=THRESHOLDS, y=[pck(self.errors(points), limit) for limit in THRESHOLDS])
            for name, points in found.items()
        ]
        return Lines(curves=curves, x_title="threshold, torso lengths", y_title="share of correct joints")
