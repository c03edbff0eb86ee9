"""ELMo in small: in the test the spelling has company that it never had; vectors come from letters and context."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.elmo import COMPANY, KNOWN, NAMES, NUMBERS, PLACE, WORDS, build
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def elmo():
    torch.manual_seed(0)
    return build(letters=4, width=8)(context())


def beside(words: torch.Tensor, name: str) -> set[str]:
    """Words of all sentences (N, T) that have `name` in their middle."""
    return {WORDS[word] for row in words.tolist() if row[PLACE] == NUMBERS[name] for word in row}


def test_company_of_the_test_never_stood_beside_the_spelling_in_training(elmo):
    for sense, company in enumerate(COMPANY):
        name = NAMES[sense // 2]
        assert not beside(elmo.train_rows.words, name) & set(company[KNOWN:])
        assert not beside(elmo.examples.words, name) & set(company[KNOWN:])
        assert beside(elmo.test.words, name) >= set(company[KNOWN:])


def test_its_vector_tells_nothing_without_the_sentence():
    """The static vector is that of the spelling, so either sense is as near: half of the answers are right."""
    torch.manual_seed(0)
    elmo = build(layer="static", letters=4, width=8)(context())
    vectors = elmo.vectors(elmo.test)
    for row in (0, len(vectors) // 2):
        same = elmo.test.words[:, PLACE] == elmo.test.words[row, PLACE]
        assert torch.equal(vectors[same], vectors[row].expand_as(vectors[same]))
    assert elmo.evaluate()["senses"] == 0.5


def test_forwards_sees_nothing_of_what_comes_later_and_both_ways_does():
    for both_ways in (False, True):
        torch.manual_seed(0)
        elmo = build(both_ways=both_ways, letters=4, width=8)(context())
        words = elmo.test.words[:1].clone()
        _, before = elmo.net(words)
        words[0, -1] = (words[0, -1] + 1) % len(WORDS)
        _, after = elmo.net(words)
        moved = [(one[0, PLACE] - other[0, PLACE]).abs().max() > 0 for one, other in zip(before, after, strict=True)]
        assert moved == ([False, True] if both_ways else [False])


def test_a_state_predicts_its_neighbour_and_never_reads_it(elmo):
    """The first state is asked for the second word: changing that word changes the question, not the state."""
    words = elmo.test.words[:2]
    logits = elmo.net.head(elmo.net(words)[1][0])
    other = words.clone()
    other[:, 1] = (other[:, 1] + 1) % len(WORDS)
    assert torch.equal(elmo.net.head(elmo.net(other)[1][0])[:, 0], logits[:, 0])


def test_the_nearer_mean_decides_among_the_senses_of_one_spelling(elmo):
    means = torch.arange(len(COMPANY), dtype=torch.float32)[:, None]
    found = elmo.nearest(elmo.test.senses[:, None] + 0.2 * (-1) ** elmo.test.senses[:, None], means)
    assert torch.equal(found, elmo.test.senses)
    assert set((found // 2 - elmo.test.senses // 2).tolist()) == {0}


def test_it_goes_on_where_it_was(elmo):
    losses, state = [], {name: value.clone() for name, value in elmo.state_dict().items()}
    for _ in range(2):
        elmo.load_state_dict(state)
        torch.manual_seed(3)
        losses.append([elmo.step()["loss"] for _ in range(2)])
    assert losses[0] == losses[1] and np.isfinite(losses).all()
