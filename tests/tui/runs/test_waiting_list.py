"""The queue above the runs."""

import errno

import pytest

from dltui.jobs import queue, queue_entries
from dltui.recipes import recipe as recipes
from tests.tui.conftest import rows, says, until
from tests.tui.runs.conftest import listing, screen


@pytest.fixture
def no_worker(monkeypatch):
    """What waits stays where it is."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)


async def test_what_waits_is_seen_above_the_runs_and_x_takes_it_out(three, no_worker):
    for rate in (0.1, 0.2):
        queue.add(recipes.load("mlp-moons"), overrides={"optimizer.lr": rate}, device="cpu")
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 2  mlp-moons"))
        assert says(pilot, "optimizer.lr=0.1") and screen(pilot).table.rows
        await pilot.press("w", "down", "x")
        await until(pilot, lambda: says(pilot, "Take 2 mlp-moons out of the queue?"))
        await pilot.press("n")
        assert len(queue.entries()) == 2 and screen(pilot).waiting.has_focus
        await pilot.press("x", "x")
        await until(pilot, lambda: says(pilot, "2 mlp-moons was taken out of the queue"))
        assert [entry.number for entry in queue.entries()] == [1]
        await pilot.press("x", "x")
        await until(pilot, lambda: not screen(pilot).waiting.display)
        assert screen(pilot).table.has_focus and not queue.entries()
        assert not says(pilot, "waiting")
        await pilot.press("w")
        await until(pilot, lambda: says(pilot, "Nothing waits"))


async def test_what_starts_meanwhile_leaves_the_list_and_cannot_be_taken_out(three, no_worker):
    entry = queue.add(recipes.load("mlp-moons"))
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 1"))
        screen(pilot).waiting.focus()
        await pilot.press("x")
        entry.path.unlink()
        await pilot.press("x")
        await until(pilot, lambda: says(pilot, "Nothing waits under number 1") or not screen(pilot).waiting.display)
        assert screen(pilot).table.has_focus


async def test_what_is_being_started_and_what_failed_are_told_apart(three, no_worker):
    for name in ("mlp-moons", "lenet-mnist", "gan-mnist"):
        queue.add(recipes.load(name))
    first, second, _ = queue.entries()
    queue_entries.fail(second, "no such thing")
    file, _, claimed = queue_entries.claim(first)
    (queue.folder() / "0004.json").write_text("{")
    async with listing((140, 30)) as pilot:
        with file:
            for words in (
                "starting 1  mlp-moons",
                "failed 2  lenet-mnist",
                "no such thing",
                "waiting 3",
                "failed 4  ?",
            ):
                await until(pilot, lambda words=words: says(pilot, words))
            await pilot.press("w", "x", "x")
            await until(pilot, lambda: says(pilot, f"1 mlp-moons is being started as {claimed.run}"))
        await until(pilot, lambda: says(pilot, "waiting 1  mlp-moons"))


async def test_that_it_cannot_be_moved_is_told(three, no_worker, monkeypatch):
    for name in ("mlp-moons", "lenet-mnist"):
        queue.add(recipes.load(name))

    def full(path, asked):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(queue_entries, "write", full)
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 2"))
        await pilot.press("w", "J")
        await until(pilot, lambda: says(pilot, "1 mlp-moons was not moved"))
        assert [entry.number for entry in queue.entries()] == [1, 2] and screen(pilot).waiting.cursor == 0


async def test_what_waits_is_moved_and_the_cursor_goes_with_it(three, no_worker):
    for name in ("mlp-moons", "lenet-mnist", "gan-mnist"):
        queue.add(recipes.load(name))
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 3"))
        await pilot.press("w", "down", "down", "K")
        await until(pilot, lambda: [entry.number for entry in queue.entries()] == [1, 3, 2])
        await pilot.press("shift+up", "K")
        assert [entry.number for entry in queue.entries()] == [3, 1, 2]
        assert "waiting 3" in rows(pilot)[1] and screen(pilot).waiting.cursor == 0
        await pilot.press("J", "shift+down", "J")
        assert [entry.number for entry in queue.entries()] == [1, 2, 3]


async def test_a_long_queue_leaves_room_for_the_runs(three, no_worker):
    for _ in range(9):
        queue.add(recipes.load("mlp-moons"))
    async with listing((60, 20)) as pilot:
        await until(pilot, lambda: says(pilot, "and 5 more: dltui queue"))
        screen(pilot).waiting.focus()
        await pilot.press(*["down"] * 8)
        await until(pilot, lambda: says(pilot, "waiting 9"))
        await pilot.press("escape")
        assert screen(pilot).table.has_focus
