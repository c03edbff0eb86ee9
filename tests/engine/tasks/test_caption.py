"""Captioning: what counts as right, a loss without padding, and maps that are bright where the net looks."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.caption import DARK, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

KNOWN = (*SPECIAL, "a", "red", "disc")
SENTENCES = torch.tensor([[4, END, PAD], [5, 6, END], [5, 5, END]])
PICTURES = torch.full((3, 3, 8, 8), 200, dtype=torch.uint8)
DATA = Dataset(Split(PICTURES, SENTENCES), Split(PICTURES, SENTENCES), (), "builtin", "test", {}, vocabularies=(KNOWN,))
TOLD = torch.tensor([[4, END, 6], [5, 6, END], [5, 6, END]])  # goes on after the end; the last is wrong


class Tells(nn.Module):
    """Tells TOLD; at its first word it looks left above, at the second right above, then everywhere."""

    def forward(self, pictures, sentences):
        return 9.0 * nn.functional.one_hot(TOLD[: len(pictures)], len(KNOWN))

    def greedy(self, pictures, length):
        maps = torch.zeros(len(pictures), length, 2, 2)
        maps[:, 0, 0, 0], maps[:, 1, 0, 1], maps[:, 2] = 1, 1, 0.25
        return TOLD[[1]] if len(pictures) == 1 else TOLD[: len(pictures)], maps


@pytest.fixture
def task():
    return build()(DATA, {"model": Tells()}, CPU)


def test_only_sentences_without_a_fault_count_and_what_follows_the_end_does_not(task):
    found = task.evaluate()
    assert found["exact"] == pytest.approx(2 / 3)
    assert found["next_word"] == pytest.approx(7 / 8)


def test_the_loss_is_a_words_and_padding_is_no_word(task):
    logits = task.net(PICTURES, SENTENCES).log_softmax(2)
    right = [logits[row, place, word] for row, sentence in enumerate(SENTENCES) for place, word in enumerate(sentence)]
    right = [one for one, word in zip(right, SENTENCES.flatten(), strict=True) if word != PAD]
    assert len(right) == 8
    assert task.loss(torch.arange(3)).item() == pytest.approx(-sum(right).item() / 8)


def test_maps_are_bright_where_the_net_looks(task):
    payload = next(picture.payload for picture in task.pictures() if picture.pane == "where it looks")
    assert payload["captions"] == ["scene", "red", "disc", "."] and payload["title"] == "red disc: told rightly"
    scene, red, disc, end, missing = (payload["pixels"][:, 8 * cell : 8 * cell + 8, 0] for cell in range(5))
    assert (scene == 200).all() and (end == 200).all() and not missing.any()
    assert red[0, 0] == disc[0, -1] == 200
    assert red[-1, -1] == red[0, -1] == disc[0, 0] == disc[-1, 0] == round(DARK * 200)


def test_the_table_counts_right_words(task):
    table = next(picture.payload for picture in task.pictures() if picture.pane == "told")
    assert table["rows"] == [
        ["true", "a", ""],
        ["told", "a", "1/1"],
        ["true", "red disc", ""],
        ["told", "red disc", "2/2"],
        ["true", "red red", ""],
        ["told", "red disc", "1/2"],
    ]


def test_a_wrong_sentence_says_so(task):
    task.test_sentences = SENTENCES[[2]]
    task.test_pictures = PICTURES[:1]
    assert task._maps()["title"] == "red red: told wrongly"


@pytest.mark.parametrize("wrong", [{"vocabularies": ()}, {"test": Split(SENTENCES, SENTENCES)}])
def test_it_wants_pictures_with_sentences(wrong):
    with pytest.raises(DltuiError, match="needs pictures with sentences"):
        build()(DATA._replace(**wrong), {"model": Tells()}, CPU)
