"""Importance of columns in a random forest: read from its trees, and measured by shuffling (Breiman 2001).

doi:10.1023/A:1010933404324. Why impurity prefers columns of many values: Strobl et al. 2007,
doi:10.1186/1471-2105-8-25.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.algorithms.permutation_importance import importances
from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context
from dltui.engine.data.planted import planted
from dltui.recipes.metric import Metric

RESULT = "ranking"
METRICS = {
    "trees": Metric("trees that have grown so far", counter=True),
    "accuracy": Metric("accuracy of the forest on test rows", better="higher", range=(0, 1), rows="test"),
    "count": Metric(
        "share of planted columns ranked first by the number of splits", better="higher", range=(0, 1), rows="train"
    ),
    "depth": Metric(
        "share of planted columns ranked first by splits weighted with 2^-depth",
        better="higher",
        range=(0, 1),
        rows="train",
    ),
    "impurity": Metric(
        "share of planted columns ranked first by the fall of impurity", better="higher", range=(0, 1), rows="train"
    ),
    "permutation": Metric(
        "share of planted columns ranked first by permutation importance", better="higher", range=(0, 1), rows="train"
    ),
    "count_noise_above": Metric("noise columns that count ranks above the last planted one", better="lower"),
    "depth_noise_above": Metric("noise columns that depth ranks above the last planted one", better="lower"),
    "impurity_noise_above": Metric("noise columns that impurity ranks above the last planted one", better="lower"),
    "permutation_noise_above": Metric(
        "noise columns that permutation ranks above the last planted one", better="lower"
    ),
}
MEASURES = ("count", "depth", "impurity", "permutation")
LEAF = -2  # in scikit-learn's trees: the column of a node that splits no further


def build(
    *, trees: int = 100, max_depth: int = 0, rows: Literal["out_of_bag", "in_bag"] = "out_of_bag"
) -> Callable[[Context], "ForestImportance"]:
    """Each step grows one more tree on a bootstrap sample, and adds what it says of each column.

    trees: at which it stops, at least 1.
    max_depth: splits from the root of a tree to its deepest leaf, at least 0; 0: until every leaf is of one class.
    rows: among which a column is shuffled: those that the tree has not seen, or those that it has grown on.
    """

    def begin(context: Context) -> ForestImportance:
        data = context.rows.labelled()
        known = torch.tensor(planted(data.columns), dtype=torch.bool)
        return ForestImportance(*data.train.table(), *data.test.table(), trees, max_depth, rows, known)

    return begin


def depths(tree: object) -> np.ndarray:
    """Splits above each node (nodes,) of scikit-learn's `tree_`: 0 for the root."""
    depth = np.zeros(tree.node_count, int)
    for node in range(tree.node_count):  # a child's number is greater than its parent's
        if tree.feature[node] != LEAF:
            depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1
    return depth


def read(tree: object, D: int) -> np.ndarray:
    """What the splits of scikit-learn's `tree_` say of D columns (3, D).

    How many splits there are, their number weighted with 2^-depth, and by how much they lower Gini's impurity, each
    weighted with the share of the rows that reach it.
    """
    split = tree.feature != LEAF
    columns, weight = tree.feature[split], tree.weighted_n_node_samples / tree.weighted_n_node_samples[0]
    left, right = tree.children_left[split], tree.children_right[split]
    fall = (weight * tree.impurity)[split] - (weight * tree.impurity)[left] - (weight * tree.impurity)[right]
    says = (np.ones(len(columns)), 0.5 ** depths(tree)[split], fall)
    return np.stack([np.bincount(columns, each, D) for each in says])


class ForestImportance(nn.Module):
    """Columns x (N, D) for classes y (N,); `sums` (4, D) are what the trees so far say, by the order of MEASURES.

    `votes` (M, classes) are the sums of the trees' probabilities for the test rows.
    """

    def __init__(
        self, x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, trees: int, max_depth: int, rows: str, known: Tensor
    ):
        super().__init__()
        self.x, self.y, self.test_x, self.test_y = (part.numpy() for part in (x, y, test_x, test_y))
        self.trees, self.max_depth, self.out_of_bag = trees, max_depth or None, rows == "out_of_bag"
        self.planted, self.classes = known, int(max(y.max(), test_y.max() if len(test_y) else 0)) + 1
        self.grown = Counter(self, "trees_grown")
        self.register_buffer("sums", torch.zeros(len(MEASURES), x.shape[1], dtype=torch.float64))
        self.register_buffer("votes", torch.zeros(len(test_x), self.classes, dtype=torch.float64))
        self.step()

    @property
    def done(self) -> bool:
        """Whether all trees have grown."""
        return int(self.grown) >= self.trees

    def step(self) -> None:
        """Grows a tree, reads it, and shuffles each column once among the rows that it has not seen."""
        from sklearn.tree import DecisionTreeClassifier  # 1.8 s

        N, D = self.x.shape
        bag = torch.randint(N, (N,)).numpy()
        seed = int(torch.randint(2**31, (1,)))
        tree = DecisionTreeClassifier(max_features="sqrt", max_depth=self.max_depth, random_state=seed)
        tree.fit(self.x[bag], self.y[bag])
        asked = np.setdiff1d(np.arange(N), bag) if self.out_of_bag else np.unique(bag)
        x, y = self.x[asked], self.y[asked]
        order = torch.rand(len(x), D).argsort(0).numpy()
        grows = np.zeros(D)
        if len(x):
            grows = importances(tree, x, y, np.take_along_axis(x, order, 0)).mean(0)
        self.sums += torch.from_numpy(np.concatenate([read(tree.tree_, D), grows[None]]))
        self.votes[:, torch.from_numpy(tree.classes_)] += torch.from_numpy(tree.predict_proba(self.test_x))
        self.grown.set(int(self.grown) + 1)

    def scores(self) -> dict[str, Tensor]:
        """Measure -> what the trees say on average of each column (D,)."""
        return dict(zip(MEASURES, self.sums / int(self.grown), strict=True))

    def evaluate(self) -> dict[str, float]:
        """How well the forest predicts, and where noise stands above what tells of the class."""
        right = self.votes.argmax(1).numpy() == self.test_y
        values = {"trees": float(int(self.grown)), "accuracy": float(right.mean())}
        if len(self.planted):
            for name, score in self.scores().items():
                noise, least = score[~self.planted], score[self.planted].min()
                values[f"{name}_noise_above"] = float((noise > least).sum())
        return values
