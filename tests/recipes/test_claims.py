"""Claims: their grammar, and that a missing or NaN value never meets one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.recipes import claims

FINITE = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("want", "summary", "ok"),
    [
        (">= 0.95", {"x": 0.95}, True),
        (">= 0.95", {"x": 0.9499}, False),
        ("> 1", {"x": 1}, False),
        ("<3e-2", {"x": 0.02}, True),
        ("<= -1.5", {"x": -2}, True),
        ("== 3", {"x": 3.0}, True),
        (3, {"x": 3.0}, True),
        (0.5, {"x": 0.6}, False),
        ("<= y", {"x": 1, "y": 1}, True),
        ("<= 0.5 * x.first", {"x": 2, "x.first": 4}, True),
        ("<= 0.5*x.first", {"x": 2.1, "x.first": 4}, False),
        (">= sgd.accuracy + 0.05", {"x": 0.9, "sgd.accuracy": 0.84}, True),
        (">= sgd.accuracy + 0.05", {"x": 0.88, "sgd.accuracy": 0.84}, False),
        ("<= 2 * y - 1", {"x": 3, "y": 2}, True),
        ("< inf", {"x": 1.0}, False),  # a name that no summary has
    ],
)
def test_judgement(want, summary, ok):
    assert claims.parse("x", want).judged(summary)["ok"] is ok


@pytest.mark.parametrize(
    "want", ["0.95", "=> 1", ">= ", "", ">= 1 2", ">= a b", ">= 1 * 2", "!= 1", True, None, [1], {}]
)
def test_what_is_no_claim_is_told_in_words(want):
    with pytest.raises(ValueError, match="must be like"):
        claims.parse("x", want)


@given(st.sampled_from(sorted(claims.OPERATORS)), FINITE)
def test_missing_and_nan_are_never_ok(op, number):
    parsed = claims.parse("x", f"{op} {number!r}")
    assert not parsed.judged({})["ok"]
    assert not parsed.judged({"x": math.nan})["ok"]
    against = claims.parse("x", f"{op} other")
    assert not against.judged({"x": number})["ok"]
    assert not against.judged({"x": number, "other": math.nan})["ok"]


@given(st.sampled_from(sorted(claims.OPERATORS)), FINITE, FINITE)
def test_a_number_is_read_as_python_reads_it(op, number, got):
    assert claims.parse("x", f"{op} {number!r}").judged({"x": got})["ok"] is claims.OPERATORS[op](got, number)


def test_what_finished_holds():
    judged = claims.parse("adam.fid", "<= 0.5 * adam.fid.first").judged({"adam.fid": 3.0, "adam.fid.first": 5.0})
    assert judged == {"name": "adam.fid", "want": "<= 0.5 * adam.fid.first = 2.5", "got": 3.0, "ok": False}
    assert claims.parse("x", ">= 1").judged({}) == {"name": "x", "want": ">= 1", "got": None, "ok": False}


@pytest.mark.parametrize(
    ("name", "metric"),
    [("accuracy", "accuracy"), ("adam.fid", "fid"), ("adam.fid.first", "fid"), ("fid.min", "fid"), ("first", "first")],
)
def test_metric_of(name, metric):
    assert claims.metric_of(name) == metric
