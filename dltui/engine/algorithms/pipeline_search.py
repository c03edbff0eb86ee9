"""A search over whole pipelines, scaling, reduction and classifier together (Feurer et al. 2015, auto-sklearn).

Whatever a stage learns it must learn from the rows that are trained on. Columns that are chosen by the labels of all
rows promise too much (Ambroise and McLachlan 2002): the same search on shuffled labels shows how much.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import torch
from torch import nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Edge, Node
from dltui.runs.payloads import Graph, Lines, Table

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

METRICS = {
    "best": Metric(
        "best cross-validation accuracy that a pipeline has promised", better="higher", range=(0, 1), rows="validation"
    ),
    "accuracy": Metric(
        "accuracy of the best pipeline on the test rows, once all are tried",
        better="higher",
        range=(0, 1),
        axis="best",
        rows="test",
    ),
    "noise_promise": Metric(
        "best cross-validation accuracy on shuffled labels, mean of three shuffles", range=(0, 1), rows="validation"
    ),
    "chance": Metric("share of the most frequent class", range=(0, 1), axis="noise_promise", rows="train"),
    "trials": Metric("pipelines tried so far", counter=True),
    "sklearn_gap": Metric(
        "greatest distance of any accuracy from that of scikit-learn's GridSearchCV, once all pipelines are tried",
        better="lower",
        check=True,
    ),
}
SCALES = ("raw", "scaled")
REDUCTIONS = ("all", "PCA 10", "best 5", "best 20")
CLASSIFIERS = ("logistic", "kNN 5", "kNN 25")
FOLDS, SHUFFLES = 5, 3
BEST_ROWS = 6


class Stages(NamedTuple):
    """The choice at each stage of a pipeline."""

    scale: str
    reduction: str
    model: str


def build(
    *, search: Literal["model", "together"] = "together", leak: bool = False
) -> Callable[[Context], "PipelineSearch"]:
    """Each step tries one more pipeline by five-fold cross-validation, on the labels and on shuffled ones.

    search: the classifier alone, on all columns as they are; or scaling, reduction and classifier together.
    leak: whether the stages before the classifier learn from all rows, those held out too.
    """
    return lambda context: PipelineSearch(context.rows.numbers().labelled(), search, leak, context.seed)


def paths(search: str) -> list[Stages]:
    """Every path through the stages, in order."""
    before = [(SCALES[0], REDUCTIONS[0])]
    if search == "together":
        before = [(scale, reduction) for scale in SCALES for reduction in REDUCTIONS]
    return [Stages(*each, model) for each in before for model in CLASSIFIERS]


def pipeline(stages: Stages) -> "Pipeline":
    """Returns scikit-learn's pipeline of these stages, not yet fitted."""
    from sklearn.decomposition import PCA  # 1.8 s
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    kind, _, number = stages.reduction.partition(" ")
    reductions = {"PCA": lambda: PCA(int(number)), "best": lambda: SelectKBest(k=int(number))}
    _, _, neighbours = stages.model.partition(" ")
    return Pipeline([
        ("scale", StandardScaler() if stages.scale == SCALES[1] else "passthrough"),
        ("reduction", reductions[kind]() if kind in reductions else "passthrough"),
        ("model", KNeighborsClassifier(int(neighbours)) if neighbours else LogisticRegression(max_iter=1000)),
    ])  # fmt: skip


