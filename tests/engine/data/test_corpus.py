"""Sentences by rules: their words are of the groups that the rules ask for, and no group is rare."""

import torch

from dltui.engine.data import corpus
from dltui.engine.generators.word_groups import GROUPS, RULES, SLOT, group_of, sentences
from dltui.engine.reading.sentences import UNKNOWN, as_words


def test_every_sentence_follows_a_rule():
    shapes = {tuple(slot[1] if (slot := SLOT.fullmatch(word)) else word for word in rule.split()) for rule in RULES}
    groups = group_of()
    assert {tuple(groups.get(word, word) for word in sentence) for sentence in sentences(500, 0)} == shapes


def test_a_word_is_of_one_group_and_no_rule_names_it():
    words = [word for group in GROUPS.values() for word in group.split()]
    assert len(words) == len(set(words)) == 12 * len(GROUPS)
    assert not set(words) & {word for rule in RULES for word in rule.split()}


def test_each_grouped_word_comes_often_enough_to_be_learned():
    said = [word for sentence in sentences(corpus.ROWS, 0) for word in sentence]
    assert min(said.count(word) for word in group_of()) >= 5


def test_the_data_set_names_every_word_and_its_group_and_is_the_same_each_time():
    data = corpus.build().builtin()
    words, groups = data.vocabularies
    assert len(words) == len(groups) == data.facts["words"] and set(groups) == {"", *data.classes}
    assert not (data.test.inputs == UNKNOWN).any()
    assert torch.equal(corpus.build().builtin().train.inputs, data.train.inputs)
    assert as_words(data.train.inputs[0], words) == sentences(corpus.ROWS + corpus.TEST_ROWS, 0)[0]
