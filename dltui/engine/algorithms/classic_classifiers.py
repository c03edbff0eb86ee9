"""Classifiers beside a net: a tree (Breiman et al. 1984), a random forest (Breiman 2001), gradient boosting (Friedman
2001), and support vector machines (Cortes and Vapnik 1995), all scikit-learn's.
"""

import time
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.dense import dense
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

METRICS = {
    "accuracy": Metric("share of test rows that are classified correctly", better="higher", range=(0, 1), rows="test"),
    "train_accuracy": Metric(
        "share of the rows fitted to that are classified correctly",
        better="higher",
        range=(0, 1),
        rows="train",
        axis="accuracy",
    ),
    "fit_ms": Metric("processor time that the fit took on this machine", better="lower", unit="ms", log=True),
    "rows": Metric("rows that it was fitted to", counter=True),
}
FEWEST = 12  # rows of the first fit
HIDDEN, NET_STEPS, NET_LR = 32, 400, 0.02
Leaning = Callable[[Tensor], Tensor]  # points (N, 2) -> probability of the second class, or what stands for it (N,)


def build(
    *,
    learner: Literal["tree", "forest", "boosting", "svm", "linear_svm", "net"] = "tree",
    trees: int = 50,
    depth: int = 0,
    C: float = 10.0,
    gamma: float = 2.0,
) -> Callable[[Context], "ClassicClassifiers"]:
    """Each step fits the learner anew, to twice as many rows, until it has had all of them.

    learner: a decision tree, a random forest, gradient boosting, an RBF or a linear SVM, or a net of one hidden layer.
    trees: of the forest and of boosting, at least 1.
    depth: greatest depth of the trees, at least 0; 0: 3 in boosting, and otherwise until no leaf holds two classes.
    C: price of a training row on the wrong side of an SVM's margin, above 0.
    gamma: of the RBF kernel exp(-gamma |x - z|^2), above 0.
    """
    return lambda context: ClassicClassifiers(
        context.rows.plane().labelled(2), Fit(learner, trees, depth, C, gamma, context.seed)
    )


class Fit:
    """A learner with its settings: called with points (N, 2) and classes (N,), it returns its fitted leaning."""

    def __init__(self, learner: str, trees: int, depth: int, C: float, gamma: float, seed: int):
        self.learner, self.trees, self.depth, self.C, self.gamma, self.seed = learner, trees, depth, C, gamma, seed

    def __call__(self, x: Tensor, y: Tensor) -> Leaning:
        if self.learner == "net":
            return self._net(x, y)
        model = self._of_sklearn().fit(x.numpy(), y.numpy())
        if self.learner in ("svm", "linear_svm"):
            return lambda points: torch.from_numpy(model.decision_function(points.numpy())).sigmoid()
        return lambda points: torch.from_numpy(model.predict_proba(points.numpy())[:, 1])

    def _of_sklearn(self) -> object:
        from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier  # 1.8 s
        from sklearn.svm import SVC
        from sklearn.tree import DecisionTreeClassifier

        depth, seed = self.depth or None, self.seed
        return {
            "tree": lambda: DecisionTreeClassifier(max_depth=depth, random_state=seed),
            "forest": lambda: RandomForestClassifier(self.trees, max_depth=depth, random_state=seed),
            "boosting": lambda: GradientBoostingClassifier(
                n_estimators=self.trees, max_depth=depth or 3, random_state=seed
            ),
            "svm": lambda: SVC(C=self.C, gamma=self.gamma),
            "linear_svm": lambda: SVC(C=self.C, kernel="linear"),
        }[self.learner]()

    @torch.enable_grad()
    def _net(self, x: Tensor, y: Tensor) -> Leaning:
        """2 -> HIDDEN ReLU -> 1, by Adam on all rows at once; its first weights are the same for every fit."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(self.seed)
            net = dense([2, HIDDEN, 1])
        adam = torch.optim.Adam(net.parameters(), NET_LR)
        for _ in range(NET_STEPS):
            adam.zero_grad()
            binary_cross_entropy_with_logits(net(x)[:, 0], y.float()).backward()
            adam.step()
        net.requires_grad_(False)
        return lambda points: net(points)[:, 0].sigmoid()


class ClassicClassifiers(nn.Module):
    """A learner on more and more rows. `accuracies` (S, 2) of the fits so far: of test rows, and of those fitted to."""

    def __init__(self, rows: Rows, fit: Fit):
        super().__init__()
        (self.x, self.y), (self.test_x, self.test_y) = rows.train.table(), rows.test.table()
        self.rows, self.fit = rows, fit
        doublings = range(max(1, len(self.x) // FEWEST).bit_length())
        self.sizes = sorted({len(self.x) >> k for k in doublings})
        self.taken = Counter(self, "fits")
        self.register_buffer("accuracies", torch.zeros(len(self.sizes), 2))
        self.register_buffer("fit_ms", torch.zeros(()))
        self.leaning: tuple[int, Leaning] | None = None  # the newest fit, and of how many rows

    @property
    def done(self) -> bool:
        """Whether it is fitted to all rows."""
        return int(self.taken) == len(self.sizes)

    @property
    def size(self) -> int:
        """Rows of the newest fit, of the first one at the beginning."""
        return self.sizes[max(0, int(self.taken) - 1)]

    def step(self) -> None:
        """Fits to the next number of rows."""
        self.taken.set(int(self.taken) + 1)
        began = time.process_time()
        leaning = self.newest()
        self.fit_ms.fill_(1000 * (time.process_time() - began))
        mine = self.x[: self.size], self.y[: self.size]
        both = [((leaning(x) > 0.5) == y).float().mean() for x, y in ((self.test_x, self.test_y), mine)]
        self.accuracies[int(self.taken) - 1] = torch.stack(both)

    def newest(self) -> Leaning:
        """The fit to the rows of now; made again where a run was resumed, or none was made yet."""
        if self.leaning is None or self.leaning[0] != self.size:
            self.leaning = self.size, self.fit(self.x[: self.size], self.y[: self.size])
        return self.leaning[1]

    def evaluate(self) -> dict[str, float]:
        if not int(self.taken):
            return {"rows": 0}
        test, train = self.accuracies[int(self.taken) - 1].tolist()
        return {"accuracy": test, "train_accuracy": train, "fit_ms": self.fit_ms.item(), "rows": self.size}

    def pictures(self) -> Iterator[Picture]:
        """The decision field with the rows that it was fitted to, and accuracy against their number."""
        points, classes = self.x[: self.size], self.y[: self.size]
        corners = self.x.amin(0) - 0.3, self.x.amax(0) + 0.3  # of all rows: the field stays where it is
        yield Picture("field", decision_field(self.newest(), points, classes, self.rows.classes, corners))
        sizes = self.sizes[: int(self.taken)]
        if sizes:
            test, train = self.accuracies[: len(sizes)].T
            curves = {"test rows": (sizes, test), "rows fitted to": (sizes, train)}
            yield Picture("more rows", lines(curves, x_title="rows", y_title="accuracy", log_x=True))
