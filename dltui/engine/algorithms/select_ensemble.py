"""Ensembles for feature selection: several selectors vote, and the choice is steadier than that of each.

Saeys, Abeel and Van de Peer 2008, doi:10.1007/978-3-540-87481-2_21; steadiness by Jaccard's index over resamples:
Kalousis, Prados and Hilario 2007, doi:10.1007/s10115-006-0040-8.
"""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import fmean
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.filters import MEASURES, ranks
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut, knn_accuracy
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Heat

METRICS = {
    "jaccard": Metric(
        "mean Jaccard index of the ensemble's sets on two resamples", better="higher", range=(0, 1), rows="train"
    ),
    "member_jaccard": Metric(
        "mean Jaccard index of a member's sets on two resamples, mean over the members",
        better="higher",
        range=(0, 1),
        rows="train",
        axis="jaccard",
    ),
    "score": Metric(
        "leave-one-out accuracy of 5 neighbours in the ensemble's columns, mean over the resamples",
        better="higher",
        range=(0, 1),
        rows="train",
    ),
    "accuracy": Metric(
        "accuracy on test rows of 5 neighbours in the ensemble's columns, mean over the resamples",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "best_member_accuracy": Metric(
        "accuracy on test rows of 5 neighbours in the columns of the member whose mean score is best",
        better="higher",
        range=(0, 1),
        rows="test",
        axis="accuracy",
    ),
    "planted": Metric(
        "share of the planted columns that the ensemble chose, mean over the resamples", better="higher", range=(0, 1)
    ),
    "resamples": Metric("resamples of the training rows that were drawn so far", counter=True),
}
BAGS = 15  # members of an ensemble of rankings, or of selections
TREES = 5  # of each of the models
Selector = Callable[[Tensor, Tensor], Tensor]  # x (N, D), y (N,) -> scores (D,)


def build(
    *,
    of: Literal["rankings", "filter_rankings", "measures", "selections", "models"] = "rankings",
    columns: int = 8,
    members: int = 0,
) -> Callable[[Context], "SelectEnsemble"]:
    """Each step draws a resample of the training rows, and lets the ensemble and its members choose columns by it.

    of: rankings, the mean rank by trees that have each seen a bootstrap sample; filter_rankings, by seven filters;
        measures, the mean of what these filters measure; selections, a vote of such trees; models, the mean of the
        importances in a forest, in boosting and in extra trees.
    columns: that each chooses, at least 1.
    members: of the ensemble, at least 0: the first so many; 0: all.
    """
    return lambda context: SelectEnsemble(context.rows.labelled(), of, columns, members)


def _seed() -> int:
    return int(torch.randint(2**31, (1,)))


def forest(x: Tensor, y: Tensor) -> Tensor:
    """Fall of impurity in a random forest."""
    from sklearn.ensemble import RandomForestClassifier  # 1.8 s

    grown = RandomForestClassifier(TREES, random_state=_seed()).fit(x.numpy(), y.numpy())
    return torch.from_numpy(grown.feature_importances_)


def boosting(x: Tensor, y: Tensor) -> Tensor:
    """Fall of impurity in trees of depth 2 that are boosted by AdaBoost."""
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier

    grown = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=TREES, random_state=_seed())
    return torch.from_numpy(grown.fit(x.numpy(), y.numpy()).feature_importances_)


def extra_trees(x: Tensor, y: Tensor) -> Tensor:
    """Fall of impurity in trees whose thresholds are drawn at random."""
    from sklearn.ensemble import ExtraTreesClassifier

    grown = ExtraTreesClassifier(TREES, random_state=_seed()).fit(x.numpy(), y.numpy())
    return torch.from_numpy(grown.feature_importances_)


def bagged_tree(x: Tensor, y: Tensor) -> Tensor:
    """Fall of impurity in one tree, grown on a bootstrap sample."""
    from sklearn.tree import DecisionTreeClassifier

    rows = torch.randint(len(x), (len(x),))
    grown = DecisionTreeClassifier(max_features="sqrt", random_state=_seed()).fit(x[rows].numpy(), y[rows].numpy())
    return torch.from_numpy(grown.feature_importances_)


TREES_OF_BAGS = {f"tree {number + 1}": bagged_tree for number in range(BAGS)}
MEMBERS: dict[str, dict[str, Selector]] = {
    "rankings": TREES_OF_BAGS,
    "filter_rankings": MEASURES,
    "measures": MEASURES,
    "selections": TREES_OF_BAGS,
    "models": {"forest": forest, "boosting": boosting, "extra trees": extra_trees},
}


def first(scores: Tensor, k: int) -> Tensor:
    """scores (..., D) -> bool (..., D), the k greatest; of equals the first."""
    return scores.argsort(dim=-1, descending=True, stable=True).argsort(-1) < k


