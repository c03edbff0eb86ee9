"""k-fold cross-validation (Stone 1974; Kohavi 1995): each row is held out once, and predicted from all others."""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Grid, Grids, Marks, Path, Scatter

METRICS = {
    "score": Metric("accuracy on the fold that was held out last", better="higher", range=(0, 1), rows="validation"),
    "accuracy": Metric("mean score of all folds so far", better="higher", range=(0, 1), rows="validation"),
    "train_accuracy": Metric(
        "accuracy on the rows trained on, mean of folds so far", better="higher", range=(0, 1), rows="train"
    ),
    "lowest_score": Metric("lowest score of a fold so far", better="higher", range=(0, 1), rows="validation"),
    "highest_score": Metric("highest score of a fold so far", better="higher", range=(0, 1), rows="validation"),
    "score_std": Metric(
        "standard deviation between the scores of a repeat's folds, mean of the repeats", rows="validation"
    ),
    "mean_score_std": Metric(
        "standard deviation between the mean scores of the repeats", axis="score_std", rows="validation"
    ),
}
MISTAKEN = 8  # rows that are named


def build(
    *,
    k: int = 5,
    split: Literal["stratified", "shuffled", "sorted"] = "stratified",
    repeats: int = 20,
    estimator: Literal["logistic", "neighbours", "tree"] = "logistic",
) -> Callable[[Context], "CrossValidation"]:
    """Each step holds out the next fold; after the last one all rows are dealt anew.

    k: folds, at least 2, at most 12.
    split: stratified, each class dealt evenly over the folds; shuffled, rows dealt; sorted, cut as ordered by class.
    repeats: how often the rows are dealt anew, at least 1; then it stands still.
    estimator: scikit-learn's logistic regression, five nearest neighbours, or decision tree.
    """
    return lambda context: CrossValidation(context.rows.labelled(), k, split, repeats, estimator, context.seed)


def splits(targets: np.ndarray, k: int, split: str, repeats: int, seed: int) -> Iterator[np.ndarray]:
    """targets (N,) -> the rows that are held out, fold after fold and repeat after repeat, by scikit-learn."""
    from sklearn.model_selection import KFold, RepeatedKFold, RepeatedStratifiedKFold  # 1.8 s

    if split == "sorted":  # a table that is ordered by class, cut where it is
        order = targets.argsort(kind="stable")
        for _ in range(repeats):
            yield from (order[held] for _, held in KFold(k).split(order))
        return
    folds = {"stratified": RepeatedStratifiedKFold, "shuffled": RepeatedKFold}[split]
    for _, held in folds(n_splits=k, n_repeats=repeats, random_state=seed).split(targets, targets):
        yield held


def classifier(name: str):
    """Returns scikit-learn's classifier behind a scaler, not yet fitted."""
    from sklearn.linear_model import LogisticRegression  # 1.8 s
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    made = {
        "logistic": LogisticRegression(max_iter=1000),
        "neighbours": KNeighborsClassifier(5),
        "tree": DecisionTreeClassifier(random_state=0),
    }
    return make_pipeline(StandardScaler(), made[name])


def standard_deviation(scores: np.ndarray) -> np.ndarray:
    """scores (..., k) -> their standard deviation (...), estimated from a sample."""
    return scores.std(-1, ddof=1)


