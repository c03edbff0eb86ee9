"""What is done to runs by keys: compared, deleted, exported, copied, resumed."""

import pytest

from dltui.jobs import launch
from dltui.runs import repeat_command
from dltui.runs import run as runs
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run
from dltui.tui import run_chores
from tests.tui.conftest import rows, says, told, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.runs.conftest import listed, listing, screen


async def test_space_marks_and_c_compares_what_is_marked(three):
    async with listing() as pilot:
        await pilot.press("c")
        await until(pilot, lambda: says(pilot, "Mark two runs or more with space"))
        await pilot.press("space", "down", "space")
        assert says(pilot, "2 marked") and "◆" in rows(pilot)[2] and "◆" not in rows(pilot)[3]
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.asked == [[three[2], three[0]]])
        await pilot.press("space", "up", "c")
        await until(pilot, lambda: pilot.app.asked[1:] == [[three[2], three[1]]])


async def test_x_deletes_after_a_question(three):
    async with listing() as pilot:
        await pilot.press("x")
        await until(pilot, lambda: says(pilot, f"Delete {three[2].id} for good?"))
        await pilot.press("n")
        assert three[2].path.exists() and screen(pilot).table.has_focus
        await pilot.press("x")
        await pilot.press("x")
        await until(pilot, lambda: not three[2].path.exists() and says(pilot, "1 run deleted."))
        assert listed(pilot) == [three[1].id, three[0].id]
        await pilot.press("a", "x")
        await until(pilot, lambda: says(pilot, "Delete 2 runs for good: "))
        await pilot.press("ч")  # x on a Russian keyboard
        await until(pilot, lambda: not runs.newest_first() and says(pilot, "No runs yet"))


async def test_what_goes_on_is_not_deleted(three):
    engine = FakeEngine().start()
    async with listing() as pilot:
        await pilot.press("a", "x")
        await until(pilot, lambda: says(pilot, f"{engine.run.id} goes on: open it and stop it first."))
        assert len(runs.newest_first()) == 4
    engine.die()


async def test_a_run_that_cannot_be_deleted_is_told(three, monkeypatch):
    def refused(run: Run) -> None:
        raise PermissionError(13, "Permission denied", str(run.path))

    async with listing() as pilot:
        monkeypatch.setattr(runs, "remove", refused)
        await pilot.press("x", "x")
        await until(pilot, lambda: told(pilot) == [f"{three[2].path}: Permission denied."])
        assert len(listed(pilot)) == 3


async def test_e_writes_the_numbers_into_the_current_folder(three, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with listing() as pilot:
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert f"{three[2].id}.csv (50 rows)" in told(pilot)[0]
        lines = (tmp_path / f"{three[2].id}.csv").read_text().splitlines()
        assert lines[0] == "series,step,loss,accuracy" and len(lines) == 51
        await pilot.press("a", "e")
        await until(pilot, lambda: len(list(tmp_path.glob("*.csv"))) == 3)


async def test_a_run_without_numbers_has_nothing_to_export(make_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = make_run("mlp-moons", status="starting")
    async with listing() as pilot:
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert f"{run.id} has no numbers" in told(pilot)[0] and not list(tmp_path.glob("*.csv"))


async def test_y_copies_the_command_that_repeats_a_run(three, monkeypatch):
    async with listing() as pilot:
        await pilot.press("end", "y")
        await until(pilot, lambda: told(pilot))
        assert pilot.app.clipboard == repeat_command.command(three[0]) and told(pilot)[0].endswith(pilot.app.clipboard)


async def test_R_goes_on_with_a_run_that_was_stopped(three, monkeypatch):
    started: list[Run] = []

    class Engine:
        def __init__(self, run: Run):
            self.run, self.process = run, self
            self.lock = hold(run)
            log = EventLog(run.log)
            log.write("started", step=50, steps=100, series=[""])
            log.close()
            started.append(run)

        def poll(self) -> None: ...

        def leave(self) -> None:
            self.lock.close()

    monkeypatch.setattr(launch, "launched", lambda run, **_: Engine(run))
    (three[2].checkpoints / "step-000000050.safetensors").touch()
    async with listing() as pilot:
        await pilot.press("R")
        await until(pilot, lambda: started == [three[2]] and says(pilot, "goes on from its last checkpoint"))
        await until(pilot, lambda: "● mlp-mnist" in rows(pilot)[2])
        await pilot.press("R")
        await until(pilot, lambda: any("is running already" in text for text in told(pilot)))
        await pilot.press("end", "R")
        await until(pilot, lambda: any("is done: no step is left" in text for text in told(pilot)))


async def test_a_run_without_a_checkpoint_is_not_resumed(three, monkeypatch):
    monkeypatch.setattr(launch, "launched", lambda run, **_: pytest.fail("it was started"))
    async with listing() as pilot:
        await pilot.press("R")
        await until(pilot, lambda: any("before its first checkpoint" in text for text in told(pilot)))


async def test_what_will_be_deleted_is_named_and_what_the_filter_hides_is_counted(three):
    async with listing((160, 40)) as pilot:
        await pilot.press("a", "slash", *"gan", "enter", "x")
        await until(pilot, lambda: says(pilot, "Delete 3 runs (2 that the filter hides) for good: "))
        asked = rows(pilot)[-1]
        assert all(run.id[-4:] in asked for run in three[1:]) and "any other key: keep" in asked
        await pilot.press("n")
        await until(pilot, lambda: not says(pilot, "Delete 3 runs"))
        assert len(runs.newest_first()) == 3


def test_a_question_has_room_for_its_keys(three):
    for width in range(60, 200, 7):
        asked = run_chores.deletion(three * 9, 25, width)
        assert len(asked) <= max(width, 70) and asked.endswith("x: delete") and "27 runs (25 " in asked
