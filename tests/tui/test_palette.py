"""The palette reaches every recipe, run, theme and action, and draws names that look like markup as they are."""

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.screen import Screen
from textual.widgets import Static

from dltui.recipes import recipe
from dltui.runs import run
from dltui.tui.messages import OpenRecipe, OpenRun, StartRun
from dltui.tui.palette import Everything
from tests.tui.conftest import Lab, opened, says, until

EVIL = "\x1b]52;c;evil\x07[red]x[/red] [/]"


class Part(Static, can_focus=True):
    BINDINGS = (Binding("p", "pause", "Pause the run", id="test.pause"),)
    paused = False

    def action_pause(self) -> None:
        self.paused = True


class Home(Screen):
    def __init__(self) -> None:
        super().__init__()
        self.asked = []

    def compose(self) -> ComposeResult:
        yield Part("a part")


class Asked(Lab):
    """Notes what the palette asks of the app instead of doing it."""

    def __init__(self) -> None:
        super().__init__(modes={"recipes": Home})
        self.asked: list = []

    def on_open_run(self, message: OpenRun) -> None:
        message.prevent_default()
        self.asked.append(message.run)

    def on_open_recipe(self, message: OpenRecipe) -> None:
        message.prevent_default()
        self.asked.append(message.name)


def offered(pilot) -> list[str]:
    """The names that the palette offers now."""
    found = pilot.app.screen.query_one(CommandList)
    return [found.get_option_at_index(i).prompt.plain.split("  ")[0] for i in range(found.option_count)]


async def search(pilot, words: str, expected: str) -> None:
    """Opens the palette, types, and waits until the first that it offers begins so."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: CommandPalette.is_open(pilot.app) and offered(pilot))
    await pilot.press(*("space" if letter == " " else letter for letter in words))
    await until(pilot, lambda: (offered(pilot) or [""])[0].startswith(expected))


async def test_every_recipe_comes_first_where_its_name_is_typed():
    async with opened(Asked()) as pilot:
        provider = Everything(pilot.app.screen)
        await provider.startup()
        for name in recipe.files():
            best = max([hit async for hit in provider.search(name)], key=lambda hit: hit.score)
            assert best.text == name
            best.command()
        await until(pilot, lambda: pilot.app.asked == list(recipe.files()))


async def test_a_recipe_is_found_by_its_title_and_in_russian():
    async with opened(Asked()) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: CommandPalette.is_open(pilot.app) and offered(pilot))
        await pilot.press(*"генератор")
        await until(pilot, lambda: "gan-mnist" in offered(pilot))


async def test_every_run_is_found_and_only_the_newest_are_offered_at_first(make_run):
    made = [make_run(status="starting") for _ in range(12)]
    async with opened(Asked()) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: CommandPalette.is_open(pilot.app) and offered(pilot))
        shown = [name for name in offered(pilot) if name.startswith("mlp-moons-")]
        assert shown == [one.id for one in run.newest_first()[:8]]
        await pilot.press("escape")
        oldest = min(made, key=lambda one: one.id)
        await search(pilot, oldest.id[-11:], oldest.id)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.asked == [oldest])


@pytest.mark.parametrize("theme", ["light", "terminal", "nord"])
async def test_every_theme_can_be_put_on(theme):
    async with opened(Asked()) as pilot:
        await search(pilot, theme, theme)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.theme == theme)
        assert pilot.app.settings.get("app.theme", "") == theme


async def test_the_actions_of_what_has_the_focus_are_done_there():
    async with opened(Asked()) as pilot:
        part = pilot.app.screen.query_one(Part)
        await search(pilot, "pause", "Pause the run")
        await pilot.press("enter")
        await until(pilot, lambda: part.paused)


async def test_the_actions_of_the_app_are_there_with_their_keys():
    async with opened(Asked()) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: CommandPalette.is_open(pilot.app) and offered(pilot))
        assert {"Recipes", "Run", "Runs", "Help", "Quit", "Light or dark"} <= set(offered(pilot))
        assert says(pilot, "key 1")


async def test_what_looks_like_markup_is_drawn_as_it_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    title = EVIL.replace("\x1b", "\\u001b").replace("\x07", "\\u0007")
    (tmp_path / "evil.toml").write_text(f'title = "{title}"\n[task]\nkind = "x"\n')
    async with opened(Asked()) as pilot:
        await search(pilot, "evil", "evil")
        assert says(pilot, "[red]x[/red] [/]")


async def test_ten_thousand_runs_do_not_make_it_slow(home):
    for index in range(10_000):
        (
            home / "runs" / f"mlp-mnist-20261120-{index // 3600:02d}{index // 60 % 60:02d}{index % 60:02d}-{index:04x}"
        ).mkdir(parents=True)
    async with opened(Asked()) as pilot:
        await search(pilot, "0a7f", "mlp-mnist-20261120-")
        assert len([name for name in offered(pilot) if name.startswith("mlp-mnist-")]) <= 30


async def test_every_recipe_comes_first_where_its_title_is_typed():
    async with opened(Asked()) as pilot:
        provider = Everything(pilot.app.screen)
        await provider.startup()
        for name, path in recipe.files().items():
            title = recipe.read_table(path)["title"]
            best = max([hit async for hit in provider.search(title)], key=lambda hit: hit.score)
            assert best.text == name, title


class Real(Lab):
    """The app as it is, but for the engine: what it is asked to start is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def on_start_run(self, message: StartRun) -> None:
        message.prevent_default()
        self.asked.append(message.recipe_word)