class CrossValidation:
    """A walkthrough of all rows of the data, training and test alike; a fold is judged when it is first shown."""

    def __init__(self, rows: Rows, k: int, split: str, repeats: int, estimator: str, seed: int):
        self.x, self.y = (part.numpy() for part in rows.points())  # (N, D), (N,)
        N = len(self.y)
        if 2 * k > N:
            message = f"{N} rows cannot be cut into {k} folds of two rows or more."
            raise DltuiError(message, f"Set algorithm.k to {N // 2} at most.", ExitStatus.USAGE)
        self.k, self.estimator, self.classes = k, estimator, rows.classes
        self.held = list(splits(self.y, k, split, repeats, seed))
        self.length = len(self.held)  # repeats * k
        self.right: list[np.ndarray] = []  # of every fold judged: which rows (N,) were classified rightly
        self.scores: list[tuple[float, float]] = []  # of every fold judged: of its rows, and of those trained on

    def _judge(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """The scores of the first folds, and those of the rows trained on, (steps,) each."""
        for held in self.held[len(self.scores) : steps]:
            kept = np.ones(len(self.y), bool)
            kept[held] = False
            right = self._predicted(kept) == self.y
            self.right.append(right)
            self.scores.append((right[held].mean(), right[kept].mean()))
        scores, train = np.array(self.scores[:steps]).reshape(-1, 2).T
        return scores, train

    def _predicted(self, kept: np.ndarray) -> np.ndarray:
        """kept (N,) bool -> classes (N,) of all rows; the columns' scale, too, is learned from the kept ones alone."""
        if len(set(self.y[kept])) == 1:  # of one class there is nothing to learn
            return np.full_like(self.y, self.y[kept][0])
        return classifier(self.estimator).fit(self.x[kept], self.y[kept]).predict(self.x)

    def at(self, step: int) -> Moment:
        """With `step` folds judged."""
        scores, train = self._judge(step)
        pictures = [Picture("folds", self._folds(scores)), Picture("scores", self._scores(scores))]
        wrong = self._mistaken(step)
        if wrong.any():
            pictures.append(Picture("mistaken", self._worst(wrong)))
        return Moment(self._metrics(scores, train) if step else {}, pictures)

    def _metrics(self, scores: np.ndarray, train: np.ndarray) -> dict[str, float]:
        repeats = self._whole(scores)
        found = {
            "score": scores[-1],
            "accuracy": scores.mean(),
            "train_accuracy": train.mean(),
            "lowest_score": scores.min(),
            "highest_score": scores.max(),
        }
        if len(repeats):
            found["score_std"] = standard_deviation(repeats).mean()
        if len(repeats) > 1:
            found["mean_score_std"] = standard_deviation(repeats.mean(1))
        return {name: float(value) for name, value in found.items()}

    def _whole(self, scores: np.ndarray) -> np.ndarray:
        """The scores of the repeats of which every fold was judged, (repeats, k)."""
        return scores[: len(scores) // self.k * self.k].reshape(-1, self.k)

    def _folds(self, scores: np.ndarray) -> Grids:
        """A row a fold of this repeat: where it is held out it is lit, its score there; beside it its classes."""
        k, last = self.k, max(0, len(scores) - 1)
        repeat, fold = divmod(last, k)
        now = scores[repeat * k :]
        percent, held = np.full((k, k), np.nan), np.full((k, len(self.classes)), np.nan)
        for row, score in enumerate(now):
            percent[row, row] = round(100 * score)
            held[row] = np.bincount(self.y[self.held[repeat * k + row]], minlength=len(self.classes))
        lit = [(row, row) for row in range(len(now))]
        grids = [
            Grid(values=percent, title=f"{k} folds, % right", lit=lit, now=lit[-1:], digits=3),
            Grid(values=held, title="classes in it", digits=2),
        ]
        N, out = len(self.y), len(self.held[last])
        title = f"repeat {repeat + 1}, fold {fold + 1} of {k}: {N - out} rows train, {out} test" if lit else f"{N} rows"
        caption = "lit: held out for the test; the other folds train"
        if len(now) > 1:
            caption = f"mean {100 * now.mean():.1f} %, standard deviation {100 * standard_deviation(now):.1f}"
        return Grids(grids=grids, title=title, caption=caption)

    def _scores(self, scores: np.ndarray) -> Scatter:
        """Every fold's score over the repeats, side by side where they are equal, and the mean of each repeat."""
        beside = np.linspace(-0.3, 0.3, self.k)
        x = 1 + np.arange(len(scores)) // self.k + beside[np.arange(len(scores)) % self.k]
        means = self._whole(scores).mean(1)
        at = np.arange(1, len(means) + 1)
        return Scatter(
            x=x,
            y=scores,
            label=[0] * len(scores),
            classes=["one fold", "mean of a repeat"],
            paths=[Path(x=at, y=means)],
            marks=Marks(x=at, y=means, label=[1] * len(means)),
            x_title="repeat",
            y_title="share right",
        )

    def _mistaken(self, steps: int) -> np.ndarray:
        """(N,): of the times that a row was held out, the share in which it was mistaken."""
        wrong, times = np.zeros((2, len(self.y)))
        for right, held in zip(self.right[:steps], self.held, strict=False):
            wrong[held] += ~right[held]
            times[held] += 1
        return wrong / times.clip(min=1)

    def _worst(self, share: np.ndarray) -> Bars:
        """The rows that were mistaken most often, whichever others were trained on."""
        worst = (-share).argsort(kind="stable")[: min(MISTAKEN, int((share > 0).sum()))]
        labels = [f"{self.classes[self.y[row]]}, row {row + 1}" for row in worst]
        return Bars(labels=labels, values=share[worst], title="how often it was mistaken")
