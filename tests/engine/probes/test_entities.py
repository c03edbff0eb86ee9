"""Names that a tagger finds, and the errors of tags that are none of names."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models.lstm_crf import build as lstm_crf
from dltui.engine.probes.entities import build
from dltui.engine.reading.sentences import UNKNOWN
from dltui.engine.tasks.tag import Tag
from dltui.errors import DltuiError
from tests.engine.conftest import context

TAGS = ("O", "B-PER", "I-PER")
WORDS = torch.tensor([[4, 5, 6, 0], [4, UNKNOWN, 6, 7]])
TARGETS = torch.tensor([[1, 2, 0, -1], [0, 1, 2, 0]])


class Says(torch.nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.found = tags

    def forward(self, words):
        return torch.nn.functional.one_hot(self.found.clamp(min=0), 3).float()


def task(net, classes=TAGS):
    split = Split(WORDS, TARGETS)
    data = Dataset(
        split, split, classes, "builtin", "", {"symbols": 8, "classes": 3}, vocabularies=(tuple("abcdefgh"),)
    )
    return Tag(context(data, {"model": net}))


def test_the_true_tags_are_all_right():
    assert build()(task(Says(TARGETS))).evaluate() == {"f1": 1, "f1_unseen": 1, "broken": 0}


def test_a_name_of_an_unknown_word_is_counted_by_itself():
    found = build()(task(Says(torch.tensor([[1, 2, 0, 0], [0, 0, 2, 0]])))).evaluate()
    assert found == {"f1": pytest.approx(1 / 2), "f1_unseen": 0, "broken": 1}


def test_wrong_words_are_marked_and_the_moves_of_a_crf_are_drawn():
    net = lstm_crf(symbols=8, outputs=3, embedding=3, hidden=4)
    with torch.no_grad():
        pictures = {picture.pane: picture.payload for picture in build()(task(net)).pictures()}
    assert torch.from_numpy(pictures["moves"]["weights"]).sum(1).tolist() == pytest.approx([1, 1, 1])
    assert "?" in pictures["names"]["parts"]
    assert "moves" not in {picture.pane for picture in build()(task(Says(TARGETS))).pictures()}


def test_other_tags_are_refused():
    with pytest.raises(DltuiError, match="needs tags such as B-PER"):
        build()(task(Says(TARGETS), ("NOUN", "VERB", "ADJ")))
