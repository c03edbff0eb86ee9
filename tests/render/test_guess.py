"""How a guess is judged once the run has come to its end, and how it stands beside the curve."""

from array import array

import pytest

from dltui.recipes import recipe as recipes
from dltui.render import guess, plots
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from tests.recipes.test_prediction import ASKED

METRICS = {"accuracy": {"better": "higher", "range": [0, 1]}, "loss": {"better": "lower"}}


def recipe(**changes: object):
    table = {**recipes.load("mlp-moons").table, "predict": {**ASKED, **changes}}
    return recipes.of_table(table, None)


def history(value: object, answer: str = "net.accuracy", status: str = "done", language: str = "en") -> History:
    told = [
        {"kind": "guess", "answer": answer, "value": value, "language": language},
        {"kind": "started", "step": 0, "steps": 100, "series": ["line", "net"], "metrics": METRICS, "data": {}},
        {"kind": "scalars", "series": "net", "step": [10, 100], "values": {"accuracy": [0.5, 0.98], "loss": [9, 0.1]}},
        {"kind": "finished", "status": status, "step": 100, "steps": 100, "seconds": 1.0, "expect": [],
         "summary": {"net.accuracy": 0.98, "line.accuracy": 0.8, "net.loss": 0.1, "line.loss": 0.4}},
    ]  # fmt: skip
    found = History()
    found.take([event | {"seq": place, "t": float(place)} for place, event in enumerate(told)])
    return found


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.98, "right", "You guessed 0.980: right. So."),
        (0.94, "near", "You guessed 0.940; it is 0.980: close. So."),
        (0.6, "far", "You guessed 0.600; it is 0.980. So."),
    ],
)
def test_a_number_is_judged_by_how_far_off_it_is(value, kind, text):
    assert guess.judged(history(value), recipe()) == (kind, text)


def test_of_a_value_without_a_range_a_quarter_of_it_is_close():
    asked = recipe(answer="net.loss")
    kinds = [guess.judged(history(value, "net.loss"), asked).kind for value in (0.1, 0.12, 0.13)]
    assert kinds == ["right", "near", "far"]


@pytest.mark.parametrize(("metric", "best"), [("accuracy", "net"), ("loss", "net")])
def test_the_best_variant_is_what_the_metric_says_is_better(metric, best):
    asked = recipe(answer=metric, choice=["line", "net"])
    assert guess.judged(history(best, metric), asked) == ("right", f"You guessed {best}: right. So.")
    assert guess.judged(history("line", metric, language="ru"), asked).text.startswith(
        "Ваш ответ line, а лучше всех net."
    )


def test_a_shape_is_judged_by_the_whole_curve():
    asked = recipe(answer="net.loss", shape=True)
    for language, told in (("en", "the curve falls then rises. So."), ("ru", "на деле кривая падает, затем растёт.")):
        found = history("falls", "net.loss", language=language)
        found.curves["net", "loss"].values[:] = array("d", [3, 1, 2])
        found.curves["net", "loss"].steps[:] = array("q", [1, 2, 3])
        verdict = guess.judged(found, asked)
        assert verdict.kind == "far" and told in verdict.text
    right = history("falls then rises", "net.loss")
    right.curves["net", "loss"].values[:] = array("d", [3, 1, 2])
    assert guess.judged(right, asked).kind == "right"


def test_nothing_is_judged_before_the_end_or_of_another_question():
    assert guess.judged(history(0.98, status="stopped"), recipe()) is None
    assert guess.judged(history(0.98, answer="line.accuracy"), recipe()) is None
    assert guess.judged(history(0.98), recipes.load("lenet-mnist")) is None
    assert guess.judged(history(float("nan")), recipe()) is None, "a log that somebody else wrote"


def test_a_guess_is_a_level_line_beside_its_curve_unless_it_lies_far_off():
    look = TerminalCapabilities()
    told = "\n".join("".join(part.text for part in line) for line in
                     plots.draw(history(0.7), ["accuracy"], 60, 12, look).lines)  # fmt: skip
    assert "your guess" in told and "0.700" in told
    key = [("net", "loss")]
    assert plots.guessed(history(2.0, "net.loss"), key).value == 2.0
    assert plots.guessed(history(500.0, "net.loss"), key) is None, "it would press the curve flat"
    assert plots.guessed(history(0.7), key) is None, "it is another curve's"


@pytest.mark.parametrize(("given", "ends"), [({}, [0, 100]), ({"x_min": 20, "x_max": 60}, [20, 60])])
def test_its_line_goes_from_edge_to_edge_of_what_is_seen(given, ends, monkeypatch):
    """Of a run that goes on, the axis ends long before the last step, and a line to there was a dot."""
    drawn = []
    monkeypatch.setattr(plots.curves, "draw", lambda curves, *_, **how: drawn.extend(curves))
    plots.draw(history(0.7), ["accuracy"], 60, 12, TerminalCapabilities(), **given)
    assert drawn[-1] == ("your guess", ends, [0.7, 0.7])