async def choose(pilot, words: str, expected: str) -> None:
    await search(pilot, words, expected)
    await pilot.press("enter")
    await until(pilot, lambda: not CommandPalette.is_open(pilot.app))


@pytest.mark.parametrize(
    ("words", "expected", "there"),
    [
        ("filter", "Filter", lambda app: type(app.focused).__name__ == "RunFilter"),
        ("sort by the next", "Sort by the next column", lambda app: app.screen.listing.by != "age"),
        ("compare the marked", "Compare the marked", lambda app: "Mark two runs" in app.screen.status._said),
        ("knobs", "Knobs", lambda app: app.screen.board.knobs.display),
        ("curves full", "Curves full screen", lambda app: app.screen.board.zoomed == "curves"),
        ("next picture", "Next picture", lambda app: type(app.screen).__name__ == "RunScreen"),
        ("log axis", "Log axis", lambda app: app.screen.board.curves.view.log_y is not None),
        ("read the lesson", "Read the lesson", lambda app: type(app.focused).__name__ == "LessonView"),
        ("change the options", "Change the options", lambda app: type(app.focused).__name__ == "OptionRows"),
        ("layers of the nets", "See the layers", lambda app: type(app.focused).__name__ == "LayerTable"),
    ],
)
async def test_what_the_keys_of_another_screen_do_is_done_there(make_run, words, expected, there):
    make_run()
    async with opened(Real(), (120, 40)) as pilot:
        await choose(pilot, words, expected)
        await until(pilot, lambda: there(pilot.app))


async def test_from_the_runs_the_recipe_is_run_and_what_comes_next_is_found(make_run):
    make_run()
    async with opened(Real(), (120, 40)) as pilot:
        await pilot.press("3")
        await choose(pilot, "comes next", "To what comes next in the course")
        await until(pilot, lambda: pilot.app.current_mode == "recipes")
        await pilot.press("3")
        await choose(pilot, "run what the form", "Run what the form says")
        await until(pilot, lambda: pilot.app.asked == ["mcculloch-pitts"])


async def test_without_a_run_nothing_of_the_run_screen_is_offered():
    async with opened(Real()) as pilot:
        provider = Everything(pilot.app.screen)
        await provider.startup()
        assert "Knobs" not in [hit.text async for hit in provider.search("knobs")]
        assert "Filter" in [hit.text async for hit in provider.search("filter")]
