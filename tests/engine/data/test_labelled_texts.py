"""Texts with classes: built in, of the hub, of the user's own; words of the test alone are unknown."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.data import labelled_texts
from dltui.engine.generators import reviews
from dltui.engine.reading.sentences import END, UNKNOWN, as_words
from dltui.errors import DltuiError
from tests.engine.hub_standin import card, standing_in


def silent(told: str) -> None:
    pass


@pytest.fixture(autouse=True)
def _own_cache(home):
    """What is fetched lies in a cache of the test's own."""


def verdict(text: str) -> str:
    """By the rules, read from the text alone: the clause that counts, its adjective, and whether it is negated."""
    text = text.removesuffix(" .")
    if " , but " in text:
        text = text.split(" , but ")[1]
    elif text.startswith("although "):
        text = text.replace(" , i must say ,", "").split(" , ", 1)[1]
    text = text.replace(" , i must say ,", "").split(" , although ")[0].split(" , and ")[-1]
    words = text.split()
    positive = sum(word in reviews.GOOD for word in words) == 1
    assert positive != (sum(word in reviews.BAD for word in words) == 1)
    negated = {"not", "never", "nobody", "nothing"} & set(words)
    return reviews.CLASSES[positive != bool(negated)]


def test_the_class_of_a_review_follows_from_its_words_in_their_order():
    found = reviews.reviews(400, 3)
    assert [verdict(text) for text, _ in found] == [label for _, label in found]
    assert len({text for text, _ in found}) == 400 and reviews.reviews(400, 3) == found
    assert sum(label == "positive" for _, label in found) == 200


def test_built_in_the_test_is_apart_and_a_seed_makes_others():
    data = labelled_texts.build().builtin()
    known = data.vocabularies[0]
    assert len(data.train.targets) == 3000 and data.facts == {"symbols": len(known), "classes": 2}
    texts = [{" ".join(as_words(row, known)) for row in split.inputs} for split in (data.train, data.test)]
    assert not texts[0] & texts[1]
    assert not (labelled_texts.build(seed=1).builtin().train.inputs[:9, :5] == data.train.inputs[:9, :5]).all()


def parquet(texts: list[str], labels: list[int]) -> bytes:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"text": texts, "label": labels}), sink)
    return sink.getvalue().to_pybytes()


def test_the_hubs_copy_is_kept_and_its_rare_words_are_unknown(monkeypatch):
    files = {
        "README.md": card("default"),
        "default/train-0.parquet": parquet(["a good film", "a bad film", "good"], [1, 0, 1]),
        "default/test-0.parquet": parquet(["a bad surprise"], [0]),
    }
    with standing_in(monkeypatch, files) as server:
        first = labelled_texts.build().hub(silent)
        asked = len(server.asked)
        again = labelled_texts.build(length=2).hub(silent)
        assert len(server.asked) == asked
    assert first.test.inputs[0, :4].tolist() == [first.vocabularies[0].index("a"), UNKNOWN, UNKNOWN, END]
    assert first.classes == ("negative", "positive") and first.train.targets.tolist() == [1, 0, 1]
    assert again.train.inputs.shape == (3, 2)


def test_a_label_that_is_no_class_of_the_hubs_is_told(monkeypatch):
    files = {
        "README.md": card("default"),
        "default/train-0.parquet": parquet(["a", "b"], [0, 7]),
        "default/test-0.parquet": parquet(["a"], [0]),
    }
    with standing_in(monkeypatch, files), pytest.raises(DltuiError, match="expected labels from 0 to 1"):
        labelled_texts.build().hub(silent)


def test_ones_own_words_are_those_of_the_training_texts_and_what_is_cut_is_told(tmp_path):
    rows = "".join(f"{'good' if n % 2 else 'bad'} word{n} and more,{n % 2}\n" for n in range(40))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}")
    data = labelled_texts.build(length=3).path(tmp_path / "a.csv", silent)
    assert data.train.inputs.shape[1] == 3 and "40 texts are longer than data.length=3 words: cut" in data.notes
    assert (data.test.inputs[:, 1] == UNKNOWN).all() and len(data.test.targets) == 8
    good = data.vocabularies[0].index("good")
    assert ((data.train.inputs[:, 0] == good) == (data.train.targets == data.classes.index("1"))).all()
