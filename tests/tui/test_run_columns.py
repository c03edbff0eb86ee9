"""The columns of the list of runs: room, texts, order; and how it looks."""

import itertools

import pytest

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.facts import RunFacts
from dltui.runs.run import Run, State
from dltui.tui import run_columns
from dltui.tui.run_columns import COLUMNS, SIGNS, Kept
from dltui.tui.widgets import run_table
from dltui.tui.widgets.run_table import RunTable
from tests.tui.conftest import holding

LOOK = TerminalCapabilities()


@pytest.fixture
def facts(tmp_path):
    """facts("mlp-moons", "done", {"loss": 0.5}, step=9, claim=True) -> a run as it was read; each a minute newer."""
    minute = itertools.count()

    def make(
        name: str = "mlp-moons", status: str = "done", summary: dict | None = None, *, step: int = 100,
        steps: int = 100, seconds: float = 3.0, claim: bool | None = None, **overrides: object,
    ) -> RunFacts:  # fmt: skip
        made = RunFacts(Run(tmp_path / f"{name}-20260101-12{next(minute):02}00-abcd"))
        expect = [] if claim is None else [{"name": "accuracy", "ok": claim}]
        made._state = State(status, step, steps, summary or {}, expect, seconds, "")
        made._info = {"overrides": overrides}
        made.live = made._state.live
        return made

    return make


# -- room --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(4, 240, 7))
@pytest.mark.parametrize("longest", [0, 9, 60])
def test_the_columns_take_exactly_the_room_there_is(width, longest):
    widths = run_columns.laid_out(width, longest)
    assert sum(widths.values()) + SIGNS == width and min(widths.values()) > 0
    assert list(widths) == [column.name for column in COLUMNS if column.name in widths]


def test_a_wide_list_has_every_column():
    assert list(run_columns.laid_out(119, 20)) == [column.name for column in COLUMNS]
    assert run_columns.laid_out(79, 17)["run"] == 19, "the longest name and a gap"
    assert run_columns.laid_out(79, 30)["run"] == 32, "the values give way"


# -- texts -------------------------------------------------------------------------------------------------------------


def text(name: str, run: RunFacts, cells: int = 40, value: str = "") -> str:
    return run_columns.text(name, run, Kept(run.created + 90, value), cells, LOOK)


def test_what_stands_in_the_columns(facts):
    run = facts(step=1500, steps=3000, seconds=75.0, status="stopped", lr=0.1, kind="sgd")
    assert [text(name, run) for name in ("run", "status", "steps", "time", "age", "changed")] == [
        "mlp-moons", "stopped", "50 %", "1:15", "1 min", "lr=0.1, kind=sgd",
    ]  # fmt: skip
    assert text("steps", facts(step=3000, steps=3000)) == "3,000" and text("steps", facts(step=5, steps=0)) == "5"


def test_as_many_values_as_have_room_and_of_a_long_name_the_number(facts):
    run = facts(summary={"line.accuracy": 0.88, "net.accuracy": 0.99})
    assert text("value", run) == "line.accuracy 0.880  net.accuracy 0.990"
    assert text("value", run, 38) == "line.accuracy 0.880"
    assert text("value", run, 12) == "line.… 0.880"


def test_one_metric_with_its_variants_where_they_have_room(facts):
    run = facts(summary={"line.accuracy": 0.88, "net.accuracy": 0.99})
    assert text("value", run, value="accuracy") == "line 0.880  net 0.990"
    assert text("value", run, 15, value="accuracy") == "0.880  0.990"
    assert text("value", facts(summary={"accuracy": 0.5}), value="accuracy") == "0.500"
    assert text("value", run, value="fid") == ""


def test_a_run_that_was_not_read_has_its_name_and_its_age(tmp_path):
    run = RunFacts(Run(tmp_path / "mlp-moons-20260101-120000-abcd"))
    assert [text(column.name, run) for column in COLUMNS] == ["mlp-moons", "...", "", "", "", "1 min", ""]
    assert not run.is_read and run_columns.kind(run) == "unread"


@pytest.mark.parametrize(
    ("status", "claim", "kind"),
    [("running", None, "live"), ("paused", None, "live"), ("done", True, "met"), ("done", False, "missed"),
     ("done", None, "ran"), ("stopped", None, "ran"), ("failed", None, "failed"), ("diverged", None, "failed"),
     ("lost", None, "failed")],
)  # fmt: skip
def test_how_a_run_stands(facts, status, claim, kind):
    assert run_columns.kind(facts(status=status, claim=claim)) == kind


# -- order -------------------------------------------------------------------------------------------------------------


def test_live_ones_stand_first_whatever_the_order_is(facts):
    old, live, new = facts(seconds=9.0), facts(status="running", seconds=5.0), facts(seconds=1.0)
    for column in COLUMNS:
        for down in (False, True):
            assert run_columns.ordered([new, live, old], column.name, down, "")[0] is live
    assert run_columns.ordered([new, live, old], "time", True, "") == [live, old, new]


def test_equals_stay_with_the_newest_first_and_those_without_a_value_come_last(facts):
    none, first, second = facts(), facts(summary={"auc": 0.5}), facts(summary={"auc": 0.5})
    nan = facts(summary={"auc": float("nan")})
    for down in (False, True):
        found = run_columns.ordered([nan, second, first, none], "value", down, "auc")
        assert found == [second, first, nan, none]


def test_of_variants_the_one_counts_that_comes_first(facts):
    wide, narrow = facts(summary={"a.auc": 0.1, "b.auc": 0.9}), facts(summary={"a.auc": 0.4, "b.auc": 0.5})
    assert run_columns.ordered([narrow, wide], "value", True, "auc") == [wide, narrow]
    assert run_columns.ordered([narrow, wide], "value", False, "auc") == [wide, narrow]


def test_what_comes_first_where_a_column_is_chosen():
    assert run_columns.down_first("value", "accuracy", "higher")
    assert not run_columns.down_first("value", "test_loss", "lower")
    assert run_columns.down_first("time", "", "") and not run_columns.down_first("run", "", "")


# -- how it looks ------------------------------------------------------------------------------------------------------


async def test_the_table_looks_as_it_was_looked_at(facts, case, golden, monkeypatch):
    runs = [
        facts(status="running", step=1200, steps=6000, summary={"fid": 41.2, "generator": 0.71}, seconds=75),
        facts("gan-mnist", claim=True, summary={"accuracy": 0.991, "loss": 0.0421}, step=6000, steps=6000),
        facts("logistic-regression", claim=False, summary={"accuracy": 0.4}, **{"optimizer.lr": 1e-5}),
        facts("vit", "diverged", step=30, summary={"loss": float("nan")}),
        facts("a-name-that-is-much-too-long-for-a-column", "stopped", step=99_999, steps=1_500_000, seconds=12345),
    ]
    monkeypatch.setattr(run_table.time, "time", lambda: runs[-1].created + 100)
    table = RunTable()
    async with holding(table, case.look, (case.width, case.height)) as pilot:
        table.show(runs, "")
        await pilot.press("down", "space")
        golden("run-table", pilot)
