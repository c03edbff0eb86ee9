"""Edit distances against every way there is, the model of errors against counts by hand, typos against their kind."""

from functools import cache

import numpy as np
import pytest

from dltui.engine.algorithms.spell_check import (
    START,
    Costs,
    SpellCheck,
    distances,
    edit_of,
    learned,
    numbers,
    unit_costs,
)
from dltui.engine.generators.typos import ALPHABET, NEIGHBOURS, misspelt

WORDS = ["gradient", "grade", "gain", "a", "ab", "ba", "layer", "player"]


def by_recursion(written: str, word: str, costs: Costs) -> float:
    """The least cost of all ways, tried one after the other."""
    w, t = numbers(word), numbers(written)

    @cache
    def least(i: int, j: int) -> float:
        ways = [0.0] if i == j == 0 else []
        if i and j:
            ways.append(least(i - 1, j - 1) + costs.substitute[w[j - 1], t[i - 1]])
        if i:
            ways.append(least(i - 1, j) + costs.insert[w[j - 1] if j else START, t[i - 1]])
        if j:
            ways.append(least(i, j - 1) + costs.delete[w[j - 1]])
        if i > 1 and j > 1 and w[j - 1] == t[i - 2] and w[j - 2] == t[i - 1]:
            ways.append(least(i - 2, j - 2) + costs.transpose)
        return min(ways)

    return least(len(t), len(w))


@pytest.mark.parametrize("costs", [unit_costs(), learned([("tge", "the"), ("ab", "ba"), ("gai", "gain")])])
def test_the_table_finds_the_cheapest_of_all_ways(costs):
    lengths = np.array([len(word) for word in WORDS])
    letters = np.full((len(WORDS), lengths.max()), START)
    for row, word in zip(letters, WORDS, strict=True):
        row[: len(word)] = numbers(word)
    for written in ("gradeint", "abb", "gian", "plaer", "x"):
        found = distances(numbers(written), letters, lengths, costs)
        np.testing.assert_allclose(found, [by_recursion(written, word, costs) for word in WORDS])


def test_a_single_edit_is_recognised():
    number = ALPHABET.index
    assert edit_of("tge", "the") == ("substitute", number("h"), number("g"))
    assert edit_of("thhe", "the") == ("insert", number("h"), number("h"))
    assert edit_of("xthe", "the") == ("insert", START, number("x"))
    assert edit_of("te", "the") == ("delete", number("h"), 0)
    assert edit_of("hte", "the") == ("transpose", 0, 0)
    assert edit_of("tzzz", "the") is None


def test_what_was_seen_often_costs_less():
    costs, number = learned([("tge", "the")] * 20 + [("hte", "the")]), ALPHABET.index
    seen, unseen = costs.substitute[number("h"), number("g")], costs.substitute[number("h"), number("x")]
    assert seen < costs.transpose < unseen and (np.diag(costs.substitute) == 0).all()


def test_typos_are_of_neighbouring_keys_and_never_the_word():
    random = np.random.Generator(np.random.PCG64(0))
    written = [misspelt("layer", random) for _ in range(300)]
    assert "layer" not in written
    replaced = [(a, b) for word in written if len(word) == 5 for a, b in zip("layer", word, strict=True) if a != b]
    assert sum(b in NEIGHBOURS[a] for a, b in replaced) > 0.4 * len(replaced)
    assert set(NEIGHBOURS["g"]) == set("fhtvb")


def test_learning_and_how_common_a_word_is_both_help(monkeypatch):
    monkeypatch.setattr("dltui.engine.algorithms.spell_check.TESTS", 60)
    monkeypatch.setattr("dltui.engine.algorithms.spell_check.SIZES", (0, 1000))
    monkeypatch.setattr("dltui.engine.algorithms.spell_check.SpellCheck.length", 2)
    full, alike = (SpellCheck(prior, True, 0).at(2).metrics["accuracy"] for prior in (True, False))
    untaught = SpellCheck(True, False, 0).at(2).metrics["accuracy"]
    assert full > alike and full > untaught
