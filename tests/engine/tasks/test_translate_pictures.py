"""Captions, sentences written of pictures: what counts as right, and attention that is bright where the net looks."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.models import Decoded
from dltui.engine.probes import attention_maps, translations
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.translate import build
from dltui.errors import DltuiError
from tests.engine.conftest import context

KNOWN = (*SPECIAL, "a", "red", "disc")
SENTENCES = torch.tensor([[4, END, PAD], [5, 6, END], [5, 5, END]])
PICTURES = torch.full((3, 3, 8, 8), 200, dtype=torch.uint8)
ROWS = Split(PICTURES, SENTENCES)
DATA = Dataset(ROWS, ROWS, (), "builtin", "test", {"target_words": len(KNOWN)}, vocabularies=(KNOWN,))
WRITTEN = torch.tensor([[4, END, 6], [5, 6, END], [5, 6, END]])  # goes on after the end; the last is wrong


class Writes(nn.Module):
    """Writes WRITTEN; at its first word it looks left above, at the second right above, then everywhere."""

    def forward(self, pictures, sentences):
        return 9.0 * nn.functional.one_hot(WRITTEN[: len(pictures)], len(KNOWN))

    def decode(self, pictures, how):
        maps = torch.zeros(len(pictures), how.length, 2, 2)
        maps[:, 0, 0, 0], maps[:, 1, 0, 1], maps[:, 2] = 1, 1, 0.25
        return Decoded(WRITTEN[[1]] if len(pictures) == 1 else WRITTEN[: len(pictures)], maps)


def made(data=DATA):
    return build()(context(data, {"model": Writes()}))


def test_only_sentences_without_a_fault_count_and_what_follows_the_end_does_not():
    found = made().evaluate()
    assert found["exact"] == pytest.approx(2 / 3)
    assert found["next_word"] == pytest.approx(7 / 8)
    assert set(found) == {"test_loss", "next_word", "exact", "leak"}


def test_the_loss_is_a_words_and_padding_is_no_word():
    task = made()
    logits = task.net(PICTURES, SENTENCES).log_softmax(2)
    right = [logits[row, place, word] for row, sentence in enumerate(SENTENCES) for place, word in enumerate(sentence)]
    right = [one for one, word in zip(right, SENTENCES.flatten(), strict=True) if word != PAD]
    assert len(right) == 8
    assert task.loss(torch.arange(3)).item() == pytest.approx(-sum(right).item() / 8)


def test_maps_are_bright_where_the_net_looks():
    (picture,) = attention_maps.build()(made()).pictures()
    captions, title = picture.payload["captions"], picture.payload["title"]
    assert captions == ["picture", "red", "disc", "."] and title == "red disc: right"
    scene, red, disc, end, missing = (picture.payload["pixels"][:, 8 * cell : 8 * cell + 8, 0] for cell in range(5))
    assert (scene == 200).all() and (end == 200).all() and not missing.any()
    assert red[0, 0] == disc[0, -1] == 200
    assert red[-1, -1] == red[0, -1] == disc[0, 0] == disc[-1, 0] == round(attention_maps.DARK * 200)


def test_a_wrong_sentence_is_called_wrong():
    wrong = DATA._replace(test=Split(PICTURES[:1], SENTENCES[[2]]))
    (picture,) = attention_maps.build()(made(wrong)).pictures()
    assert picture.payload["title"] == "red red: wrong"


def test_the_table_holds_what_was_written_and_the_truth():
    (picture,) = translations.build()(made()).pictures()
    assert picture.pane == "captions"
    assert picture.payload["rows"] == [
        ["1/1", "a", "a"],
        ["2/2", "red disc", "red disc"],
        ["1/2", "red disc", "red red"],
    ]


def test_it_wants_sentences():
    with pytest.raises(DltuiError, match=r"needs.*scenes"):
        made(DATA._replace(facts={}))
