"""Translation: what counts as right, by length; a loss without padding."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.models import Decoded
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.translate import build
from dltui.errors import DltuiError
from tests.engine.conftest import context

READ, WRITTEN = (*SPECIAL, "one", "two", "three"), (*SPECIAL, "один", "два", "три")
ROWS = torch.tensor([[4, END, PAD, PAD], [5, 6, 4, END], [6, 5, 5, END]])
FACTS = {"source_words": len(READ), "target_words": len(WRITTEN)}
DATA = Dataset(Split(ROWS, ROWS), Split(ROWS, ROWS), (), "builtin", "test", FACTS, vocabularies=(READ, WRITTEN))


class Copies(nn.Module):
    """Writes each word as it stands, but takes "three" for "two"; goes on after the end with whatever."""

    def forward(self, sources, targets):
        words = torch.where(sources == 6, 5, sources)
        return 9.0 * nn.functional.one_hot(words[:, : targets.shape[1]], len(WRITTEN))

    def decode(self, sources, how):
        words = torch.where(sources == 6, 5, sources)[:, : how.length]
        weights = torch.eye(sources.shape[1]).expand(len(sources), -1, -1)[:, : words.shape[1]]
        return Decoded(torch.where(words == PAD, 4, words), weights)


def made(net, data=DATA):
    return build(long=3)(context(data, {"model": net}))


def test_only_sentences_without_a_fault_count_and_what_follows_the_end_does_not():
    """Guards the end of a sentence, which is a part of it: a missing one is a fault."""
    found = made(Copies()).evaluate()
    assert (found["exact_short"], found["exact_long"]) == (1, 0)
    assert found["exact"] == pytest.approx(1 / 3)
    assert found["next_word"] == pytest.approx(8 / 10)
    assert found["start_errors"] == 1, "both long ones have a fault in their first three words"


class Told(Copies):
    """Knows each word where the true ones before it are given; writes the first one over and over by itself."""

    def forward(self, sources, targets):
        return 9.0 * nn.functional.one_hot(targets, len(WRITTEN))

    def decode(self, sources, how):
        found = super().decode(sources, how)
        return found._replace(symbols=found.symbols[:, :1].expand_as(found.symbols))


def test_a_sentence_is_exact_by_the_nets_own_words_and_not_by_the_true_ones_before_each():
    found = made(Told()).evaluate()
    assert (found["next_word"], found["exact"]) == (1, 0)
    assert found["leak"] == 9, "each word's logit is made of the word itself"
    assert made(Copies()).evaluate()["leak"] == 0


def test_the_loss_is_a_words_and_padding_is_no_word():
    task = made(Copies())
    logits = task.net(ROWS, ROWS).log_softmax(2)
    right = [
        logits[row, place, word] for row, sentence in enumerate(ROWS) for place, word in enumerate(sentence) if word
    ]
    assert len(right) == 10
    assert task.loss(torch.arange(3)).item() == pytest.approx(-sum(right).item() / 10)


def test_it_wants_sequences():
    with pytest.raises(DltuiError, match="needs a sequence to be written for each row"):
        made(Copies(), DATA._replace(facts={}))
