"""The app begins with the course: its order, how far one is, what comes next, and the key that goes there."""

import pytest

from tests.tui.conftest import DARK, Lab, opened, rows, says, told, until
from tests.tui.recipes.conftest import chosen
from tests.tui.recipes.test_tree_keys import finished_run


@pytest.fixture
def placed(course):
    """The recipes of the small course at places of their own: line before bend."""
    for name, place in (("line", 1), ("bend", 2)):
        path = course / "01_borders" / f"{name}.toml"
        path.write_text(f"place = {place}\n{path.read_text()}")


def shelf(pilot, screen) -> list[str]:
    """The lines of the left side, blanks made one."""
    return [" ".join(row[: screen.shelf.size.width].rstrip("│▁▂▃▄▅▆▇ ").split()) for row in rows(pilot)]


async def test_a_newcomer_sees_the_course_from_its_beginning_and_how_far_it_is(placed, screen_at):
    async with screen_at(80, 24) as (pilot, screen):
        assert [row.hit.entry.name if row.hit else row.topic for row in screen.tree_view.rows] == [
            "01_borders", "line", "bend", "02_many_nets", "duel",
        ]  # fmt: skip
        assert chosen(screen) == "line"
        assert says(pilot, "0 of 3 met ╌╌╌")
        assert {"next: line n", "▾ Borders 0 of 2", "→ line 6 s", "bend 10 min", "▾ Many nets 0 of 1"} <= set(
            shelf(pilot, screen)
        )


async def test_the_order_is_there_before_any_file_was_read_whole(placed, engine):
    async with opened(Lab(DARK), (80, 24)) as pilot:
        assert [entry.name for entry in pilot.app.screen.tree_view.entries] == ["line", "bend", "duel"]
        assert says(pilot, "0 of 3 met") and says(pilot, "next: line")


async def test_what_is_met_counts_and_n_goes_to_what_comes_next(placed, screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("end")
        await until(pilot, lambda: chosen(screen) == "duel")
        finished_run("line")
        await until(pilot, lambda: says(pilot, "1 of 3 met") and says(pilot, "next: bend") and says(pilot, "1 of 2"))
        assert chosen(screen) == "duel" and says(pilot, "✓ line")  # nothing moves under the hands
        await pilot.press("n")
        await until(pilot, lambda: chosen(screen) == "bend")
        await pilot.press("slash", *"duel", "enter")
        await until(pilot, lambda: chosen(screen) == "duel")
        await pilot.click("CourseLine")
        await until(pilot, lambda: chosen(screen) == "bend" and screen.shelf.search.value == "")
        for name in ("bend", "duel"):
            finished_run(name)
        await until(pilot, lambda: says(pilot, "3 of 3 met"))
        await pilot.press("n")
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["Every claim of the course is met here: nothing comes next."]


async def test_a_visit_begins_at_what_comes_next_where_the_last_one_ended_at_what_is_met(placed, screen_at):
    async with screen_at() as (pilot, screen):
        await pilot.press("down")
        await until(pilot, lambda: chosen(screen) == "bend")
        pilot.app.settings.save()
    finished_run("line")
    async with screen_at() as (pilot, screen):
        await until(pilot, lambda: says(pilot, "1 of 3 met"))
        assert chosen(screen) == "bend"  # not met: one is still at it
    finished_run("bend")
    async with screen_at() as (pilot, screen):
        await until(pilot, lambda: says(pilot, "2 of 3 met") and chosen(screen) == "duel")


async def test_one_s_own_files_are_no_part_of_the_course(placed, screen_at, course):
    from pathlib import Path

    Path("mine.toml").write_text((course / "01_borders/line.toml").read_text())
    async with screen_at() as (pilot, _screen):
        assert says(pilot, "0 of 3 met") and says(pilot, "search 4 recipes") and says(pilot, "Your files")


@pytest.mark.parametrize(
    ("width", "height", "seen"), [(60, 20, True), (80, 24, False), (160, 40, True), (200, 60, True)]
)
async def test_titles_stand_beside_the_names_where_there_is_room(screen_at, width, height, seen):
    async with screen_at(width, height) as (pilot, screen):
        row = "bend A bend: hidden units 10 min" if seen else "bend 10 min"
        await until(pilot, lambda: row in " | ".join(shelf(pilot, screen)))


async def test_while_one_searches_topics_count_what_was_found(screen_at):
    async with screen_at(80, 24) as (pilot, screen):
        await pilot.press("slash", *"uel")
        await until(pilot, lambda: "▾ Many nets 1" in shelf(pilot, screen))
