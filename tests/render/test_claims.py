"""Claims while a run goes by its newest values, and as they were judged at its end."""

import pytest

from dltui.recipes.metric import Metric
from dltui.recipes.recipe import Recipe
from dltui.render import claims
from dltui.runs.history import History
from tests.render import fake_run
from tests.render.conftest import LOOKS, plain


def recipe(**expect: str) -> Recipe:
    return Recipe("x", "", None, {"title": "x", "task": {"kind": "classify"}, "expect": expect})


def history(source: str = "builtin") -> History:
    found = History()
    found.take(
        [
            {"kind": "started", "t": 1.0, "step": 0, "steps": 10, "series": ["a"], "data": {"from": source}},
            {"kind": "scalars", "t": 2.0, "series": "a", "step": [1, 2, 3], "values": {"loss": [4.0, 0.5, 1.0]}},
        ]
    )
    return found


@pytest.mark.parametrize(
    ("name", "want", "got", "ok"),
    [
        ("a.loss", "<= 1", 1.0, True), ("a.loss", "< 1", 1.0, False), ("a.loss.min", "<= 0.5", 0.5, True),
        ("a.loss", "<= 0.25 * a.loss.first", 1.0, True), ("a.loss.max", "<= 3", 4.0, False),
        ("a.accuracy", ">= 0.9", None, False), ("a.loss", "<= 2 * a.accuracy", 1.0, False),
    ],
)  # fmt: skip
def test_the_newest_values_are_judged(name, want, got, ok):
    found = claims.judged(history(), recipe(**{name: want}))
    assert [(one["name"], one["got"], one["ok"]) for one in found] == [(name, got, ok)]


def test_users_own_data_promise_nothing():
    assert claims.judged(history("path"), recipe(**{"a.loss": "<= 1"})) == []


def test_what_is_not_known_yet_is_a_question_mark():
    found = claims.judged(history(), recipe(**{"a.accuracy": ">= 0.9"}))
    assert "a.accuracy >= 0.9  now ?" in plain([claims.line(found, {}, 80, LOOKS["true"])])[0]


def test_many_claims_take_few_lines_and_none_is_hidden_by_those_that_are_met():
    met = [{"name": f"metric_{number}", "want": ">= 0", "got": number / 7, "ok": True} for number in range(20)]
    missed = [{"name": "missed", "want": ">= 1", "got": 0.5, "ok": False}]
    for width in (40, 80, 120):
        drawn = plain(claims.brief([*met, *missed], {}, width, 3, LOOKS["true"]))
        assert len(drawn) == 3 and max(map(len, drawn)) <= width
        assert "missed >= 1" in drawn[0]
        seen, left_out = sum(line.count("metric_") for line in drawn), int(drawn[-1].split("+")[-1])
        assert seen + left_out == len(met)
    assert claims.brief(met[:3], {}, 80, 3, LOOKS["true"]) == claims.lines(met[:3], {}, 80, LOOKS["true"])


LONG = {"name": "digits.reconstruction_error", "ok": True, "got": 0.00092,
        "want": "<= 0.1 * digits.reconstruction_error.first = 0.007342"}  # fmt: skip
MISSED = {"name": "accuracy", "want": ">= 0.985", "got": 0.829, "ok": False}


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_was_got_is_never_cut(width):
    for line in plain(claims.lines([LONG, MISSED], {}, width, LOOKS["true"])):
        assert line.rstrip().endswith(("got 9.2e-4", "got 0.829"))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_on_the_live_line_no_claim_is_cut_in_two_and_what_is_not_met_comes_first(width):
    text = plain([claims.line([LONG] * 4 + [MISSED], {}, width, LOOKS["true"])])[0]
    assert text.startswith("claim  accuracy >= 0.985  now 0.829")
    assert text.count("now 9.2e-4 ✓") + 1 + int(text.rpartition("+")[2]) == 5


def test_a_count_has_no_places():
    counted = {"rules": Metric("", whole=True)}
    one = {"name": "net.rules", "want": "== 8", "got": 8.0, "ok": True}
    assert claims.phrase(one, counted) == "net.rules 8 == 8"
    assert plain(claims.lines([one], counted, 40, LOOKS["true"]))[0].rstrip().endswith("got 8")


def test_at_the_end_the_engine_has_the_last_word(tmp_path):
    fake = fake_run.lenet(tmp_path)
    judged = {"name": "accuracy", "want": ">= 0.985", "got": 0.98, "ok": False}
    fake.finished(3000, expect=[judged])
    assert claims.judged(fake.history(), fake.recipe) == [judged]
