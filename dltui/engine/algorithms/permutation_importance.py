"""Permutation importance: how much the error grows once a column is shuffled (Breiman 2001).

The error of the rows D_i, column i shuffled, minus that of the rows as they are: m_i = L(D_i) - L(D). The greater, the
more the model needs the column. With the sign turned the best columns would look the most harmful.
doi:10.1023/A:1010933404324
"""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Path, Scatter

METRICS = {
    "planted_on_top": Metric(
        "share of planted columns among as many first places by importance", better="higher", range=(0, 1)
    ),
    "noise_near_zero": Metric(
        "share of noise columns whose importance is within 2 standard errors of 0", better="higher", range=(0, 1)
    ),
    "noise_importance": Metric("mean importance of the noise columns"),
    "error": Metric("error of the forest on the rows where columns are shuffled", better="lower", range=(0, 1)),
    "moment_change": Metric("greatest change of a column's mean or standard deviation by the replacement so far"),
    "columns": Metric("columns whose importance is above 2 standard errors", whole=True),
    "accuracy": Metric(
        "accuracy on test rows of a forest trained on these columns", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_all": Metric(
        "accuracy on test rows of the forest with all columns",
        better="higher",
        range=(0, 1),
        rows="test",
        axis="accuracy",
    ),
}
HELD_OUT = 0.3  # share of the training rows that the forest is not trained on
NEAR = 2  # standard errors


def build(
    *,
    rows: Literal["validation", "train"] = "validation",
    replacement: Literal["permuted", "noise"] = "permuted",
    trees: int = 1,
) -> Callable[[Context], "PermutationImportance"]:
    """Each step replaces each column once more, and asks the forest, which is not trained again.

    rows: those whose columns are replaced: 30 % of the training rows, held out, or those that the forest has learned.
    replacement: permuted, the column's own values in another order; noise, numbers of N(0, 1).
    trees: of the random forest that predicts, at least 1; one learns the noise of its rows by heart.
    """
    return lambda context: PermutationImportance(context, rows, replacement, trees)


def forest(trees: int, seed: int):
    """Returns scikit-learn's random forest, not yet fitted."""
    from sklearn.ensemble import RandomForestClassifier  # 1.8 s

    return RandomForestClassifier(trees, random_state=seed)


def replaced(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """x (N, D), values (N, D) -> (D, N, D): in copy i column i of `values` stands in the place of that of x."""
    D = x.shape[1]
    copies = np.repeat(x[None], D, 0)
    copies[np.arange(D), :, np.arange(D)] = values.T
    return copies


def importances(model: object, x: np.ndarray, y: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Returns for each row of x (N, D), and for each column i that `values` (N, D) replace, the error then minus the
    error before, (N, D) of -1, 0 or 1; their mean over the rows is L(D_i) - L(D), L the share of errors against y."""
    N, D = x.shape
    wrong = model.predict(replaced(x, values).reshape(D * N, D)).reshape(D, N) != y
    before = model.predict(x) != y
    return (wrong.astype(np.int64) - before).T


class PermutationImportance(nn.Module):
    """`drops` (R, D): what the error grew by each replacement of each column; `of_rows` (N, D): by all of them."""

    done = False  # another permutation always says a little more

    def __init__(self, context: Context, rows: str, replacement: str, trees: int):
        super().__init__()
        whole = context.rows.labelled()
        split = whole.with_validation(HELD_OUT)
        self.train, self.test = ([part.numpy() for part in one.table()] for one in (split.train, split.test))
        chosen = split.train if rows == "train" else split.validation
        self.x, self.y = (part.numpy() for part in chosen.table())  # (N, D), (N,)
        self.permute, self.names = replacement == "permuted", whole.column_names()
        self.planted = torch.tensor(planted(whole.columns), dtype=torch.bool)  # (D,), or (0,) where unknown
        self.make = lambda: forest(trees, context.seed)
        self.model = self.make().fit(*self.train)
        self.accuracy_all = float(self.model.score(*self.test))
        self.error = float((self.model.predict(self.x) != self.y).mean())
        D = self.x.shape[1]
        self.register_buffer("drops", torch.zeros(0, D, dtype=torch.float64))
        self.register_buffer("of_rows", torch.zeros(len(self.x), D, dtype=torch.float64))
        self.register_buffer("moment_change", torch.tensor(0.0, dtype=torch.float64))
        self.step()

    def _values(self) -> np.ndarray:
        """(N, D): what replaces each column."""
        N, D = self.x.shape
        if not self.permute:
            return torch.randn(N, D).numpy()
        return np.take_along_axis(self.x, torch.rand(N, D).argsort(0).numpy(), 0)

    def step(self) -> None:
        """Replaces each column once."""
        values = self._values()
        grown = torch.from_numpy(importances(self.model, self.x, self.y, values)).double()  # (N, D)
        self.of_rows += grown
        self.drops = torch.cat([self.drops, grown.mean(0, keepdim=True)])
        moments = [np.stack([part.mean(0, np.float64), part.std(0, dtype=np.float64)]) for part in (values, self.x)]
        change = torch.tensor(np.abs(moments[0] - moments[1]).max())
        self.moment_change = torch.maximum(self.moment_change, change)

    def importance(self) -> tuple[Tensor, Tensor]:
        """Returns the mean of each column's drops (D,), and its standard error s (D,), other rows having been drawn."""
        each = self.of_rows / len(self.drops)  # (N, D): the mean of the shuffles for each row
        return each.mean(0), each.std(0) / len(each) ** 0.5

    def evaluate(self) -> dict[str, float]:
        """How well planted and noise columns are told apart, and what the columns that are kept are worth."""
        mean, s = self.importance()
        kept = mean > NEAR * s
        values = {
            "error": self.error,
            "moment_change": self.moment_change.item(),
            "columns": float(kept.sum()),
            "accuracy_all": self.accuracy_all,
        }
        if kept.any():
            (x, y), (test_x, test_y), at = self.train, self.test, kept.numpy()
            values["accuracy"] = float(self.make().fit(x[:, at], y).score(test_x[:, at], test_y))
        if len(self.planted):
            noise = ~self.planted
            first = mean.argsort(descending=True, stable=True)[: int(self.planted.sum())]
            values["planted_on_top"] = self.planted[first].double().mean().item()
            values["noise_near_zero"] = (mean.abs() <= NEAR * s)[noise].double().mean().item()
            values["noise_importance"] = mean[noise].mean().item()
        return values

    def pictures(self) -> Iterator[Picture]:
        """Bars with their spread in words, the most important first; and each single replacement as a point."""
        mean, s = self.importance()
        order = mean.argsort(descending=True, stable=True)
        labels = [f"{self.names[at]} ±{s[at]:.2f}" for at in order.tolist()]
        title = "error grows by, ± standard error"
        yield Picture("importance", Bars(labels=labels, values=mean[order].numpy(), title=title))
        yield Picture("each shuffle", self._strips(order))

    def _strips(self, order: Tensor) -> Scatter:
        """A row of points a column, in the order of the bars; the line is where nothing is lost."""
        R, D = self.drops.shape
        told = self.planted if len(self.planted) else torch.ones(D, dtype=torch.bool)
        return Scatter(
            x=self.drops[:, order].T.flatten().numpy(),
            y=-torch.arange(1, D + 1).repeat_interleave(R).numpy(),
            label=(~told[order]).long().repeat_interleave(R).numpy(),
            classes=["planted", "noise"] if len(self.planted) else ["column"],
            paths=[Path(x=[0, 0], y=[-D, -1])],
            x_title="error grows by",
            y_title="- rank",
        )
