"""Grid search: every combination of two hyperparameters of an RBF SVM, judged by cross-validation (Hsu et al. 2003).

The folds, the combinations and the rows are those of scikit-learn's GridSearchCV, which is the check of a whole grid.
"""

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.trials import best_picture, seconds_picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Grid
from dltui.runs.payloads import Grids, Table
from dltui.search import grid as combinations
from dltui.search.space import Space

METRICS = {
    "best": Metric(
        "best cross-validation accuracy that a trial has reached", better="higher", range=(0, 1), rows="validation"
    ),
    "test_accuracy": Metric(
        "accuracy of the best trial on the test rows, once all are made", better="higher", range=(0, 1), rows="test"
    ),
    "trials": Metric("trials so far", counter=True),
    "size": Metric("combinations of the grid", whole=True),
    "unseen": Metric("values of gamma that no trial has tried so far", whole=True),
    "sklearn_gap": Metric(
        "greatest distance of any accuracy from that of scikit-learn's GridSearchCV, once the whole grid is tried",
        better="lower",
        check=True,
    ),
    "slowest": Metric("processor time of the slowest trial, as a multiple of the median"),
}
FOLDS = 5
BEST_ROWS = 6


def build(
    *,
    gamma: list[float] = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0),
    c: list[float] = (0.1, 1.0, 10.0, 100.0, 1000.0),
    order: Literal["nested", "shuffled"] = "nested",
    trials: int = 0,
) -> Callable[[Context], "GridSearch"]:
    """Each step is a trial: an SVM for each of five folds, trained on the other four.

    gamma: values of the first hyperparameter, 1 / (2 width^2) of the kernel, all above 0; it changes last.
    c: values of the second one, the cost of a row on the wrong side, all above 0.
    order: nested, as two loops go through them; shuffled by the seed.
    trials: after how many the search is cut short, at least 0; 0 tries all.
    """
    if not gamma or not c or min(*gamma, *c) <= 0:
        reason = "algorithm.gamma and algorithm.c name the values of a grid: at least one each, all above 0."
        raise DltuiError(reason, "Example: algorithm.gamma=[0.1,1.0,10.0]", ExitStatus.USAGE)
    return lambda context: GridSearch(context.rows.labelled(), list(gamma), list(c), order, trials, context.seed)


class GridSearch(nn.Module):
    """The accuracies of the trials so far, `scores` (n,), and the seconds that each took, `seconds` (n,)."""

    def __init__(self, rows: Rows, gamma: list[float], c: list[float], order: str, trials: int, seed: int):
        from sklearn.model_selection import StratifiedKFold  # 1.8 s

        super().__init__()
        (self.x, self.y), self.test = ([part.double().numpy() for part in rows.train.table()], rows.test.table())
        self.y = self.y.astype(int)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        self.folds = list(folds.split(self.x, self.y))
        self.values = {"gamma": gamma, "C": c}
        self.grid = combinations.Grid(
            tuple(Space(key, choices=tuple(map(repr, of))) for key, of in self.values.items())
        )
        self.order = list(range(self.grid.count))
        if order == "shuffled":
            Random(seed).shuffle(self.order)
        self.order = self.order[: trials or None]
        self.register_buffer("scores", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("seconds", torch.zeros(0, dtype=torch.float64))

    @property
    def done(self) -> bool:
        """Whether all trials are made."""
        return len(self.scores) >= len(self.order)

    def setting(self, trial: int) -> dict[str, float]:
        """The combination of a trial: made when it is asked for, from its place alone."""
        found = self.grid.at(self.order[trial])
        return {key: float(found[key]) for key in self.values}

    def step(self) -> None:
        """The next trial."""
        from sklearn.svm import SVC

        setting, begun = self.setting(len(self.scores)), time.process_time()
        score = np.mean([
            (SVC(**setting).fit(self.x[kept], self.y[kept]).predict(self.x[held]) == self.y[held]).mean()
            for kept, held in self.folds
        ])  # fmt: skip
        self.scores = _longer(self.scores, score)
        self.seconds = _longer(self.seconds, time.process_time() - begun)

    def evaluate(self) -> dict[str, float]:
        """What was found, and what has not been looked at; nothing before the first trial."""
        made = len(self.scores)
        if not made:
            return {}
        seen = {self.setting(trial)["gamma"] for trial in range(made)}
        found = {
            "best": self.scores.max().item(),
            "trials": made,
            "size": self.grid.count,
            "unseen": len(set(self.values["gamma"]) - seen),
            "slowest": (self.seconds.max() / self.seconds.median().clamp(min=1e-6)).item(),
        }
        if self.done:
            found["test_accuracy"] = self._test_accuracy()
        if made == self.grid.count:
            found["sklearn_gap"] = self._sklearn_gap()
        return found

    def _test_accuracy(self) -> float:
        """Of the best trial's setting, the first of equals, trained on all training rows."""
        from sklearn.svm import SVC

        model = SVC(**self.setting(int(self.scores.argmax()))).fit(self.x, self.y)
        x, y = (part.numpy() for part in self.test)
        return float((model.predict(x) == y).mean())

    def _sklearn_gap(self) -> float:
        """How far the accuracies are from GridSearchCV's, setting by setting."""
        from sklearn.model_selection import GridSearchCV
        from sklearn.svm import SVC

        theirs = GridSearchCV(SVC(), self.values, cv=self.folds, refit=False).fit(self.x, self.y).cv_results_
        scores = {(p["gamma"], p["C"]): s for p, s in zip(theirs["params"], theirs["mean_test_score"], strict=True)}
        ours = [(self.setting(trial), score) for trial, score in enumerate(self.scores.tolist())]
        return max(abs(score - scores[tuple(setting.values())]) for setting, score in ours)

    def pictures(self) -> Iterator[Picture]:
        """Where it looked, how the best rose by trials and by seconds, the best settings."""
        if not len(self.scores):
            return
        settings = [self.setting(trial) for trial in range(len(self.scores))]
        order, best = self.scores.argsort(descending=True, stable=True), self.scores.cummax(0).values
        yield Picture("tried", self._tried(int(order[0])))
        yield Picture("best so far", best_picture(self.scores, best, "accuracy"))
        yield Picture("best by seconds", seconds_picture(self.seconds, best, "accuracy"))
        rows = [
            [f"{self.scores[n]:.4f}", str(n + 1), *(f"{value:g}" for value in settings[n].values())]
            for n in order[:BEST_ROWS].tolist()
        ]
        yield Picture("best settings", Table(columns=["accuracy", "trial", *self.values], rows=rows))

    def _tried(self, best: int) -> Grids:
        """The accuracies in per cent on the map of both hyperparameters, what is not tried yet empty."""
        gamma, c = self.values.values()
        values = np.full((len(c), len(gamma)), np.nan)
        cells = [
            (c.index(setting["C"]), gamma.index(setting["gamma"]))
            for setting in map(self.setting, range(len(self.scores)))
        ]
        for cell, score in zip(cells, self.scores.tolist(), strict=True):
            values[cell] = round(100 * score)
        grid = Grid(values=values, lit=[cells[best]], now=[cells[-1]], digits=2)
        across = f"% right, gamma {gamma[0]:g}..{gamma[-1]:g}"
        return Grids(grids=[grid], title=across, caption=f"C {c[0]:g} down to {c[-1]:g}")


def _longer(values: Tensor, value: float) -> Tensor:
    return torch.cat([values, values.new_tensor([value])])
