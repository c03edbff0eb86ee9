"""Names as CoNLL counts them."""

import pytest

from dltui.engine.metrics.entities import broken, entities, f1


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        ("B-PER I-PER O", {(0, 2, "PER")}),
        ("B-PER B-PER", {(0, 1, "PER"), (1, 2, "PER")}),
        ("O I-LOC I-LOC", {(1, 3, "LOC")}),
        ("B-PER I-LOC O B-ORG", {(0, 1, "PER"), (1, 2, "LOC"), (3, 4, "ORG")}),
        ("O O", set()),
    ],
)
def test_where_names_begin_and_end(tags, names):
    assert entities(tags.split()) == names


def test_broken_names_are_counted():
    assert broken(["O", "I-LOC", "I-LOC", "B-PER", "I-ORG", "I-ORG"]) == 2
    assert broken(["B-LOC", "I-LOC", "O", "B-PER", "I-PER"]) == 0
    assert broken(["I-PER"]) == 1


def test_a_name_counts_only_whole():
    true = [{(0, 2, "PER"), (3, 4, "LOC")}, set()]
    assert f1(true, true) == 1 and f1([set(), set()], [set(), set()]) == 0
    assert f1([{(0, 1, "PER"), (3, 4, "LOC")}, {(0, 1, "ORG")}], true) == pytest.approx(2 / 5)
