"""The order of the runs and the value that is shown of each: chosen by keys, remembered."""

import json

from dltui.runs.events import EventLog
from dltui.runs.run import Run
from dltui.tui.widgets.table_head import TableHead
from tests.tui.conftest import rows, until
from tests.tui.runs.conftest import listed, listing, screen


async def test_s_goes_through_the_columns_and_S_turns_the_order_round(three):
    moons, gan, mnist = (run.id for run in three)
    async with listing((120, 40)) as pilot:
        for title, order in (
            ("CHANGED ↑", [moons, mnist, gan]),  # those without a value last, the newest first
            ("RUN ↑", [gan, mnist, moons]),
            ("STATUS ↑", [moons, mnist, gan]),
            ("STEPS ↓", [moons, mnist, gan]),
            ("VALUES ↓", [mnist, gan, moons]),
            ("TIME ↓", [mnist, gan, moons]),
            ("AGE ↑", [mnist, gan, moons]),
        ):
            await pilot.press("s")
            await until(pilot, lambda title=title: title in rows(pilot)[1])
            assert listed(pilot) == order, title
        await pilot.press("S")
        assert listed(pilot) == [moons, gan, mnist] and "AGE ↓" in rows(pilot)[1]


async def test_a_click_at_a_title_sorts(three):
    async with listing() as pilot:
        await pilot.click(TableHead, offset=(4, 0))
        assert (screen(pilot).listing.by, screen(pilot).listing.down) == ("run", False)
        await pilot.click(TableHead, offset=(4, 0))
        assert (screen(pilot).listing.by, screen(pilot).listing.down) == ("run", True)


async def test_v_shows_one_metric_and_sorts_by_what_is_better(three):
    async with listing((120, 40)) as pilot:
        for run, value in zip(three, (0.3, 0.2, float("nan")), strict=True):
            end(run, {"loss": value, "auc": value, "x.knn": 1.0})
        screen(pilot).index.look_again()
        await until(pilot, lambda: sorted(screen(pilot).index.names()) == ["auc", "loss", "x.knn"])
        for key, title in (("v", "loss"), ("v", "auc"), ("v", "knn"), ("v", "VALUES"), ("V", "knn"), ("V", "auc")):
            await pilot.press(key)
            await until(pilot, lambda title=title: title in rows(pilot)[1])
        screen(pilot)._sort_by("value")
        assert listed(pilot) == [three[0].id, three[1].id, three[2].id], "a score: the greatest first"
        await pilot.press("V")
        screen(pilot)._sort_by("value")
        assert listed(pilot) == [three[1].id, three[0].id, three[2].id], "a loss: the least first; NaN has no place"


def end(run: Run, summary: dict[str, float]) -> None:
    """Writes another end of a run."""
    run.log.unlink()
    log = EventLog(run.log)
    better = {"loss": {"better": "lower"}, "auc": {"better": "higher"}}
    log.write("started", step=0, steps=9, series=[""], metrics=better)
    ended = {"status": "done", "exit": 0, "step": 9, "steps": 9, "seconds": 1.0, "error": "", "expect": []}
    log.write("finished", **ended, summary=summary)
    log.close()


async def test_the_order_is_remembered(three, home):
    async with listing() as pilot:
        await pilot.press("s", "S", "v")
        path = home / "settings.json"
        await until(pilot, lambda: path.exists() and "runs.value" in path.read_text())
    saved = json.loads((home / "settings.json").read_text())
    assert (saved["runs.sort"], saved["runs.down"], saved["runs.value"]) == ("run", True, "accuracy")
    async with listing() as pilot:
        assert "RUN ↓" in rows(pilot)[1] and "accuracy" in rows(pilot)[1]
