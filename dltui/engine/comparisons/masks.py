"""The same test pictures as each variant segments them, beside the ground truth; their errors; the IoU of classes."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median

from torch import Tensor, nn
from torch.func import functional_call

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.operations import costs
from dltui.engine.metrics.segmentation import class_ious, confusion
from dltui.engine.pictures.masks import errors, overlays
from dltui.engine.tasks.segment import Segment
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

TASKS = ("segment",)
SAME_ROWS = True
METRICS = {
    "weights": Metric("weights that are learned", better="lower", range=(0, None), whole=True),
    "operations": Metric(
        "multiply-adds of convolutions and linear layers for one picture",
        better="lower",
        range=(0, None),
        whole=True,
        log=True,
    ),
    "milliseconds": Metric(
        "processor time of one test picture, a median", better="lower", range=(0, None), rows="test", unit="ms",
        log=True,
    ),
    "logit_difference": Metric(
        "greatest difference of the logits of one net that is run in several ways, on a test picture, as a share of the"
        " greatest logit",
        better="lower",
        rows="test",
        check=True,
    ),
}  # fmt: skip
TIMES = 3  # test pictures that are timed
LEAST = 12  # points of the terminal that a picture must have
ROWS = 64  # test rows that the table is of: pictures are drawn often


def build(
    *, pictures: int = 1, timed: bool = False, alike: list[str] = ()
) -> Callable[[Mapping[str, Segment]], "Masks"]:
    """Test pictures under what was predicted for them.

    pictures: how many, at least 1: the first ones.
    timed: whether the time of a picture is measured.
    alike: variants whose nets are one, run in several ways: their logits with the first one's weights are compared.
    """
    return partial(Masks, pictures=pictures, timed=timed, alike=list(alike))


class Masks:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Segment], pictures: int, timed: bool, alike: list[str]):
        self.tasks, self.shown, self.timed, self.alike = tasks, pictures, timed, alike

    def evaluate(self) -> dict[str, dict[str, float]]:
        found = {name: costs(task.net, task.rows.test.inputs[:1]) for name, task in self.tasks.items()}
        if self.timed:
            for name, task in self.tasks.items():
                found[name]["milliseconds"] = milliseconds(task.net, task.rows.test.inputs[:TIMES])
        return found | ({"": {"logit_difference": self._difference()}} if self.alike else {})

    def _difference(self) -> float:
        """Of the logits with the weights of the first of `alike`."""
        nets, inputs = [self.tasks[name].net for name in self.alike], self.tasks[self.alike[0]].rows.test.inputs[:1]
        weights = nets[0].state_dict()
        logits = [functional_call(net, weights, inputs) for net in nets]
        most = max((other - logits[0]).abs().max().item() for other in logits)
        return most / max(1e-12, logits[0].abs().max().item())

    def pictures(self) -> Iterator[Picture]:
        """Masks, errors, and a table of the IoU of classes on the first test pictures."""
        first = next(iter(self.tasks.values()))
        inputs, truth = first.rows.test.inputs[: self.shown], first.rows.test.targets[: self.shown].long()
        predicted = [task.predicted(inputs) for task in self.tasks.values()]
        names, classes = list(self.tasks), first.rows.classes
        yield Picture("masks", overlays(inputs, [truth, *predicted], classes, ["ground truth", *names], LEAST))
        yield Picture("errors", errors(inputs, predicted, truth, names, LEAST))
        yield Picture("classes", self._table())

    def _table(self) -> Table:
        rows = []
        for name, task in self.tasks.items():
            test = task.rows.test
            found, truth = task.predicted(test.inputs[:ROWS]), test.targets[:ROWS]
            counts = confusion(found.cpu().numpy(), truth.cpu().numpy(), len(task.rows.classes))
            took = [f"{milliseconds(task.net, test.inputs[:TIMES]):.2g}"] * self.timed
            rows.append([name, *[round(float(iou), 3) for iou in class_ious(counts)], *took])
        return Table(columns=["IoU of", *task.rows.classes, *["ms a picture"] * self.timed], rows=rows)


def milliseconds(net: nn.Module, inputs: Tensor) -> float:
    """The median of the processor time that each picture takes alone."""
    return 1000 * median(_seconds(net, one) for one in inputs.split(1))


def _seconds(net: nn.Module, picture: Tensor) -> float:
    began = time.process_time()
    net(picture)
    return time.process_time() - began
