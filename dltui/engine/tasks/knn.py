"""k nearest neighbours shown: a picture is named as those most like it are, and held-back folds say how many to ask."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.knn import nearest, vote
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "k": Metric("how many neighbours are asked: the number, of those tried so far, that did best in cross-validation"),
    "cv_accuracy": Metric(
        "share of the training rows that this k names as they are labelled, each asked without its own fold",
        better="higher",
        range=(0, 1),
    ),
    "train_accuracy": Metric("the same for k = 1, where each row may ask itself", better="higher", range=(0, 1)),
    "accuracy": Metric(
        "share of the test rows that this k names rightly, once every k was tried", better="higher", range=(0, 1)
    ),
    "accuracy_1nn": Metric("the same for k = 1", better="higher", range=(0, 1)),
}
QUERIES, SHOWN = 3, 7  # test pictures that are shown, and the most neighbours of each
POOL = 24  # test pictures of which each step shows the next few
HALF = 0.4  # of the stroke that stands for one k


def build(*, most: int = 15, folds: int = 5, wrong: float = 0.0) -> Callable:
    """Returns (data, nets, device) -> KNN.

    most: the largest number of neighbours that is tried, at least 1, at most 50.
    folds: parts of the training rows that are held back in turn, at least 2.
    wrong: share of the training rows that are given a wrong label, at least 0, below 1.
    """
    return partial(KNN, most=most, folds=folds, wrong=wrong)


class KNN:
    """Pictures as they are, and the labels that they are given. A step tries one more neighbour in cross-validation."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        most: int,
        folds: int,
        wrong: float,
    ):
        self.train_pictures, self.train_true = as_floats(data.train.inputs), data.train.targets
        self.test_pictures, self.test_true = as_floats(data.test.inputs), data.test.targets
        if self.train_pictures.dim() != 4:
            raise DltuiError(
                'task "knn" shows pictures; these data are rows of numbers.',
                "Take pictures, such as digits: dltui kinds data",
                ExitStatus.USAGE,
            )
        self.classes, self.most = data.classes, min(most, len(self.train_true) // 2)
        self.given = mislabelled(self.train_true, wrong, len(data.classes))
        self.fold = (torch.arange(len(self.train_true)) % folds)[torch.randperm(len(self.train_true))]
        rows, queries = self.train_pictures.flatten(1), self.test_pictures.flatten(1)
        self.near = nearest(queries, rows, self.most)  # (test rows, most)
        own = nearest(rows, rows, self.most)
        held_back = nearest(rows, rows, self.most, barred=self.fold[:, None] == self.fold)
        # (k, rows): whether the vote of k neighbours says what the row is labelled; of test rows, what it is
        self.right_own, self.right_held_back, self.right_test = (
            torch.stack([vote(self.given[near], k) == wanted for k in range(1, self.most + 1)])
            for near, wanted in ((own, self.given), (held_back, self.given), (self.near, self.test_true))
        )
        doubtful = (self.right_test != self.right_test[0]).any(0)  # where it matters how many are asked
        self.pool = doubtful.int().argsort(descending=True, stable=True)[:POOL]
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    @property
    def tried(self) -> int:
        """The largest k that was tried."""
        return min(self.place["step"], self.most)

    @property
    def chosen(self) -> int:
        """The best in cross-validation of those tried, the smallest of equals; 1 before any was tried."""
        return int(self._held_back()[: self.tried].argmax()) + 1 if self.tried else 1

    def _held_back(self) -> Tensor:
        """(most,): the mean over the folds of the share that is right, for each k."""
        parts = [self.right_held_back[:, self.fold == fold].double().mean(1) for fold in self.fold.unique()]
        return torch.stack(parts).mean(0)

    def evaluate(self) -> dict[str, float]:
        if not self.tried:
            return {}
        k = self.chosen
        values = {"cv_accuracy": self._held_back()[k - 1].item(), "k": float(k)}
        values["train_accuracy"] = self.right_own[0].double().mean().item()
        if self.tried == self.most:  # nothing is left to choose: the test may be opened
            values["accuracy"] = self.right_test[k - 1].double().mean().item()
            values["accuracy_1nn"] = self.right_test[0].double().mean().item()
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A few test pictures with those that they ask; and how well each k did, the test only for the one chosen."""
        yield Picture("neighbours", self._neighbours())
        if self.tried:
            yield Picture("how many", self._how_many())

    def _neighbours(self) -> dict:
        """As many neighbours as are asked now; while k grows, the one being tried, then the one chosen."""
        k = self.tried if 0 < self.place["step"] < self.most else self.chosen
        at = (self.place["step"] * QUERIES + torch.arange(QUERIES)) % len(self.pool)
        size, cells, captions = self.train_pictures.shape[1:], [], []
        for row in self.pool[at].tolist():
            near = self.near[row, : min(k, SHOWN)]
            answer = int(vote(self.given[self.near[row]][None], k))
            blank = torch.zeros(SHOWN - len(near), *size)
            cells += [self.test_pictures[row, None], self.train_pictures[near], blank]
            captions += [self._called(int(self.test_true[row]), answer)]
            captions += [self._called(int(self.train_true[n]), int(self.given[n])) for n in near.tolist()]
            captions += [""] * len(blank)
        title = f"k = {k}: test, then nearest"
        return montage(torch.cat(cells), columns=1 + SHOWN, captions=captions, title=title)

    def _called(self, true: int, called: int) -> str:
        return self.classes[true] if true == called else f"{self.classes[true]} as {self.classes[called]}"

    def _how_many(self) -> dict:
        k = torch.arange(1, self.tried + 1).double()
        held_back, own = self._held_back(), self.right_own.double().mean(1)
        curves = [
            {"name": "held-back folds", "x": k.numpy(), "y": held_back[: self.tried].numpy()},
            {"name": "training rows", "x": k.numpy(), "y": own[: self.tried].numpy()},
        ]
        if self.tried == self.most:
            at = self.chosen
            right = self.right_test[at - 1].double().mean().item()
            stroke = {"x": [at - HALF, at + HALF], "y": [right, right]}
            curves.append({"name": f"test, k = {at} only", **stroke})
        return {"type": "lines", "curves": curves, "x_title": "neighbours asked", "y_title": "share right"}


def mislabelled(targets: Tensor, share: float, classes: int) -> Tensor:
    """Returns targets (N,) with a share of them, drawn anew, each changed to another class."""
    rows = torch.randperm(len(targets))[: round(share * len(targets))]
    shift = torch.randint(1, max(2, classes), (len(rows),))
    changed = targets.clone()
    changed[rows] = (targets[rows] + shift) % classes
    return changed
