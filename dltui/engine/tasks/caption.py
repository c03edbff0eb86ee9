"""Captioning: a sentence is written of a picture, word by word (Xu et al. 2015, arXiv:1502.03044)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.reading.sentences import PAD, as_words
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a word, the true words before it given", better="lower", progress=True),
    "test_loss": Metric("the same on the test scenes", better="lower"),
    "next_word": Metric("share of the words of the test sentences guessed rightly, the true words before them given"),
    "exact": Metric("share of the test scenes told without a fault, each word after the model's own"),
}
ROWS = 250  # scenes told together
LISTED = 7  # of the table, two lines each
COLUMNS = 5  # of the maps: a scene, eight words and the end fill two rows
DARK = 0.15  # light left where the net does not look at all


def build() -> Callable:
    """Returns (data, nets, device) -> Caption."""
    return Caption


class Caption:
    """A net with forward(pictures, sentences) -> logits and greedy(pictures, length) -> words, maps (B, T, S, S)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        if len(data.vocabularies) != 1 or data.test.inputs.dim() != 4:
            raise DltuiError(
                f'Captioning needs pictures with sentences; "{data.detail}" has none.',
                "Take: data.kind=captions.",
                ExitStatus.USAGE,
            )
        self.net, self.known = nets["model"], data.vocabularies[0]
        self.pictures_in, self.sentences = data.train.inputs.to(device), data.train.targets.to(device)
        self.test_pictures, self.test_sentences = data.test.inputs.to(device), data.test.targets.to(device)
        self.rows = len(self.sentences)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """Cross-entropy a word. Teacher forcing: whatever was guessed, the true word is what it goes on from."""
        sentences = self.sentences[rows]
        logits = self.net(as_floats(self.pictures_in[rows]), sentences)  # (B, T, words)
        return cross_entropy(logits.flatten(0, 1), sentences.flatten(), ignore_index=PAD)

    def evaluate(self) -> dict[str, float]:
        loss, hits, words, right = 0.0, 0, 0, 0
        for pictures, sentences in zip(self.test_pictures.split(ROWS), self.test_sentences.split(ROWS), strict=True):
            pictures, there = as_floats(pictures), sentences != PAD
            logits = self.net(pictures, sentences).float()
            loss += cross_entropy(logits[there], sentences[there], reduction="sum").item()
            hits += (logits.argmax(2)[there] == sentences[there]).sum().item()
            words += there.sum().item()
            told, _ = self.net.greedy(pictures, sentences.shape[1])
            right += ((told == sentences) | ~there).all(1).sum().item()  # what follows the end does not count
        rows = len(self.test_sentences)
        return {"test_loss": loss / words, "next_word": hits / words, "exact": right / rows}

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Where the net looks as it writes each word of one scene, and what it says of several."""
        yield Picture("where it looks", self._maps())
        yield Picture("told", self._table())

    def _maps(self) -> dict:
        """The test scene with the longest sentence, once as it is and once a word: as bright as the net looks there."""
        row = int((self.test_sentences != PAD).sum(1).argmax())
        scene, true = as_floats(self.test_pictures[row : row + 1]), as_words(self.test_sentences[row], self.known)
        numbers, maps = self.net.greedy(scene, self.test_sentences.shape[1])
        words = as_words(numbers[0], self.known)
        captions = ["scene", *words, "."][: len(numbers[0]) + 1]  # the end is written too
        looks = interpolate(
            maps[0, : len(captions) - 1, None].float(), scene.shape[2:], mode="bilinear"
        )  # (T, 1, H, W)
        looks = looks / looks.amax((1, 2, 3), keepdim=True)
        cells = torch.cat([scene, scene * (DARK + (1 - DARK) * looks)])
        title = f"{' '.join(true)}: told {'rightly' if words == true else 'wrongly'}"
        return montage(cells, columns=COLUMNS, captions=captions, title=title)

    def _table(self) -> dict:
        """The first test scenes: the true sentence, below it the one told and how many of its words are right."""
        pictures, sentences = as_floats(self.test_pictures[:LISTED]), self.test_sentences[:LISTED]
        rows = []
        for numbers, sentence in zip(self.net.greedy(pictures, sentences.shape[1])[0], sentences, strict=True):
            told, true = as_words(numbers, self.known), as_words(sentence, self.known)
            same = sum(a == b for a, b in zip(told, true, strict=False))
            rows.append(["true", " ".join(true), ""])
            rows.append(["told", " ".join(told), f"{same}/{max(len(told), len(true))}"])
        return {"type": "table", "columns": ["", "sentence", "right"], "rows": rows}
