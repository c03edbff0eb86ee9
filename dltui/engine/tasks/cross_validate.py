"""Cross-validation shown: k parts of a table, each held out once; a step is one part judged."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.cross_validation import folds, spread
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "score": Metric("share of the part held out last that was classified rightly", better="higher", range=(0, 1)),
    "accuracy": Metric("mean score of all parts so far", better="higher", range=(0, 1)),
    "train_accuracy": Metric("the same for the rows that were learned from", better="higher", range=(0, 1)),
    "lowest": Metric("lowest score of a part so far"),
    "highest": Metric("highest score of a part so far"),
    "spread": Metric("standard deviation between the parts of a round, mean of the rounds"),
    "mean_spread": Metric("standard deviation between the means of the rounds"),
}
MISTAKEN = 8  # rows that are named
NOT_YET = -1


def build(
    *,
    k: int = 5,
    split: Literal["stratified", "shuffled", "sorted"] = "stratified",
    rounds: int = 20,
    learner: Literal["logistic", "neighbours", "tree"] = "logistic",
) -> Callable:
    """Returns (data, nets, device) -> CrossValidate.

    k: parts, at least 2, at most 12.
    split: stratified, each class dealt evenly over the parts; shuffled, rows dealt; sorted, cut as ordered by class.
    rounds: how often the rows are dealt anew, at least 1; then it stands still.
    learner: scikit-learn's logistic regression, five nearest neighbours, or decision tree.
    """
    return partial(CrossValidate, k=k, split=split, rounds=rounds, learner=learner)


class CrossValidate:
    """All rows of the data, training and test alike."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        k: int,
        split: str,
        rounds: int,
        learner: str,
    ):
        self.x = torch.cat([as_floats(data.train.inputs), as_floats(data.test.inputs)]).flatten(1)  # (N, D)
        self.y = torch.cat([data.train.targets, data.test.targets])
        if len(self.y) < 2 * k:
            message = f"{len(self.y)} rows cannot be cut into {k} parts of two rows or more."
            raise DltuiError(message, f"Set task.k to {len(self.y) // 2} at most.", ExitStatus.USAGE)
        self.k, self.split, self.rounds, self.learner, self.classes = k, split, rounds, learner, data.classes
        self.state = nets["state"] = State(rounds, k, len(self.y))
        self.place = nets["place"] = Counters(done=0)

    def advance(self, step: int) -> dict[str, float]:
        """Holds out the next part; before the first part of a round all rows are dealt anew."""
        done = self.place["done"]
        if done == self.rounds * self.k:
            return {}
        now, part = divmod(done, self.k)
        if part == 0:
            self.state.part[now] = folds(self.y, self.k, self.split)
        held = self.state.part[now] == part
        right = (self._predicted(~held) == self.y).double()
        self.state.scores[now, part] = right[held].mean()
        self.state.train_scores[now, part] = right[~held].mean()
        self.state.right[now, held] = right[held].long()
        self.place["done"] += 1
        return {"score": right[held].mean().item()}

    def _predicted(self, learned_from: Tensor) -> Tensor:
        """learned_from (N,) bool -> classes (N,) of all rows; the columns' scale, too, is learned from these alone."""
        x, y = self.x.numpy(), self.y.numpy()
        kept = learned_from.numpy()
        if len(set(y[kept].tolist())) == 1:  # of one class there is nothing to learn
            return self.y[learned_from][:1].expand_as(self.y)
        return torch.from_numpy(learner(self.learner).fit(x[kept], y[kept]).predict(x))

    def evaluate(self) -> dict[str, float]:
        scores = self.state.scores
        whole = scores[: self.place["done"] // self.k]  # rounds of which every part was judged
        judged = scores[~scores.isnan()]
        if not len(judged):
            return {}
        found = {
            "accuracy": judged.mean().item(),
            "train_accuracy": self.state.train_scores.nanmean().item(),
            "lowest": judged.min().item(),
            "highest": judged.max().item(),
        }
        if len(whole):
            found["spread"] = spread(whole).mean().item()
        if len(whole) > 1:
            found["mean_spread"] = spread(whole.mean(1)).item()
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("folds", self._folds())
        yield Picture("scores", self._rounds())
        if (self.state.right == 0).any():
            yield Picture("mistaken", self._mistaken())

    def _folds(self) -> dict:
        """A row a split: the part that judges is lit, its score in it; beside it the classes that it holds."""
        k, last = self.k, max(0, self.place["done"] - 1)
        now, part = divmod(last, k)
        judged = part + 1 if self.place["done"] else 0
        scores = torch.full((k, k), torch.nan)
        scores[range(judged), range(judged)] = (100 * self.state.scores[now, :judged]).round().float()
        held = torch.full((k, len(self.classes)), torch.nan)
        for row in range(judged):
            held[row] = torch.bincount(self.y[self.state.part[now] == row], minlength=len(self.classes)).float()
        lit, newest = [[row, row] for row in range(judged)], [[judged - 1, judged - 1]] * bool(judged)
        grids = [
            {"values": scores.numpy(), "title": f"{k} parts, % right", "lit": lit, "now": newest, "digits": 3},
            {"values": held.numpy(), "title": "classes in it", "now": [], "digits": 2},
        ]
        N, out = len(self.y), int((self.state.part[now] == part).sum())
        title = f"round {now + 1}, part {part + 1} of {k}: {N - out} rows teach, {out} judge"
        return {
            "type": "grids",
            "grids": grids,
            "title": title if judged else f"{N} rows",
            "caption": self._caption(now),
        }

    def _caption(self, now: int) -> str:
        scores = self.state.scores[now]
        scores = 100 * scores[~scores.isnan()]
        if len(scores) < 2:
            return "lit: held out, it judges; the other parts teach"
        return f"mean {scores.mean():.1f} %, spread {spread(scores):.1f}"

    def _rounds(self) -> dict:
        """Every part's score over the rounds, side by side where they are equal, and the mean of each round."""
        scores = self.state.scores
        x = torch.arange(1, len(scores) + 1)[:, None] + torch.linspace(-0.3, 0.3, self.k)
        known = ~scores.isnan()
        means = scores[: self.place["done"] // self.k].mean(1).numpy()
        at = torch.arange(1, len(means) + 1).numpy()
        return {
            "type": "scatter", "x": x[known].numpy(), "y": scores[known].numpy(),
            "label": [0] * int(known.sum()), "classes": ["one part", "mean of a round"],
            "paths": [{"x": at, "y": means}], "marks": {"x": at, "y": means, "label": [1] * len(means)},
            "x_title": "round", "y_title": "share right",
        }  # fmt: skip

    def _mistaken(self) -> dict:
        """The rows that were mistaken most often, whichever others taught."""
        known = self.state.right != NOT_YET
        share = ((self.state.right == 0).sum(0) / known.sum(0).clamp(min=1)).double()
        worst = share.argsort(descending=True, stable=True)[: min(MISTAKEN, int((share > 0).sum()))]
        labels = [f"{self.classes[self.y[row]]}, row {row + 1}" for row in worst.tolist()]
        return {"type": "bars", "labels": labels, "values": share[worst].numpy(), "title": "how often it was mistaken"}


class State(nn.Module):
    """Of every round: the part of each row, whether it was classified rightly when held out, and the parts' scores."""

    def __init__(self, rounds: int, k: int, N: int):
        super().__init__()
        self.register_buffer("part", torch.full((rounds, N), NOT_YET))
        self.register_buffer("right", torch.full((rounds, N), NOT_YET))
        for name in ("scores", "train_scores"):
            self.register_buffer(name, torch.full((rounds, k), torch.nan, dtype=torch.float64))


def learner(name: str) -> object:
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
