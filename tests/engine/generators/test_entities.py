"""Sentences with names: each name is whole, and what it is often stands only behind it."""

from dltui.engine.data.sentences import build
from dltui.engine.generators.entities import SHARED, TAGS, sentences
from dltui.engine.metrics.entities import broken, entities
from dltui.engine.reading.sentences import NO_TAG, UNKNOWN


def test_no_name_is_broken_and_all_tags_come():
    found = sentences(300, 0)
    assert {tag for sentence in found for _, tag in sentence} == set(TAGS)
    assert all(broken([tag for _, tag in sentence]) == 0 for sentence in found)
    assert all(1 <= len(entities([tag for _, tag in sentence])) <= 2 for sentence in found)
    assert found == sentences(300, 0) != sentences(300, 1)


def test_the_same_name_is_of_every_kind():
    kinds = {word: set() for word in SHARED}
    for sentence in sentences(2000, 0):
        for word, tag in sentence:
            if word in kinds and tag.startswith("B-"):
                kinds[word].add(tag[2:])
    assert all(of == {"PER", "LOC", "ORG"} for of in kinds.values())


def test_rare_names_are_unknown_in_training_too():
    """Or the embedding of the unknown word would never be trained."""
    data = build(targets="entities").builtin()
    assert data.classes == TAGS
    for split in (data.train, data.test):
        named = split.targets > 0
        share = (split.inputs[named] == UNKNOWN).float().mean()
        assert 0.1 < share < 0.6
        assert ((split.targets == NO_TAG) == (split.inputs == 0)).all()
