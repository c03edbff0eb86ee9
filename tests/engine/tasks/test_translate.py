"""Translation: what counts as right, by length; a loss without padding; a map whose sides are the sentences' words."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.translate import build, ended
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

READ, WRITTEN = (*SPECIAL, "one", "two", "three"), (*SPECIAL, "один", "два", "три")
ROWS = torch.tensor([[4, END, PAD, PAD], [5, 6, 4, END], [6, 5, 5, END]])
DATA = Dataset(Split(ROWS, ROWS), Split(ROWS, ROWS), (), "builtin", "test", {}, vocabularies=(READ, WRITTEN))


class Copies(nn.Module):
    """Writes each word as it stands, but takes "three" for "two"; goes on after the end with whatever."""

    def forward(self, sources, targets):
        said = torch.where(sources == 6, 5, sources)
        return 9.0 * nn.functional.one_hot(said[:, : targets.shape[1]], len(WRITTEN))

    def greedy(self, sources, length):
        said = torch.where(sources == 6, 5, sources)[:, :length]
        weights = torch.eye(sources.shape[1]).expand(len(sources), -1, -1)[:, : said.shape[1]]
        return torch.where(said == PAD, 4, said), weights


@pytest.fixture
def task():
    return build(long=3)(DATA, {"model": Copies()}, CPU)


def test_only_sentences_without_a_fault_count_and_what_follows_the_end_does_not(task):
    """Guards the end of a sentence, which is a part of it: a missing one is a fault."""
    found = task.evaluate()
    assert (found["exact_short"], found["exact_long"]) == (1, 0)
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["next_word"] == pytest.approx(8 / 10)


def test_the_loss_is_a_words_and_padding_is_no_word(task):
    logits = task.net(ROWS, ROWS).log_softmax(2)
    right = [
        logits[row, place, word] for row, sentence in enumerate(ROWS) for place, word in enumerate(sentence) if word
    ]
    assert len(right) == 10
    assert task.loss(torch.arange(3)).item() == pytest.approx(-sum(right).item() / 10)


def test_the_map_has_the_sentences_words(task):
    pictures = {picture.pane: picture.payload for picture in task.pictures()}
    payload = pictures["alignment"]
    assert payload["columns"] == ["two", "three", "one", "."] and payload["rows"] == ["два", "два", "один", "."]
    assert payload["weights"].shape == (4, 4)
    assert "by length" not in pictures, "nothing was judged yet"


def test_the_table_counts_the_words_before_the_first_fault(task):
    task.evaluate()
    table = next(picture.payload for picture in task.pictures() if picture.pane == "translations")
    assert table["rows"] == [
        [1, "1/1", "один", "один"],
        [3, "1/3", "два два один", "два три один"],
        [3, "0/3", "два два два", "три два два"],
    ]


def test_the_curve_is_the_share_right_of_each_length(task):
    task.evaluate()
    curve = next(picture.payload for picture in task.pictures() if picture.pane == "by length")["curves"][0]
    assert (curve["x"], curve["y"]) == ([1, 4], [1, 0])


def test_a_sentence_ends_at_its_first_end():
    assert ended(torch.tensor([[4, END, 5, END], [4, 5, 5, 4]])).tolist() == [[4, END, PAD, PAD], [4, 5, 5, 4]]


def test_it_wants_pairs_of_sentences():
    with pytest.raises(DltuiError, match="needs pairs of sentences"):
        build()(DATA._replace(vocabularies=()), {"model": Copies()}, CPU)
