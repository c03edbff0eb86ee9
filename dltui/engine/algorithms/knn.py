"""k nearest neighbours (Fix and Hodges 1951; Cover and Hart 1967), k chosen by cross-validation (Stone 1974)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

METRICS = {
    "k": Metric(
        "number of neighbours with the best cross-validation accuracy of those tried so far",
        whole=True,
        unit="neighbours",
        rows="validation",
    ),
    "cv_accuracy": Metric(
        "cross-validation accuracy of this k on the given labels", better="higher", range=(0, 1), rows="validation"
    ),
    "train_accuracy": Metric(
        "accuracy of k = 1 on the labels it was given", better="higher", range=(0, 1), rows="train"
    ),
    "accuracy": Metric("accuracy on the test rows, once every k was tried", better="higher", range=(0, 1), rows="test"),
    "accuracy_1nn": Metric(
        "accuracy of k = 1 on the test rows, once every k was tried", better="higher", range=(0, 1), rows="test"
    ),
}
QUERIES, SHOWN = 3, 7  # test pictures that are shown, and the most neighbours of each
POOL = 24  # test pictures of which each step shows the next few
HALF = 0.4  # of the stroke that stands for one k


def build(*, max_k: int = 15, folds: int = 5, label_noise: float = 0.0) -> Callable[[Context], "KNN"]:
    """Each step tries one more neighbour in cross-validation, then shows more test pictures with the best k.

    max_k: the largest number of neighbours that is tried, at least 1, at most 50.
    folds: folds of the training rows that are held out in turn, at least 2.
    label_noise: share of the training rows that are given a wrong label, at least 0, below 1.
    """
    return lambda context: KNN(context.rows.pictures().labelled(), max_k, folds, label_noise)


def mislabelled(targets: Tensor, share: float, classes: int) -> Tensor:
    """Returns targets (N,) with a share of them, drawn anew, each changed to another class."""
    rows = torch.randperm(len(targets))[: round(share * len(targets))]
    shift = torch.randint(1, max(2, classes), (len(rows),))
    changed = targets.clone()
    changed[rows] = (targets[rows] + shift) % classes
    return changed


class KNN:
    """A walkthrough of k = 1 ... max_k: the votes, and the rows that vote, are scikit-learn's."""

    def __init__(self, rows: Rows, max_k: int, folds: int, label_noise: float):
        self.classes = rows.classes
        self.train_pictures, self.test_pictures = rows.train.inputs.cpu(), rows.test.inputs.cpu()  # (N, C, H, W)
        self.train_true, self.test_true = rows.train.targets.cpu(), rows.test.targets.cpu()
        N = len(self.train_true)
        self.max_k = min(max_k, N // 2)
        self.given = mislabelled(self.train_true, label_noise, len(self.classes))
        self.fold = (torch.arange(N) % folds)[torch.randperm(N)]
        self._try_all()
        right = self.predicted == self.test_true
        doubtful = (right != right[0]).any(0)  # where it matters how many are asked
        self.pool = doubtful.int().argsort(descending=True, stable=True)[:POOL]
        pages = -(-len(self.pool) // QUERIES)
        self.length = (self.max_k // pages + 2) * pages  # all are shown with the best k, the most doubtful ones last

    def _try_all(self) -> None:
        """For every k: the accuracies (max_k,), and what it predicts of the test rows (max_k, M)."""
        from sklearn.model_selection import PredefinedSplit, cross_val_score  # 1.8 s
        from sklearn.neighbors import KNeighborsClassifier

        x, queries = (pictures.flatten(1).double().numpy() for pictures in (self.train_pictures, self.test_pictures))
        labels, held_out = self.given.numpy(), PredefinedSplit(self.fold.numpy())
        model = KNeighborsClassifier(algorithm="brute").fit(x, labels)
        self.near = torch.from_numpy(model.kneighbors(queries, self.max_k, return_distance=False))  # (M, max_k)
        cv, train, predicted = [], [], []
        for k in range(1, self.max_k + 1):
            model.set_params(n_neighbors=k)
            cv.append(cross_val_score(model, x, labels, cv=held_out).mean())
            train.append(model.score(x, labels))
            predicted.append(torch.from_numpy(model.predict(queries)))
        self.cv_accuracy, self.train_accuracy = torch.tensor(cv).double(), torch.tensor(train).double()
        self.predicted = torch.stack(predicted)
        self.accuracy = (self.predicted == self.test_true).double().mean(1)

    def best(self, tried: int) -> int:
        """The best in cross-validation of the first `tried` k, the smallest of equals; 1 before any was tried."""
        return int(self.cv_accuracy[:tried].argmax()) + 1 if tried else 1

    def at(self, step: int) -> Moment:
        """With k up to `step` tried; the test is for the one that is chosen in the end."""
        tried = min(step, self.max_k)
        pictures = [Picture("neighbours", self._neighbours(step))]
        if not tried:
            return Moment({}, pictures)
        k = self.best(tried)
        metrics = {"cv_accuracy": self.cv_accuracy[k - 1], "k": k, "train_accuracy": self.train_accuracy[0]}
        if tried == self.max_k:
            metrics |= {"accuracy": self.accuracy[k - 1], "accuracy_1nn": self.accuracy[0]}
        pictures.append(Picture("how many", self._how_many(tried)))
        return Moment({name: float(value) for name, value in metrics.items()}, pictures)

    def _neighbours(self, step: int) -> dict:
        """A few test pictures with those that vote; while k grows, of the one being tried, then of the best."""
        k = step if 0 < step < self.max_k else self.best(min(step, self.max_k))
        at = (step * QUERIES + torch.arange(QUERIES)) % len(self.pool)
        size, cells, captions = self.train_pictures.shape[1:], [], []
        for row in self.pool[at].tolist():
            near = self.near[row, : min(k, SHOWN)]
            blank = torch.zeros(SHOWN - len(near), *size)
            cells += [self.test_pictures[row, None], self.train_pictures[near], blank]
            captions += [self._called(int(self.test_true[row]), int(self.predicted[k - 1, row]))]
            captions += [self._called(int(self.train_true[n]), int(self.given[n])) for n in near.tolist()]
            captions += [""] * len(blank)
        title = f"k = {k}: test, then nearest"
        return montage(torch.cat(cells), columns=1 + SHOWN, captions=captions, title=title)

    def _called(self, true: int, called: int) -> str:
        return self.classes[true] if true == called else f"{self.classes[true]} as {self.classes[called]}"

    def _how_many(self, tried: int) -> Lines:
        """How well each k did; on the test only the one that was chosen."""
        k = torch.arange(1, tried + 1).double()
        curves = {"held-out folds": (k, self.cv_accuracy[:tried]), "training rows": (k, self.train_accuracy[:tried])}
        if tried == self.max_k:
            best = self.best(tried)
            curves[f"test, k = {best} only"] = [best - HALF, best + HALF], [self.accuracy[best - 1].item()] * 2
        return lines(curves, x_title="neighbours asked", y_title="share right")
