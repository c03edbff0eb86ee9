"""The summary's values and the claims made of them."""

import math

from dltui.engine.training.summary import Summary
from dltui.recipes.claims import parse


def test_first_last_least_greatest():
    summary = Summary()
    for value in (5.0, 1.0, 9.0, 2.0):
        summary.take("", {"fid": value})
    wanted = {"fid": "<= 2", "fid.first": ">= 5", "fid.min": "<= 1", "fid.max": ">= 9"}
    assert all(item["ok"] for item in summary.judged([parse(*claim) for claim in wanted.items()]))
    assert summary.last() == {"fid": 2.0}


def test_names_begin_with_the_variant_and_claims_compare_two():
    summary = Summary()
    summary.take("line", {"accuracy": 0.8})
    summary.take("net", {"accuracy": 0.9})
    assert summary.last() == {"line.accuracy": 0.8, "net.accuracy": 0.9}
    (item,) = summary.judged([parse("net.accuracy", ">= 1.1 * line.accuracy")])
    assert item["ok"] and item["got"] == 0.9 and "0.88" in item["want"]


def test_nan_and_what_is_missing_meet_no_claim():
    summary = Summary()
    summary.take("", {"loss": math.nan})
    judged = summary.judged([parse("loss", "<= 1"), parse("loss", ">= 1"), parse("gone", "<= 1")])
    assert not any(item["ok"] for item in judged)


def test_what_is_saved_is_json_and_comes_back():
    import json

    summary = Summary()
    summary.take("a", {"x": 1.0, "y": math.nan})
    back = Summary(json.loads(json.dumps(summary.saved(), allow_nan=False)))
    assert back.last()["a.x"] == 1.0 and math.isnan(back.last()["a.y"])
