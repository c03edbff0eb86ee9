"""Sentences with declined nouns: the words that only the test has are numbered, and never trained on."""

import torch

from dltui.engine.data import declined_nouns
from dltui.engine.reading.sentences import NO_TAG, SPECIAL


def test_new_words_stand_last_and_in_no_training_row():
    data = declined_nouns.build(train_rows=600, test_rows=100).builtin()
    seen, tested = (set(part.inputs.unique().tolist()) for part in (data.train, data.test))
    new = tested - seen
    assert len(new) > 20 and min(new) > max(seen) and max(new) < data.facts["symbols"]


def test_the_tag_of_a_form_is_its_noun():
    data = declined_nouns.build(train_rows=600, test_rows=100).builtin()
    words, rows = data.vocabularies[0], data.train
    there = rows.targets != NO_TAG
    for word, tag in set(zip(rows.inputs[there].tolist(), rows.targets[there].tolist(), strict=True)):
        noun = data.classes[tag]
        assert words[word].startswith(noun.removesuffix("а"))
    assert not there[rows.inputs < len(SPECIAL)].any()


def test_the_seed_decides_what_is_held_out():
    one, other = (declined_nouns.build(train_rows=100, test_rows=50, seed=seed).builtin() for seed in (0, 1))
    assert one.vocabularies != other.vocabularies
    assert torch.equal(one.train.inputs, declined_nouns.build(train_rows=100, test_rows=50).builtin().train.inputs)
