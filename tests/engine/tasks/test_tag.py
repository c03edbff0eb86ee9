"""Tagging: padding is not counted, the table is the best table, and what is marked is what is wrong."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import tag
from dltui.errors import DltuiError
from tests.engine.conftest import context

WORDS = ("<pad>", "the", "watch", "<unknown>", "plays")
# the watch plays; the plays watch: both ways about
ROWS = torch.tensor([[1, 2, 4, 0], [1, 2, 4, 0], [1, 4, 2, 0]])
TAGS = torch.tensor([[0, 1, 2, -1], [0, 1, 2, -1], [0, 1, 2, -1]])


class ByPlace(torch.nn.Module):
    """Knows that the first word is the article, the second the noun, the third the verb; `wrong` in the last."""

    def __init__(self, wrong=False):
        super().__init__()
        self.guess = torch.tensor([0, 1, 0 if wrong else 2, 0])

    def forward(self, words):
        return 20.0 * torch.nn.functional.one_hot(self.guess, 3).float().expand(len(words), -1, -1)


def made(net):
    split = Split(ROWS, TAGS)
    data = Dataset(split, split, ("DET", "NOUN", "VERB"), "", "", {}, vocabularies=(WORDS,))
    return tag.build()(context(data, {"model": net}))


def test_the_table_takes_each_words_commonest_tag():
    found = made(ByPlace()).evaluate()
    assert found["lookup"] == pytest.approx(7 / 9)  # "watch" and "plays" are wrong in the last sentence
    assert found["lookup_ambiguous"] == pytest.approx(4 / 6)


def test_padding_counts_neither_as_right_nor_as_wrong():
    """Guards an accuracy that padding lifts."""
    right, wrong = made(ByPlace()).evaluate(), made(ByPlace(wrong=True)).evaluate()
    assert (right["accuracy"], right["ambiguous"]) == (1, 1)
    assert wrong["accuracy"] == pytest.approx(6 / 9) and wrong["ambiguous"] == pytest.approx(3 / 6)
    assert right["test_loss"] < 1e-6


def test_what_is_marked_is_what_is_wrong():
    task = made(ByPlace(wrong=True))
    spans, matrix = (picture.payload for picture in task.pictures())
    assert [spans["parts"][place] for place in spans["marked"]] == ["plays", "plays", "watch"]
    assert [number for number in spans["label"] if number >= 0] == [0, 1, 0] * 3
    assert "".join(spans["parts"]) == "the watch plays\nthe watch plays\nthe plays watch\n"
    assert matrix["values"].tolist() == [[3, 0, 0], [0, 3, 0], [3, 0, 0]]


def test_it_wants_tags(data):
    with pytest.raises(DltuiError, match="needs texts"):
        tag.build()(context(data, {"model": ByPlace()}))
