"""The model counts what it says, greedy search's path is never lost, and the tree is that of the search."""

import pytest
import torch

from dltui.engine.algorithms.beam_search import END, Trigrams, build, exhaustive_gap
from tests.engine.conftest import context


def test_probabilities_are_those_of_the_counts():
    model = Trigrams([["a", "b", "c"], ["a", "b", "d"], ["a", "b", "d"]])
    assert torch.allclose(model.log_p.exp().sum(2)[2:, 2:], torch.ones(4, 4, dtype=torch.float64))
    a, b, c, d = (model.number[word] for word in "abcd")
    # 0.9 and 0.09 of the counts after the pair and after the word, 0.01 of all twelve words and ends
    assert model.log_p[a, b, d].exp().item() == pytest.approx(0.99 * 2 / 3 + 0.01 * 2 / 12, rel=1e-9)
    assert model.log_p[b, c, END].exp().item() == pytest.approx(0.99 + 0.01 * 3 / 12, rel=1e-9)


def test_a_beam_with_greedys_path_never_ends_below_it_and_a_plain_one_does():
    kept, plain = (build(width=2, keep_greedy=keep)(context()) for keep in (True, False))
    assert kept.metrics["below_greedy"] == 0 < plain.metrics["below_greedy"]
    assert kept.metrics["log_p"] > plain.metrics["log_p"]
    greedy = build(width=1)(context())
    assert greedy.metrics["above_greedy"] == 0 and greedy.metrics["log_p"] == greedy.metrics["greedy_log_p"]
    assert exhaustive_gap(3) < 1e-9


def test_a_long_sentence_costs_less_with_length_normalisation():
    assert build(alpha=1.0)(context()).metrics["words"] > build()(context()).metrics["words"]


def test_the_tree_has_a_line_for_each_sequence():
    walk = build(width=3, beginning=45)(context())
    for step in range(1, walk.length + 1):
        payload = next(picture.payload for picture in walk.at(step).pictures if picture.pane == "tree")
        rows = "".join(payload["parts"]).splitlines()
        kept = [one for one in walk.tree.beams[step - 1] if not one.finished]
        greedy = walk.greedy[walk.shown].symbols[:step]
        assert sum(" kept " in row for row in rows) == sum(one.symbols != greedy for one in kept)
        assert sum(" greedy " in row or " lost " in row for row in rows) == 1
