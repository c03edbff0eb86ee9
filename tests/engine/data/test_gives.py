"""What each data kind says in GIVES is what its built-in rows are: an error that names a kind must not be wrong."""

import pytest
import torch

from dltui.engine.contracts import kinds
from dltui.engine.contracts.rows import WORDS, Rows
from dltui.recipes import schema

METHODS = {"classes": "labelled", "labels": "multi_labelled"}  # of Rows, where they are not called like the word
# options of a kind that gives one word or another
OPTIONS = {
    ("bundled_table", "values"): {"name": "diabetes"},
    ("faces", "keypoints"): {"targets": "landmarks"},
    ("faces", "labels"): {"targets": "traits"},
    ("scenes", "instances"): {"targets": "instances"},
    ("films", "sequences"): {"show": "stories"},
    ("films", "target_pictures"): {"show": "balls"},
    ("scenes", "labels"): {"targets": "classes"},
    ("scenes", "sequences"): {"targets": "captions"},
    ("sentences", "sequences"): {"targets": "translation"},
}
KINDS = {kind: schema.find("data", kind).constants.get("GIVES", ()) for kind in schema.own_kinds("data")}


@pytest.mark.parametrize("kind", KINDS)
def test_the_built_in_rows_are_what_the_kind_says(kind):
    assert KINDS[kind], "every data kind says what its rows are"
    made: dict[str, Rows] = {}
    for word in KINDS[kind]:
        options = OPTIONS.get((kind, word), {})
        if str(options) not in made:
            data = kinds.module("data", kind).build(**options).builtin()
            made[str(options)] = Rows(data, torch.device("cpu"), kind)
        getattr(made[str(options)], METHODS.get(word, word))()  # raises where they are not


def test_every_word_is_given_by_some_kind():
    assert {word for words in KINDS.values() for word in words} == WORDS.keys()
