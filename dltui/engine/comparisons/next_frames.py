"""What follows a film beside what each variant predicts: frame by frame, and the error the farther ahead it looks."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.restore import Restore
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("restore",)
SAME_ROWS = True
METRICS = {
    "error": Metric(
        "mean squared error of the next frame on the test rows, as a share of that of showing the last frame again",
        better="lower",
        range=(0, None),
        rows="test",
    ),
    "far_error": Metric(
        "mean squared error of the farthest frame on the test rows, as a share of that of showing the last frame again",
        better="lower",
        range=(0, None),
        axis="error",
        rows="test",
    ),
    "contrast": Metric(
        "standard deviation of the pixels of the next predicted frame on the test rows, as a share of the true one's",
        better="higher",
        range=(0, None),
        rows="test",
    ),
    "far_contrast": Metric(
        "standard deviation of the pixels of the farthest predicted frame on the test rows, as a share of the truth's",
        better="higher",
        range=(0, None),
        axis="contrast",
        rows="test",
    ),
}

LOOKED_AT = 40  # test films that the curves are of: pictures are drawn often


def build(*, shown: int = 1) -> Callable[[Mapping[str, Restore]], "NextFrames"]:
    """In the place of what each variant shows. The frames of a film are the channels of its picture.

    shown: how many test films, at least 1.
    """
    return lambda tasks: NextFrames(tasks, shown)


class NextFrames:
    """See contracts.probe.Comparison."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, Restore], shown: int):
        self.tasks, self.shown = tasks, shown
        self.test = next(iter(tasks.values())).rows.test

    def _predicted(self, films: Tensor) -> dict[str, Tensor]:
        """films (N, T, H, W) -> the frames of each variant (N, ahead, H, W)."""
        return {name: task.restore(films) for name, task in self.tasks.items()}

    def evaluate(self) -> dict[str, dict[str, float]]:
        films, truth = self.test.inputs[:], as_floats(self.test.targets)
        again, of_truth = errors(films[:, -1:], truth), contrasts(truth)
        found = {}
        for name, frames in self._predicted(films).items():
            share, contrast = (errors(frames, truth) / again).tolist(), (contrasts(frames) / of_truth).tolist()
            found[name] = {
                "error": share[0], "far_error": share[-1], "contrast": contrast[0], "far_contrast": contrast[-1]
            }  # fmt: skip
        return found

    def pictures(self) -> Iterator[Picture]:
        """Strips of frames; the error over the frames ahead."""
        films, truth = self.test.inputs[:LOOKED_AT], as_floats(self.test.targets[:LOOKED_AT])
        predicted = self._predicted(films)
        yield Picture("films", self._strips(predicted, truth))
        curves = {"last frame again": films[:, -1:], **predicted}
        ahead = [number + 1 for number in range(truth.shape[1])]
        drawn = [
            Curve(name=name or "net", x=ahead, y=errors(frames, truth).tolist()) for name, frames in curves.items()
        ]
        yield Picture("error", Lines(curves=drawn, x_title="frames ahead", y_title="mean squared error"))

    def _strips(self, predicted: dict[str, Tensor], truth: Tensor) -> dict:
        """For each film its given frames in a row, the last one first; the true next ones below, and each variant's."""
        films, ahead, rows, titles = self.test.inputs[: self.shown], truth.shape[1], [], []
        for number in range(self.shown):
            given = films[number].flip(0)[:ahead]
            blank = given.new_zeros(ahead - len(given), *given.shape[1:])
            rows += [torch.cat([given, blank]), truth[number], *(frames[number] for frames in predicted.values())]
            titles += ["given, backwards", "what follows", *predicted]
        sheet = torch.cat(rows)[:, None]
        return montage(sheet, columns=ahead, row_titles=titles, title="frame 1, 2, 3 ... ahead", least=7)


def errors(frames: Tensor, truth: Tensor) -> Tensor:
    """Frames and what they are to be (N, ahead, H, W) -> the mean squared error of each frame ahead (ahead,)."""
    return (frames - truth).square().mean((0, 2, 3))


def contrasts(frames: Tensor) -> Tensor:
    """Frames (N, ahead, H, W) -> the mean standard deviation of the pixels of each frame ahead (ahead,)."""
    return frames.std((2, 3), correction=0).mean(0)
