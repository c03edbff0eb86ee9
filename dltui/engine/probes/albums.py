"""k-means on the embeddings of rows of new classes: does every cluster hold one class, though none was ever shown?"""

import copy
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.metric_learning import MetricLearning
from dltui.recipes.metric import Metric

TASKS = ("metric_learning",)
METRICS = {
    "ari": Metric(
        "adjusted Rand index, with the new classes, of k-means on the embeddings of their rows",
        better="higher",
        range=(-1, 1),
        rows="test",
    ),
    "untrained_ari": Metric(
        "adjusted Rand index of k-means on embeddings of the net before training",
        better="higher",
        range=(-1, 1),
        axis="ari",
        rows="test",
    ),
    "pixel_ari": Metric(
        "adjusted Rand index of k-means on pixels", better="higher", range=(-1, 1), axis="ari", rows="test"
    ),
}
STARTS = 10  # runs of k-means, of which the best counts
SHOWN, COLUMNS = 4, 8  # clusters, and rows of each


def build() -> Callable[[MetricLearning], "Albums"]:
    """Sorts the rows of the new classes into as many clusters as there are classes; k-means is given their number."""
    return Albums


class Albums:
    """See contracts.probe.Probe."""

    def __init__(self, task: MetricLearning):
        self.task, self.new = task, task.new
        self.before = copy.deepcopy(task.net).eval()  # made of the seed alone: a resumed run has the same

    def evaluate(self) -> dict[str, float]:
        return {"ari": self.ari(self.task.embed(self.new.inputs)), **self.references}

    @cached_property
    def references(self) -> dict[str, float]:
        """Computed once: neither the net before training nor the pixels change."""
        before = self.before(self.new.inputs)
        untrained = normalize(before) if self.task.unit_length else before
        return {"untrained_ari": self.ari(untrained), "pixel_ari": self.ari(self.new.inputs.flatten(1))}

    def ari(self, embeddings: Tensor) -> float:
        """embeddings (N, d) of the new classes' rows -> how far their clusters are the classes."""
        from sklearn.metrics import adjusted_rand_score  # 1.8 s

        return float(adjusted_rand_score(self.new.numbers.cpu().numpy(), self.clusters(embeddings)))

    def clusters(self, embeddings: Tensor) -> np.ndarray:
        """embeddings (N, d) -> the number of each row's cluster (N,)."""
        from sklearn.cluster import KMeans  # 1.8 s

        count = int(self.new.numbers.max()) + 1
        return KMeans(count, n_init=STARTS, random_state=0).fit_predict(embeddings.cpu().double().numpy())

    def pictures(self) -> Iterator[Picture]:
        """A few clusters, each a row: those in which the first rows of the first classes have come to lie."""
        clusters = self.clusters(self.task.embed(self.new.inputs))
        numbers = self.new.numbers.cpu().numpy()
        firsts = [clusters[numbers == number][0] for number in range(int(numbers.max()) + 1)]
        sheet, titles = [], []
        for place, cluster in enumerate(list(dict.fromkeys(firsts))[:SHOWN], 1):
            members = np.flatnonzero(clusters == cluster)
            classes, counts = np.unique(numbers[members], return_counts=True)
            titles.append(f"{place}: {counts.max()} of {len(members)} alike")
            members = members[
                np.argsort(numbers[members] == classes[counts.argmax()], kind="stable")
            ]  # strangers first
            found = self.new.inputs[torch.from_numpy(members[:COLUMNS])]
            blank = found.new_zeros(COLUMNS - len(found), *found.shape[1:])
            sheet += [found, blank]
        yield Picture("albums", montage(torch.cat(sheet), columns=COLUMNS, row_titles=titles))
