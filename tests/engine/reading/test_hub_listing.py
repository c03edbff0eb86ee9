"""Whatever the hub says of a data set, it is understood, left out, or told in words."""

import json

import pytest

from dltui.engine.reading import hub_listing

COMMIT = "c0ffee" * 6 + "abcd"


def parsed(**told: object) -> hub_listing.Listing:
    return hub_listing.parsed(json.dumps({"sha": COMMIT, **told}).encode())


def test_names_and_sizes():
    assert parsed(siblings=[{"rfilename": "a", "size": 3}, {"rfilename": "b"}]) == (COMMIT, {"a": 3, "b": None})


@pytest.mark.parametrize(
    "answer",
    [b"<html>", b"", b"[]", b"3", b'{"sha": 3}', b'{"sha": "../../x"}', b'{"sha": null}', b"\xff", b"[" * 100_000,
     b'{"sha": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_an_answer_without_a_commit_is_told(answer):
    with pytest.raises(ValueError, match="its answer"):
        hub_listing.parsed(answer)


@pytest.mark.parametrize("siblings", [None, 3, "abc", {"a": 1}, [3, None, {}, {"rfilename": 3}, []]])
def test_files_that_are_not_named_are_left_out(siblings):
    assert parsed(siblings=siblings).sizes == {}


@pytest.mark.parametrize("size", [-1, True, "3", 2.5, None, {}])
def test_a_size_that_is_no_count_is_not_known(size):
    assert parsed(siblings=[{"rfilename": "a", "size": size}]).sizes == {"a": None}


@pytest.mark.parametrize(
    "head",
    ["{", "- a\n- b", "a: b: c", "x: &a [*a]", "!!python/object:os.system {}", "? [a]\n: b", "3", "\t", "a: 1\na: 2",
     "a: " + "[" * 2000, "dataset_info: 2020-13-45"],
)  # fmt: skip
def test_a_readme_with_odd_yaml_is_a_card(head):
    card = hub_listing.card_of(f"---\n{head}\n---\n".encode())
    assert isinstance(card, dict)
