"""From one picture to another: pixels mixed, or codes mixed and decoded (Kingma and Welling 2014, arXiv:1312.6114;
Berthelot et al. 2018, arXiv:1807.07543).
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.models.mlp import MLP
from dltui.engine.models.pretraining import pretrain
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

TASKS = ("autoencode",)
METRICS = {
    "code_confidence": Metric(
        "highest probability that a classifier gives to what is decoded halfway between the codes of two test pictures",
        better="higher", range=(0, 1), rows="test",
    ),
    "pixel_confidence": Metric(
        "highest probability that a classifier gives to the mean of two test pictures", range=(0, 1), rows="test"
    ),
    "test_confidence": Metric(
        "highest probability that a classifier gives to the test pictures themselves", range=(0, 1), rows="test"
    ),
    "gain": Metric("code_confidence - pixel_confidence", better="higher", range=(-1, 1), rows="test"),
    "ends_right": Metric(
        "share of the test pictures whose reconstruction a classifier takes for their class",
        better="higher", range=(0, 1), rows="test",
    ),
}  # fmt: skip
JUDGE_STEPS, JUDGE_HIDDEN = 600, 128
WAYS = 9  # pictures from one end to the other
SEED = 0  # of the pairs: the same each time


def build(*, pairs: int = 1000, shown: int = 3) -> Callable[[Task], "Interpolation"]:
    """For pictures with classes; the classifier is trained once on the training rows.

    pairs: pairs of test pictures of two classes, at least 10; those drawn of one class are left out.
    shown: pairs that are drawn, at least 1, at most 10.
    """
    return partial(Interpolation, pairs=pairs, shown=shown)


class Interpolation:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, pairs: int, shown: int):
        self.task, self.rows, self.shown = task, task.rows.pictures().labelled(), shown
        drawn = torch.randint(0, len(self.rows.test), (2, pairs), generator=torch.Generator().manual_seed(SEED))
        drawn = drawn.to(self.rows.device)
        differ = self.rows.test.targets[drawn[0]] != self.rows.test.targets[drawn[1]]
        self.starts, self.ends = (self.rows.test.inputs[numbers] for numbers in drawn[:, differ])

    @cached_property
    def judge(self) -> nn.Module:
        """Made when it is first asked: it is trained."""
        inputs = self.rows.train.stored[0].numel()
        net = MLP(inputs, [JUDGE_HIDDEN], len(self.rows.classes), "relu", 0.0, False, False, "linear")
        pretrain(net.to(self.rows.device), self.rows.data.train, self.rows.device, JUDGE_STEPS)
        return net.eval().requires_grad_(False)

    def confidence(self, pictures: Tensor) -> float:
        """pictures (N, ...) -> the mean of the judge's highest probability."""
        return torch.softmax(self.judge(pictures), 1).amax(1).mean().item()

    def between(self, share: float) -> tuple[Tensor, Tensor]:
        """`share` of the way from the starts to the ends: pixels mixed, and codes mixed and decoded, (N, ...) both."""
        codes = torch.lerp(self.task.embed(self.starts), self.task.embed(self.ends), share)
        return torch.lerp(self.starts, self.ends, share), self.task.net.decode(codes)

    def evaluate(self) -> dict[str, float]:
        test, targets = self.rows.test.inputs[:], self.rows.test.targets
        of_pixels, of_codes = (self.confidence(pictures) for pictures in self.between(0.5))
        found = self.judge(self.task.reconstruct(test)).argmax(1)
        return {
            "code_confidence": of_codes,
            "pixel_confidence": of_pixels,
            "test_confidence": self.confidence(test),
            "gain": of_codes - of_pixels,
            "ends_right": (found == targets).float().mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Both middles of a few pairs, both ways between them, and how sure the judge is along these."""
        shares = [step / (WAYS - 1) for step in range(WAYS)]
        ways = [self.between(share) for share in shares]
        few = [part[: self.shown] for part in (self.starts, self.ends, *ways[WAYS // 2])]
        titles = ["from", "to", "pixels", "codes"]
        yield Picture("halfway", montage(torch.cat(few), columns=len(few[0]), row_titles=titles))
        strips = [way[kind][pair] for pair in range(len(few[0])) for kind in range(2) for way in ways]
        titles = ["pixels", "codes"] * len(few[0])
        yield Picture("ways", montage(torch.stack(strips), columns=WAYS, row_titles=titles))
        of_pixels, of_codes = ([self.confidence(way[kind]) for way in ways] for kind in range(2))
        curves = {"pixels": (shares, of_pixels), "codes": (shares, of_codes)}
        yield Picture("confidence", lines(curves, x_title="share of the way", y_title="highest probability"))
