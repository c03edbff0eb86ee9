"""What an update of word vectors costs, by the size of the vocabulary: a softmax over all words, or a few samples."""

import time
from collections.abc import Callable, Iterator
from statistics import median

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.tasks.skipgram import SkipGram, WordVectors, sampled_loss, softmax_loss
from dltui.recipes.metric import Metric

TASKS = ("skipgram",)
METRICS = {
    "ms_200": Metric("processor time of an update with a vocabulary of 200 words", "lower", unit="ms", log=True),
    "ms_2000": Metric(
        "processor time of an update with a vocabulary of 2,000 words", "lower", unit="ms", log=True, axis="ms_200"
    ),
    "ms_20000": Metric(
        "processor time of an update with a vocabulary of 20,000 words", "lower", unit="ms", log=True, axis="ms_200"
    ),
}
SIZES = (200, 2000, 20_000)
PAIRS, TIMES, WARM = 256, 5, 2  # pairs of an update; updates whose median counts, and updates before them
RATE = 0.1
NAMES = {"all": "softmax over all words", "sampled": "negative samples"}  # of the task's scores


def build() -> Callable[[SkipGram], "SoftmaxCost"]:
    """Measures both losses once, on nets of its own, by gradient descent that leaves alone what was not read."""
    return SoftmaxCost


class SoftmaxCost:
    """See contracts.probe.Probe. The metrics are of the task's own loss, both are drawn."""

    def __init__(self, task: SkipGram):
        self.task = task
        self.found: dict[str, list[float]] = {}  # scores -> milliseconds of each of SIZES

    def evaluate(self) -> dict[str, float]:
        own = self._measured()[self.task.scores]
        return {f"ms_{size}": found for size, found in zip(SIZES, own, strict=True)}

    def pictures(self) -> Iterator[Picture]:
        curves = {NAMES[scores]: (list(SIZES), found) for scores, found in self._measured().items()}
        titles = {"x_title": "words of the vocabulary", "y_title": "ms an update"}
        yield Picture("cost by vocabulary", lines(curves, **titles, log_x=True, log_y=True))

    def _measured(self) -> dict[str, list[float]]:
        if not self.found:
            self.found = {scores: [milliseconds(self.task, size, scores) for size in SIZES] for scores in NAMES}
        return self.found


def milliseconds(task: SkipGram, words: int, scores: str) -> float:
    """Returns the median processor time of an update of a net of so many words, as wide as that of `task`."""
    device, every = task.noise.device, scores == "all"
    net = WordVectors(words, task.net.v.embedding_dim, sparse=not every).to(device)
    noise = torch.ones(words, device=device)
    descent = torch.optim.SGD(net.parameters(), RATE)
    taken = [_timed(net, descent, noise, task.negatives, every) for _ in range(WARM + TIMES)]
    return 1000 * median(taken[WARM:])


@torch.enable_grad()
def _timed(net: WordVectors, descent: torch.optim.SGD, noise: Tensor, negatives: int, every: bool) -> float:
    """Takes one update, and returns its seconds."""
    pairs = torch.randint(len(noise), (PAIRS, 2), device=noise.device)
    begun = time.process_time()
    loss = softmax_loss(net, pairs) if every else sampled_loss(net, pairs, noise, negatives)
    descent.zero_grad()
    loss.backward()
    descent.step()
    return time.process_time() - begun