class PipelineSearch(nn.Module):
    """The accuracies in the folds of the pipelines so far, `scores` (n, 2): on the labels, and on shuffled ones."""

    def __init__(self, rows: Rows, search: str, leak: bool, seed: int):
        from sklearn.model_selection import StratifiedKFold

        super().__init__()
        (self.x, self.y), (self.test_x, self.test_y) = (
            (x.double().numpy(), y.numpy()) for x, y in (rows.train.table(), rows.test.table())
        )
        # in units of their own, as tables are: the deviations of standardised columns are drawn anew
        random = np.random.Generator(np.random.PCG64(seed))
        units = 10.0 ** random.uniform(-0.5, 0.5, self.x.shape[1])
        self.x, self.test_x = self.x * units, self.test_x * units
        self.noise = [random.permutation(self.y) for _ in range(SHUFFLES)]
        self.leak, self.search = leak, search
        self.paths = paths(search)
        self.folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(self.x, self.y))
        self.register_buffer("scores", torch.zeros(0, 2, dtype=torch.float64))

    @property
    def done(self) -> bool:
        """Whether every pipeline is tried."""
        return len(self.scores) >= len(self.paths)

    def step(self) -> None:
        """The next pipeline, in five folds, on both kinds of labels."""
        stages = self.paths[len(self.scores)]
        noise = np.mean([self._promised(stages, labels) for labels in self.noise])
        scores = [self._promised(stages, self.y), noise]
        self.scores = torch.cat([self.scores, self.scores.new_tensor(scores)[None]])

    def _promised(self, stages: Stages, labels: np.ndarray) -> float:
        """Mean accuracy over the folds."""
        made, x = pipeline(stages), self.x
        if self.leak:  # the mistake: what comes before the classifier has seen the rows that are held out
            x, made = made[:-1].fit_transform(x, labels), made[-1:]
        right = [(made.fit(x[kept], labels[kept]).predict(x[held]) == labels[held]).mean() for kept, held in self.folds]
        return float(np.mean(right))

    def evaluate(self) -> dict[str, float]:
        """What the best pipeline promises, and at the end what it keeps; nothing before the first one."""
        if not len(self.scores):
            return {}
        best, noise = self.scores.max(0).values.tolist()
        found = {"best": best, "noise_promise": noise, "trials": len(self.scores)}
        found["chance"] = float(np.bincount(self.y).max() / len(self.y))
        if self.done:
            chosen = pipeline(self.paths[int(self.scores[:, 0].argmax())]).fit(self.x, self.y)
            found["accuracy"] = float((chosen.predict(self.test_x) == self.test_y).mean())
            if not self.leak:
                found["sklearn_gap"] = self._sklearn_gap()
        return found

    def _sklearn_gap(self) -> float:
        """How far the accuracies are from GridSearchCV's, which searches the stages of one Pipeline."""
        from sklearn.model_selection import GridSearchCV

        each = [{name: [part] for name, part in pipeline(stages).steps} for stages in self.paths]
        theirs = GridSearchCV(pipeline(self.paths[0]), each, cv=self.folds, refit=False).fit(self.x, self.y)
        return float(np.abs(theirs.cv_results_["mean_test_score"] - self.scores[:, 0].numpy()).max())

    def pictures(self) -> Iterator[Picture]:
        """The stages with the best path lit, the promise on real and on shuffled labels, the best pipelines."""
        if not len(self.scores):
            return
        order = self.scores[:, 0].argsort(descending=True, stable=True).tolist()
        yield Picture("stages", self._stages(order[0]))
        yield Picture("promised", self._promises())
        rows = [[f"{self.scores[n, 0]:.3f}", f"{self.scores[n, 1]:.3f}", *self.paths[n]] for n in order[:BEST_ROWS]]
        columns = ["folds", "shuffled", "scale", "reduction", "model"]
        yield Picture("best pipelines", Table(columns=columns, rows=rows))

    def _stages(self, best: int) -> Graph:
        """A node a choice; on an edge the best accuracy in the folds of any pipeline that took it."""
        levels = [list(dict.fromkeys(choices)) for choices in zip(*self.paths, strict=True)]
        names = [name for level in levels for name in level]
        found: dict[tuple[int, int], float] = {}
        for stages, score in zip(self.paths, self.scores[:, 0].tolist(), strict=False):
            at = [names.index(name) for name in stages]
            for edge in pairwise(at):
                found[edge] = max(score, found.get(edge, 0.0))
        edges = [Edge(source=a, target=b, above=f"{score:.2f}") for (a, b), score in sorted(found.items())]
        nodes = [Node(label=name, lit=name in self.paths[best]) for name in names]
        return Graph(nodes=nodes, edges=edges, title="the best path is lit", above="best accuracy")

    def _promises(self) -> Lines:
        """The best so far on the labels and on shuffled ones, where no more than chance can be right."""
        trial, best = np.arange(1, len(self.scores) + 1), self.scores.cummax(0).values
        curves = {"labels": (trial, best[:, 0]), "shuffled labels": (trial, best[:, 1])}
        curves["chance"] = (trial, np.full(len(trial), self.evaluate()["chance"]))
        return lines(curves, x_title="pipeline", y_title="best accuracy in the folds")
