"""Whatever the hub says of a data set, it is understood, left out, or told in words."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.engine.reading import hub_listing

COMMIT = "c0ffee" * 6 + "abcd"


def parsed(**told: object) -> hub_listing.Listing:
    return hub_listing.parsed(json.dumps({"sha": COMMIT, **told}).encode())


def test_names_sizes_and_the_card():
    listing = parsed(siblings=[{"rfilename": "a", "size": 3}, {"rfilename": "b"}], cardData={"license": "mit"})
    assert listing == (COMMIT, {"a": 3, "b": None}, {"license": "mit"})


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


def test_files_that_match_are_told_apart_and_counted():
    names = ["b/train-1", "b/train-0", "b/train-/../../x", "c"]
    listing = parsed(siblings=[{"rfilename": name} for name in names])
    assert hub_listing.matching(listing, "b/train-*") == ["b/train-0", "b/train-1"]
    with pytest.raises(ValueError, match=r"expected files d, found b/train"):
        hub_listing.matching(listing, "d")
    many = parsed(siblings=[{"rfilename": f"a{number}"} for number in range(101)])
    with pytest.raises(ValueError, match="at most 100 files"):
        hub_listing.matching(many, "a*")


def test_promised_rows_of_the_configuration():
    infos = [{"config_name": name, "splits": [{"name": "train", "num_examples": n}]} for n, name in enumerate("ab")]
    assert hub_listing.promised_rows({"dataset_info": infos}, "b") == {"train": 1}
    assert hub_listing.promised_rows({"dataset_info": infos[0]}, "a") == {"train": 0}


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["train", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["dataset_info", "config_name", "splits", "name", "num_examples"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(infos=ODD)
def test_an_odd_card_promises_nothing_and_breaks_nothing(infos):
    for split, rows in hub_listing.promised_rows({"dataset_info": infos}, "a").items():
        assert isinstance(split, str) and type(rows) is int


@pytest.mark.parametrize(
    "head",
    ["{", "- a\n- b", "a: b: c", "x: &a [*a]", "!!python/object:os.system {}", "? [a]\n: b", "3", "\t", "a: 1\na: 2",
     "a: " + "[" * 2000, "dataset_info: 2020-13-45"],
)  # fmt: skip
def test_a_readme_with_odd_yaml_is_a_card_without_promises(head):
    card = hub_listing.card_of(f"---\n{head}\n---\n".encode())
    assert isinstance(card, dict) and hub_listing.promised_rows(card, "a") == {}
