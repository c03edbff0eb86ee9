"""Algorithm selection (Rice 1976, "The algorithm selection problem"): five classifiers, each tuned by the same folds.

The classifiers are scikit-learn's; what is written out here is how one of them is chosen.
"""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Matrix, Table

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

METRICS = {
    "best": Metric(
        "cross-validation accuracy of the best setting of all algorithms so far",
        better="higher",
        range=(0, 1),
        rows="validation",
    ),
    "accuracy": Metric(
        "accuracy of the chosen algorithm on the test rows, once all settings are tried",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "linear_accuracy": Metric(
        "accuracy of the better of the two linear algorithms on the test rows",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
    "regret": Metric(
        "how much more accurate on the test rows the best of the five algorithms is than the chosen one",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "agrees_with_logistic": Metric(
        "share of held-out rows on which the linear SVM predicts what logistic regression predicts",
        range=(0, 1),
        rows="validation",
    ),
    "agrees_with_rbf": Metric(
        "share of held-out rows on which the linear SVM predicts what the RBF SVM predicts",
        range=(0, 1),
        rows="validation",
    ),
    "trials": Metric("settings tried so far", counter=True),
}
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
SETTINGS = {  # algorithm -> the settings that are tried
    "logistic": [{"C": C} for C in STRENGTHS],
    "linear SVM": [{"C": C} for C in STRENGTHS],
    "RBF SVM": [{"C": C, "gamma": gamma} for C in (1.0, 10.0, 100.0) for gamma in (0.1, 1.0, 10.0)],
    "kNN": [{"n_neighbors": k} for k in (1, 3, 5, 9, 15, 25, 45)],
    "forest": [{"min_samples_leaf": leaf} for leaf in (1, 3, 10)],
}
LINEAR = ("logistic", "linear SVM")
FOLDS, TREES = 5, 40


def build(*, choose_by: Literal["folds", "training"] = "folds") -> Callable[[Context], "AlgorithmSelection"]:
    """Each step tries one more setting of one algorithm, the algorithms in turn, by five-fold cross-validation.

    choose_by: folds, the accuracy on rows that were held out; training, that on the rows that were trained on.
    """
    return lambda context: AlgorithmSelection(context.rows.labelled(), choose_by, context.seed)


def classifier(algorithm: str, setting: dict[str, float], seed: int) -> "ClassifierMixin":
    """Returns scikit-learn's classifier with a setting, not yet fitted."""
    from sklearn.ensemble import RandomForestClassifier  # 1.8 s
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    return {
        "logistic": lambda: LogisticRegression(**setting),
        "linear SVM": lambda: SVC(kernel="linear", **setting),
        "RBF SVM": lambda: SVC(kernel="rbf", **setting),
        "kNN": lambda: KNeighborsClassifier(**setting),
        "forest": lambda: RandomForestClassifier(TREES, random_state=seed, **setting),
    }[algorithm]()


def in_turn() -> list[tuple[str, int]]:
    """(algorithm, number of its setting) of every trial: the first setting of each, then the second of each ..."""
    rounds = zip_longest(*([(name, n) for n in range(len(of))] for name, of in SETTINGS.items()))
    return [one for together in rounds for one in together if one]


class AlgorithmSelection(nn.Module):
    """Of the trials so far `scores` (n, 2): the accuracy on held-out rows, and on those trained on; `predictions`
    (algorithms, N): what each algorithm's best setting predicted of the training rows when they were held out."""

    def __init__(self, rows: Rows, choose_by: str, seed: int):
        from sklearn.model_selection import StratifiedKFold

        super().__init__()
        (self.x, self.y), (self.test_x, self.test_y) = (
            (x.double().numpy(), y.numpy()) for x, y in (rows.train.table(), rows.test.table())
        )
        self.seed, self.column = seed, 0 if choose_by == "folds" else 1
        self.folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(self.x, self.y))
        self.order = in_turn()
        self.register_buffer("scores", torch.zeros(0, 2, dtype=torch.float64))
        self.register_buffer("predictions", torch.full((len(SETTINGS), len(self.y)), -1))

    @property
    def done(self) -> bool:
        """Whether every setting of every algorithm is tried."""
        return len(self.scores) >= len(self.order)

    def step(self) -> None:
        """The next setting, in five folds."""
        algorithm, number = self.order[len(self.scores)]
        model = classifier(algorithm, SETTINGS[algorithm][number], self.seed)
        predicted, right = np.empty_like(self.y), np.empty((FOLDS, 2))
        for fold, (kept, held) in enumerate(self.folds):
            model.fit(self.x[kept], self.y[kept])
            predicted[held] = model.predict(self.x[held])
            right[fold] = (predicted[held] == self.y[held]).mean(), model.score(self.x[kept], self.y[kept])
        self.scores = torch.cat([self.scores, torch.from_numpy(right.mean(0))[None]])
        if self.best_trials()[algorithm] == len(self.scores) - 1:
            self.predictions[list(SETTINGS).index(algorithm)] = torch.from_numpy(predicted)

    def best_trials(self) -> dict[str, int]:
        """The best trial of each algorithm that has one so far, the first of equals."""
        found: dict[str, int] = {}
        for trial, (algorithm, _) in enumerate(self.order[: len(self.scores)]):
            if algorithm not in found or self._score(trial) > self._score(found[algorithm]):
                found[algorithm] = trial
        return found

    def _score(self, trial: int) -> float:
        """What a trial is chosen by."""
        return self.scores[trial, self.column].item()

    def agreement(self) -> Tensor:
        """(algorithms, algorithms): share of held-out rows that two predict alike; NaN where one has none yet."""
        alike = (self.predictions[:, None] == self.predictions[None]).double().mean(-1)
        tried = self.predictions[:, 0] >= 0
        return alike.where(tried[:, None] & tried[None], torch.nan)

    def test_accuracies(self) -> dict[str, float]:
        """Of each algorithm with its best setting, trained on all training rows."""
        found = {}
        for algorithm, trial in self.best_trials().items():
            model = classifier(algorithm, SETTINGS[algorithm][self.order[trial][1]], self.seed).fit(self.x, self.y)
            found[algorithm] = float((model.predict(self.test_x) == self.test_y).mean())
        return found

    def evaluate(self) -> dict[str, float]:
        """What is chosen so far and which algorithms agree; at the end how good the choice was."""
        best = self.best_trials()
        if not best:
            return {}
        chosen = max(best, key=lambda algorithm: self._score(best[algorithm]))
        alike, names = self.agreement(), list(SETTINGS)
        linear = names.index("linear SVM")
        found = {"best": self.scores[best[chosen], 0].item(), "trials": len(self.scores)}
        if len(best) == len(SETTINGS):
            found["agrees_with_logistic"] = alike[linear, names.index("logistic")].item()
            found["agrees_with_rbf"] = alike[linear, names.index("RBF SVM")].item()
        if self.done:
            test = self.test_accuracies()
            found["accuracy"] = test[chosen]
            found["linear_accuracy"] = max(test[name] for name in LINEAR)
            found["regret"] = max(test.values()) - test[chosen]
        return found

    def pictures(self) -> Iterator[Picture]:
        """The best setting of each algorithm, which of them agree, and the settings in the order they were tried."""
        if not len(self.scores):
            return
        yield Picture("algorithms", self._table())
        percent = (100 * self.agreement()).round().nan_to_num(0).numpy()
        titles = {"row_title": "algorithm", "column_title": "% predicted alike"}
        names = list(SETTINGS)
        yield Picture("agreement", Matrix(values=percent, rows=names, columns=names, **titles))
        trial = torch.arange(1, len(self.scores) + 1)
        of = {name: [n for n, (each, _) in enumerate(self.order[: len(trial)]) if each == name] for name in SETTINGS}
        curves = {name: (trial[at], self.scores[at, 0]) for name, at in of.items() if at}
        yield Picture("settings tried", lines(curves, x_title="trial", y_title="accuracy in the folds"))

    def _table(self) -> Table:
        """Best setting, accuracy in the folds and on the rows trained on; on the test rows once all are tried."""
        best, test = self.best_trials(), self.test_accuracies() if self.done else {}
        rows = []
        for algorithm, trial in sorted(best.items(), key=lambda one: -self._score(one[1])):
            setting = SETTINGS[algorithm][self.order[trial][1]]
            words = " ".join(f"{key.replace('_', ' ')}={value:g}" for key, value in setting.items())
            cells = [f"{score:.3f}" for score in self.scores[trial].tolist()]
            rows.append([algorithm, *cells, f"{test[algorithm]:.3f}" if test else "-", words])
        return Table(columns=["algorithm", "folds", "training", "test", "best setting"], rows=rows)
