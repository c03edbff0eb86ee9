"""Skip-gram with negative samples: a word guesses its neighbours (Mikolov et al. 2013, arXiv:1310.4546)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, normalize

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.reading.sentences import SPECIAL
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a pair of neighbours and its negative samples", better="lower", progress=True),
    "test_loss": Metric("the same on the pairs of the test sentences, with negatives drawn for each", better="lower"),
    "hit_rate": Metric(
        "share of a word's 5 nearest among all words that are of its own group, the mean of words with a group"
    ),
    "chance": Metric("the hit rate of neighbours drawn blindly"),
    "likeness": Metric("mean cosine of two different words' vectors: 1 where all point the same way"),
}
NEIGHBOURS = 5
POWER = 0.75  # of a word's frequency, for negative samples
TEST_PAIRS = 4000


def build(*, window: int = 2, negatives: int = 5, subsample: float = 0.01) -> Callable:
    """Returns (data, nets, device) -> SkipGram.

    window: words to each side that count as neighbours, at least 1.
    negatives: words drawn for each pair that shall not go with the centre, at least 0.
    subsample: share of the text from which on a word is left out the more often, above 0.
    """
    return partial(SkipGram, window=window, negatives=negatives, subsample=subsample)


class SkipGram:
    """Pairs (centre, context) of a text's sentences; a net with scores (B,), (B, K) -> (B, K) and vectors `v`."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        window: int,
        negatives: int,
        subsample: float,
    ):
        if not data.vocabularies or data.train.inputs.dim() != 2:
            raise DltuiError(
                f'Skip-gram needs sentences; "{data.detail}" has none.', "Take: data.kind=corpus.", ExitStatus.USAGE
            )
        self.net, self.negatives, self.words = nets["model"], negatives, data.vocabularies[0]
        counts = data.train.inputs.flatten().bincount(minlength=len(self.words)).float()
        counts[: len(SPECIAL)] = 0
        share = counts / counts.sum()
        keep = (subsample / share.clamp(min=1e-12)).sqrt().clamp(max=1)  # of each word; the seed decides which
        self.pairs, self.test_pairs = (
            neighbours(thinned(split.inputs, keep), window).to(device) for split in (data.train, data.test)
        )
        self.noise = (share**POWER).to(device)
        self._groups(data, device)
        self.rows = len(self.pairs)

    def _groups(self, data: Dataset, device: torch.device) -> None:
        """group (V,): the number of each word's group, -1 where it has none or is no word."""
        known = data.vocabularies[1] if len(data.vocabularies) > 1 else [""] * len(self.words)
        self.classes = data.classes
        numbers = [self.classes.index(name) if name else -1 for name in known]
        self.group = torch.tensor(numbers, device=device)
        self.grouped = torch.where(self.group >= 0)[0]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return self._loss(self.pairs[rows])

    def _loss(self, pairs: Tensor) -> Tensor:
        """-log sigmoid(u_o . v_c) - sum over negatives n of log sigmoid(-u_n . v_c), the mean of pairs (B, 2)."""
        centres, contexts = pairs[:, :1], pairs[:, 1:]  # (B, 1) each
        loss = -logsigmoid(self.net(centres[:, 0], contexts)).mean()
        if self.negatives:
            drawn = torch.multinomial(self.noise, len(pairs) * self.negatives, replacement=True)
            scores = self.net(centres[:, 0], drawn.view(len(pairs), -1))  # (B, negatives)
            loss = loss - logsigmoid(-scores).sum(1).mean()
        return loss

    def evaluate(self) -> dict[str, float]:
        known = torch.arange(len(SPECIAL), len(self.words), device=self.group.device)
        v = normalize(self.net.v.weight[known], dim=1)
        found = {"test_loss": self._loss(self.test_pairs[:TEST_PAIRS]).item()}
        pairs = len(known) * (len(known) - 1)
        found["likeness"] = ((v.sum(0).square().sum() - len(known)) / pairs).item()
        if len(self.grouped):
            same = self.group[self._nearest(self.grouped)] == self.group[self.grouped, None]
            sizes = self.group[self.grouped].bincount().float()
            others = sizes[self.group[self.grouped]] - 1
            found |= {"hit_rate": same.float().mean().item(), "chance": (others / (len(known) - 1)).mean().item()}
        return found

    def _nearest(self, words: Tensor) -> Tensor:
        """(W,) -> (W, NEIGHBOURS): the words whose vectors have the greatest cosine, they themselves left out."""
        v = normalize(self.net.v.weight, dim=1)
        batching_key = v[words] @ v.T  # (W, V)
        batching_key[:, : len(SPECIAL)] = -torch.inf
        batching_key[torch.arange(len(words)), words] = -torch.inf
        return batching_key.topk(NEIGHBOURS, dim=1).indices

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The nearest words of the commonest of each group, and all words with a group on a plane."""
        yield Picture("neighbours", self._table())
        if len(self.grouped):
            v = normalize(self.net.v.weight[self.grouped], dim=1)
            centred = v - v.mean(0)
            plane = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[:2].T  # its two widest directions
            plane = torch.where(plane[:1] < 0, -plane, plane)  # their signs are arbitrary: the map shall not flip
            x, y = plane.T.cpu().numpy()
            label = self.group[self.grouped].cpu().numpy()
            titles = {"classes": list(self.classes), "x_title": "direction 1", "y_title": "direction 2"}
            yield Picture("map of words", {"type": "scatter", "x": x, "y": y, "label": label, **titles})

    def _table(self) -> dict:
        first = [int(self.grouped[self.group[self.grouped] == number][0]) for number in range(len(self.classes))]
        chosen = torch.tensor(first or range(len(SPECIAL), len(SPECIAL) + 10), device=self.group.device)
        rows = []
        for word, near in zip(chosen.tolist(), self._nearest(chosen).tolist(), strict=True):
            hits = sum(self.group[other] == self.group[word] for other in near)
            own = [f"{int(hits)}/{NEIGHBOURS}"] if first else []
            rows.append([self.words[word], *own, *(self.words[other] for other in near)])
        columns = ["word", *(["hits"] if first else []), *(f"{place + 1}." for place in range(NEIGHBOURS))]
        return {"type": "table", "columns": columns, "rows": rows}


def thinned(sentences: Tensor, keep: Tensor) -> list[list[int]]:
    """sentences (N, L) -> their words, each kept with the probability keep[word]; no PAD, START or END."""
    kept = (torch.rand(sentences.shape) < keep[sentences]) & (sentences >= len(SPECIAL))
    return [row[there].tolist() for row, there in zip(sentences, kept, strict=True)]


def neighbours(sentences: list[list[int]], window: int) -> Tensor:
    """Returns pairs (P, 2): each word with every other at most `window` places away."""
    pairs = [
        (centre, sentence[other])
        for sentence in sentences
        for place, centre in enumerate(sentence)
        for other in range(max(0, place - window), min(len(sentence), place + window + 1))
        if other != place
    ]
    return torch.tensor(pairs).view(-1, 2)
