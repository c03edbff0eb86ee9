"""Dependency parsing: moves that build every tree, a parser that always ends in one, a net that learns and resumes."""

import pytest
import torch

from dltui.engine.algorithms.dependency_parsing import LEFT, RIGHT, SHIFT, Parse, build, heads_of, oracle, tree
from dltui.engine.generators.trees import ROOT, Phrase, headed, sentences
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**{"train_rows": 150, "hidden": 32, "embedding": 12, **options})(context())


def is_tree(heads):
    """Whether the heads of the words 1..n, of which one is the root's, lead to it without a circle."""
    for place in range(1, len(heads)):
        seen = set()
        while place and place not in seen:
            seen.add(place)
            place = heads[place]
        if place:
            return False
    return heads[1:].count(0) == 1


def test_phrases_are_joined_under_their_heads():
    dog = headed([headed([], "the")], "dog", [headed([headed([], "with")], "tail")])
    saw = headed([headed([], "she")], "saw", [dog])
    assert saw == Phrase(["she", "saw", "the", "dog", "with", "tail"], [1, ROOT, 3, 1, 5, 3])


def test_every_sentence_has_one_projective_tree():
    for phrase in sentences(300, 4):
        heads = heads_of(phrase)
        assert is_tree(heads)
        arcs = [sorted((child, head)) for child, head in enumerate(heads) if child]
        assert not any(a < c < b < d for a, b in arcs for c, d in arcs)


def test_the_oracle_builds_the_tree_in_two_moves_a_word():
    for phrase in sentences(200, 3):
        parse, heads, moves = Parse(len(phrase.words)), heads_of(phrase), 0
        while not parse.done:
            kind = oracle(parse, heads)
            assert parse.allowed()[kind]
            parse.move(kind)
            moves += 1
        assert parse.heads == heads and moves == 2 * len(phrase.words)


def test_a_sentence_of_three_words_by_hand():
    """ "she saw dogs": shift, shift, left-arc, shift, right-arc, right-arc."""
    parse, moves = Parse(3), []
    while not parse.done:
        moves.append(oracle(parse, [-1, 2, 0, 2]))
        parse.move(moves[-1])
    assert moves == [SHIFT, SHIFT, LEFT, SHIFT, RIGHT, RIGHT]


@torch.no_grad()
def test_an_untrained_net_gives_trees_too():
    process = made()
    assert all(is_tree(parse.heads) for parse in process.parsed(process.test)[0])


@pytest.mark.parametrize(("sees", "shown"), [("both", 10), ("stack", 7), ("buffer", 3)])
def test_what_is_hidden_is_hidden(sees, shown):
    assert (made(sees=sees).seen != 0).any(0).sum() == shown


@torch.no_grad()
def test_it_learns_and_goes_on_where_it_was():
    process = made()
    assert not {tuple(phrase.words) for phrase in sentences(150, 0)} & {tuple(phrase.words) for phrase in process.test}
    for _ in range(100):
        process.step()
    found = process.evaluate()
    assert found["uas"] > found["lookup"] + 0.1
    copy = made()
    copy.load_state_dict(process.state_dict())
    losses = []
    for one in (process, copy):
        torch.manual_seed(7)
        losses.append([one.step()["loss"] for _ in range(3)])
    assert losses[0] == losses[1]
    assert [one.pane for one in process.pictures()] == ["moves", "accuracy by distance", "tree"]


def test_the_tree_is_drawn_word_by_word():
    drawn = tree(["she", "saw", "dogs"], [-1, 2, 0, 1], [-1, 2, 0, 2])
    assert drawn.splitlines() == ["  ┌ she", "saw", "    └ dogs  (wrong: under saw)"]
