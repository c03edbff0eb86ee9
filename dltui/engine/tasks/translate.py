"""Translation: one sentence is read, another written word by word (Sutskever et al. 2014, arXiv:1409.3215)."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.reading.sentences import END, PAD, as_words
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a word, the true words before it given", better="lower", progress=True),
    "test_loss": Metric("the same on the test sentences", better="lower"),
    "next_word": Metric("share of the words of the test sentences guessed rightly, the true words before them given"),
    "exact": Metric("share of the test sentences translated without a fault, each word after the model's own"),
    "exact_short": Metric("the same of the sentences of fewer than `long` words"),
    "exact_long": Metric("the same of those of `long` words or more"),
}
ROWS = 250  # sentences translated together
LISTED = 8  # of the table
BAND = 3  # lengths that are one point of the curve
MAPS = {"alignment": 8, "long alignment": 14}  # pane: words of the sentence whose map is shown, at most


def build(*, long: int = 12) -> Callable:
    """Returns (data, nets, device) -> Translate.

    long: words from which a sentence counts as long, at least 2.
    """
    return partial(Translate, long=long)


class Translate:
    """A net with forward(sources, targets) -> logits and greedy(sources, length) -> words, weights (None without)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, long: int):
        if len(data.vocabularies) != 2:
            raise DltuiError(
                f'Translation needs pairs of sentences; "{data.detail}" has none.',
                "Take: data.kind=translation.",
                ExitStatus.USAGE,
            )
        self.net, self.long, (self.read, self.written) = nets["model"], long, data.vocabularies
        self.sources, self.targets = data.train.inputs.to(device), data.train.targets.to(device)
        self.test_sources, self.test_targets = data.test.inputs.to(device), data.test.targets.to(device)
        self.lengths = (self.test_sources != PAD).sum(1) - 1  # END is no word
        self.rows = len(self.sources)
        self.right: Tensor | None = None  # (N,) bool: the test sentences that were right when last evaluated

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """Cross-entropy a word. Teacher forcing: whatever was guessed, the true word is what it goes on from."""
        sources, targets = _cut(self.sources[rows]), _cut(self.targets[rows])
        logits = self.net(sources, targets)  # (B, T, target_words)
        return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)

    def evaluate(self) -> dict[str, float]:
        loss, hits, words, right = 0.0, 0, 0, []
        for sources, targets in zip(self.test_sources.split(ROWS), self.test_targets.split(ROWS), strict=True):
            logits, there = self.net(sources, targets).float(), targets != PAD
            loss += cross_entropy(logits[there], targets[there], reduction="sum").item()
            hits += (logits.argmax(2)[there] == targets[there]).sum().item()
            words += there.sum().item()
            right.append((ended(self.net.greedy(sources, targets.shape[1])[0]) == targets).all(1))
        self.right = torch.cat(right)
        found = {"test_loss": loss / words, "next_word": hits / words, "exact": self.right.float().mean().item()}
        for name, among in (("exact_short", self.lengths < self.long), ("exact_long", self.lengths >= self.long)):
            if among.any():
                found[name] = self.right[among].float().mean().item()
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Where the words of two sentences were looked for, how faults grow with the length, and translations."""
        for pane, most in MAPS.items():
            alignment = self._alignment(most)
            if alignment:
                yield Picture(pane, alignment)
        if self.right is not None:
            yield Picture("by length", self._by_length())
        yield Picture("translations", self._table())

    def _alignment(self, most: int) -> dict | None:
        """Of the longest test sentence of at most `most` words."""
        row = int(torch.where(self.lengths <= most, self.lengths, 0).argmax())
        source = _cut(self.test_sources[row : row + 1])
        words, weights = self.net.greedy(source, self.test_targets.shape[1])
        if weights is None:
            return None
        rows = [*as_words(ended(words)[0], self.written), "."][: words.shape[1]]  # the end is written too
        columns = [*as_words(source[0], self.read), "."]
        titles = {"row_title": "written", "column_title": "read", "title": "where each written word looks, in percent"}
        shown = weights[0, : len(rows), : len(columns)].float().cpu().numpy()
        return {"type": "alignment", "weights": shown, "rows": rows, "columns": columns, **titles}

    def _by_length(self) -> dict:
        bands = self.lengths // BAND
        x = [int(band) for band in bands.unique()]
        y = [self.right[bands == band].float().mean().item() for band in x]
        curve = {"name": "translated exactly", "x": [BAND * band + (BAND - 1) / 2 for band in x], "y": y}
        titles = {"x_title": "words of the sentence", "y_title": "share without a fault"}
        return {"type": "lines", "curves": [curve], **titles}

    def _table(self) -> dict:
        """Test sentences of growing length, what is made of them, and words right before the first fault."""
        order = self.lengths.argsort(stable=True)
        chosen = order[torch.linspace(0, len(order) - 1, min(LISTED, len(order))).long()]
        words = ended(self.net.greedy(self.test_sources[chosen], self.test_targets.shape[1])[0])
        rows = []
        for length, target, made in zip(self.lengths[chosen].tolist(), self.test_targets[chosen], words, strict=True):
            want, got = as_words(target, self.written), as_words(made, self.written)
            same = list(accumulate((a == b for a, b in zip(want, got, strict=False)), min))
            rows.append([length, f"{sum(same)}/{max(len(want), len(got))}", " ".join(got), " ".join(want)])
        return {"type": "table", "columns": ["read", "right", "written", "should be"], "rows": rows}


def _cut(sentences: Tensor) -> Tensor:
    """(B, L) -> as long as the longest: half of the work is saved, for one wait on the host."""
    return sentences[:, : int((sentences != PAD).sum(1).max())]


def ended(words: Tensor) -> Tensor:
    """(B, T) words -> the same with PAD for all that follows the first END."""
    is_end = words == END
    return words.masked_fill(is_end.cumsum(1) - is_end.long() > 0, PAD)
