"""The keys that note something about runs: tags, a name, a note, a group, a pin; and what the list makes of it."""

import pytest

from dltui.runs import annotations
from dltui.tui import run_index
from tests.tui.conftest import rows, says, until
from tests.tui.runs.conftest import is_read, listed, listing, screen, typed


async def answer(pilot, key: str, text: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: screen(pilot).prompt.has_focus)
    screen(pilot).prompt.value = text
    await pilot.press("enter")


async def test_a_name_is_given_shown_and_taken_away(three):
    async with listing() as pilot:
        await answer(pilot, "n", "best so far")
        await until(pilot, lambda: "best so far" in rows(pilot)[2] and says(pilot, '"best so far"'))
        assert three[2].annotations.name == "best so far" and screen(pilot).table.has_focus
        await answer(pilot, "n", "")
        await until(pilot, lambda: "mlp-mnist" in rows(pilot)[2])
        assert three[2].annotations == annotations.NONE


async def test_the_line_holds_what_there_is_and_escape_leaves_it(three):
    async with listing() as pilot:
        await answer(pilot, "N", "goes on")
        await until(pilot, lambda: says(pilot, "note: goes on"))
        await pilot.press("N")
        assert screen(pilot).prompt.value == "goes on"
        screen(pilot).prompt.value = "other"
        await pilot.press("escape")
        await until(pilot, lambda: screen(pilot).table.has_focus)
        assert three[2].annotations.note == "goes on" and not screen(pilot).prompt.asking


async def test_tags_and_a_group_are_those_of_the_marked_runs(three):
    async with listing((120, 40)) as pilot:
        await pilot.press("space", "space")
        await answer(pilot, "t", "good #lr")
        await until(pilot, lambda: three[1].annotations.tags == three[2].annotations.tags == ("good", "lr"))
        await answer(pilot, "t", "-good, more")
        await until(pilot, lambda: three[1].annotations.tags == three[2].annotations.tags == ("lr", "more"))
        await answer(pilot, "u", "study")
        await until(pilot, lambda: three[1].annotations.group == three[2].annotations.group == "study")
        assert three[0].annotations == annotations.NONE
        await typed(pilot, "group:study tag:lr")
        await until(pilot, lambda: listed(pilot) == [three[2].id, three[1].id])


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [("t", "good a:b", "must be one word"), ("n", "last", "always means the newest"), ("u", "a b", "must be one word")],
)
async def test_what_is_wrong_is_told_and_can_be_mended(three, key, text, said):
    async with listing((120, 40)) as pilot:
        await answer(pilot, key, text)
        await until(pilot, lambda: says(pilot, said) and screen(pilot).prompt.has_focus)
        assert three[2].annotations == annotations.NONE
        screen(pilot).prompt.value = "sound"
        await pilot.press("enter")
        await until(pilot, lambda: three[2].annotations != annotations.NONE)


async def test_pinned_runs_stand_first_until_they_are_unpinned(three):
    async with listing() as pilot:
        await pilot.press("end", "p")
        await until(pilot, lambda: listed(pilot) == [three[0].id, three[2].id, three[1].id])
        assert "✓▴mlp-moons" in rows(pilot)[2] and screen(pilot).table.chosen.id == three[0].id
        assert three[0].annotations.pinned
        await pilot.press("S")  # whatever they are sorted by
        await until(pilot, lambda: listed(pilot) == [three[0].id, three[1].id, three[2].id])
        await pilot.press("S", "home", "p")
        await until(pilot, lambda: listed(pilot) == [run.id for run in reversed(three)])
        assert not three[0].annotations.pinned


async def test_a_pinned_run_is_deleted_only_where_that_is_said(three):
    async with listing((120, 40)) as pilot:
        await pilot.press("p", "x")
        await until(pilot, lambda: says(pilot, "which is pinned"))
        await pilot.press("n")
        await pilot.press("a", "x")
        await until(pilot, lambda: says(pilot, "(1 pinned)"))
        await pilot.press("n")


async def test_what_was_noted_in_the_shell_is_seen(three, monkeypatch):
    monkeypatch.setattr(run_index, "ALL_EVERY", 0.1)
    async with listing() as pilot:
        annotations.change(three[0].path, lambda before: before._replace(name="from the shell", pinned=True))
        await until(pilot, lambda: "from the shell" in rows(pilot)[2] and is_read(pilot))


async def test_a_note_of_several_lines_is_not_squeezed_into_one(three):
    annotations.change(three[2].path, lambda before: before._replace(note="a\nb"))
    async with listing((120, 40)) as pilot:
        await pilot.press("N")
        await until(pilot, lambda: says(pilot, "several lines"))
        assert not screen(pilot).prompt.asking


async def test_without_runs_the_keys_do_nothing(home):
    async with listing() as pilot:
        await pilot.press("t", "n", "N", "u", "p")
        assert not screen(pilot).prompt.asking