def combined(scores: Tensor, of: str, k: int) -> Tensor:
    """Scores of members (M, D) -> of the ensemble (D,): mean ranks, votes, or the mean of scores scaled to 0..1."""
    if of in ("rankings", "filter_rankings"):
        return ranks(scores.T).mean(1)
    if of == "selections":
        return first(scores, k).double().mean(0)
    least, most = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    return ((scores - least) / (most - least).clamp(min=1e-12)).mean(0)


def jaccard(sets: Tensor) -> Tensor:
    """sets (R, D) bool of R resamples, at least two -> mean of |a and b| / |a or b| over all pairs."""
    s = sets.double()
    both = s @ s.T
    size = s.sum(1)
    index = both / (size[:, None] + size - both).clamp(min=1)
    R = len(s)
    return (index.sum() - index.trace()) / (R * (R - 1))


class SelectEnsemble(nn.Module):
    """`chosen` (R, M + 1, D): what M members and, last, the ensemble chose on each of R resamples.

    `worth` (R, M + 1): what these columns are worth on the training rows.
    """

    done = False  # another resample always says a little more

    def __init__(self, rows: Rows, of: str, columns: int, members: int):
        super().__init__()
        (self.x, self.y), self.test = rows.train.table(), rows.test.table()
        self.criterion = LeaveOneOut(self.x, self.y)
        self.selectors = dict(list(MEMBERS[of].items())[: members or None])
        self.combine, self.k = partial(combined, of=of, k=columns), columns
        self.names = rows.column_names()
        self.known = torch.tensor(planted(rows.columns), dtype=torch.bool)
        M, D = len(self.selectors), self.x.shape[1]
        self.register_buffer("chosen", torch.zeros(0, M + 1, D, dtype=torch.bool))
        self.register_buffer("worth", torch.zeros(0, M + 1, dtype=torch.float64))
        self.step()

    def _choose(self, rows: Tensor) -> Tensor:
        """rows (N,) -> what each member and the ensemble choose by them (M + 1, D)."""
        x, y = self.x[rows].double(), self.y[rows].unique(return_inverse=True)[1]
        scores = torch.stack([selector(x, y).double().nan_to_num(0) for selector in self.selectors.values()])
        return first(torch.cat([scores, self.combine(scores)[None]]), self.k)

    def step(self) -> None:
        """Draws as many rows as there are, with replacement."""
        sets = self._choose(torch.randint(len(self.x), (len(self.x),)))
        self.chosen = torch.cat([self.chosen, sets[None]])
        self.worth = torch.cat([self.worth, self.criterion(sets)[None]])

    def evaluate(self) -> dict[str, float]:
        """How steady the choice is, and what the chosen columns are worth."""
        worth = self.worth.mean(0)
        values = {
            "score": worth[-1].item(),
            "accuracy": self._accuracy(-1),
            "best_member_accuracy": self._accuracy(int(worth[:-1].argmax())),
            "resamples": float(len(self.chosen)),
        }
        if len(self.chosen) > 1:
            *members, values["jaccard"] = self._steadiness()
            values["member_jaccard"] = sum(members) / len(members)
        if len(self.known):
            values["planted"] = self.chosen[:, -1, self.known].double().mean().item()
        return values

    def _accuracy(self, who: int) -> float:
        """On test rows of 5 neighbours in the columns that one of them chose, mean over the resamples."""
        (test_x, test_y), sets = self.test, self.chosen[:, who]
        return fmean(knn_accuracy(self.x[:, kept], self.y, test_x[:, kept], test_y) for kept in sets)

    def _steadiness(self) -> list[float]:
        """The Jaccard index of each member, and last of the ensemble."""
        return [jaccard(sets).item() for sets in self.chosen.unbind(1)]

    def pictures(self) -> Iterator[Picture]:
        """Who chose which column, as a share of the resamples, the ensemble on top; and how steady each is."""
        order = (~self.known).int().argsort(stable=True) if len(self.known) else torch.arange(len(self.names))
        shares = self.chosen.double().mean(0)[:, order]
        title = f"columns, the {int(self.known.sum())} planted ones first" if len(self.known) else "columns"
        rows = torch.cat([shares[-1:], shares[:-1]]).numpy()
        yield Picture("choices", Heat(values=rows, x_title=title, y_title="ensemble, members"))
        if len(self.chosen) > 1:
            who = ["ensemble", *(name.replace("_", " ") for name in self.selectors)]
            *members, together = self._steadiness()
            bars = Bars(labels=who, values=[together, *members], title="Jaccard index over resamples")
            yield Picture("steadiness", bars)
