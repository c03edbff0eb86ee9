"""What the command palette (ctrl+p) finds: the actions of what has the focus and of the other screens, recipes, runs,
themes."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import ActiveBinding, Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.style import Style

from dltui.render.cells import shown
from dltui.runs import run as runs
from dltui.tui import recipe_index, themes
from dltui.tui.messages import OpenRecipe, OpenRun
from dltui.tui.recipe_index import Entry
from dltui.tui.screens.settling import Settling
from dltui.tui.typeahead import PATIENCE, POLL

if TYPE_CHECKING:
    from dltui.tui.app import LabApp

AT_FIRST = 8  # newest runs that are offered before anything was typed
MOST = 30  # runs among the hits: nobody reads more
# keys that move a cursor, close something, or have opened the palette: nobody looks for these by name
MOVING = {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "escape"}
HIDDEN = ("command_palette", "help_quit")
PLACES = {"recipes": "recipes", "run": "the open run", "runs": "all runs"}


class Palette(CommandPalette, Settling[None]):
    """Textual's, each of its hits on one line and without its emoji, which is two cells here and one there."""

    DEFAULT_CSS = """
    Palette {
        & > Vertical { max-width: 110; }
        SearchIcon { display: none; }
        CommandInput { padding-left: 2; }
        CommandList > .option-list--option { text-style: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__(providers=(Everything,), placeholder="A recipe, a run, a theme, an action ...")

    @property
    def settled(self) -> bool:
        """Whether everything was found: enter takes the first of it."""
        return not any(worker.group == self._GATHER_COMMANDS_GROUP and worker.is_running for worker in self.workers)


class Item(NamedTuple):
    """Something that can be chosen. `title`: what it is called beside its name."""

    name: str
    about: str
    command: Callable[[], object]
    title: str = ""


class Everything(Provider):
    """All of it in one provider: so actions come first, then recipes, runs, themes, what other screens do."""

    async def startup(self) -> None:
        self._actions = list(actions(self.screen))
        self._entries, self._runs = await asyncio.to_thread(_read)
        self._elsewhere = await asyncio.to_thread(lambda: list(elsewhere(self.screen.app, any_runs=bool(self._runs))))

    async def discover(self) -> Hits:
        newest = [self._run(run) for run in self._runs[:AT_FIRST]]
        own = [item for item in self._themes() if item.name in (themes.DARK.name, themes.LIGHT.name, "terminal")]
        for item in [*self._actions, *newest, *own]:
            yield DiscoveryHit(_line(item, [], self.match_style), item.command, text=item.name)

    async def search(self, query: str) -> Hits:
        words = query.casefold().split()
        hits = recipe_index.search(self._entries, query)
        found = [self._recipe(hit.entry) for hit in sorted(hits, key=lambda hit: not hit.by_heading)]
        named = [run for run in self._runs if all(word in run.id for word in words)][:MOST]
        places = [*self._matching(self._actions, words), *found, *map(self._run, named)]
        rest = [*self._themes(), *self._elsewhere]
        for number, item in enumerate([*places, *self._matching(rest, words)]):
            line = _line(item, words, self.match_style)
            yield Hit(_score(item, words, number), line, item.command, item.name)

    def _matching(self, items: list[Item], words: list[str]) -> Iterator[Item]:
        return (item for item in items if all(word in f"{item.name} {item.about}".casefold() for word in words))

    def _recipe(self, entry: Entry) -> Item:
        ask = partial(self.app.post_message, OpenRecipe(entry.word))
        return Item(entry.name, f"recipe: {entry.title}", ask, entry.title)

    def _run(self, run: runs.Run) -> Item:
        return Item(shown(run.id), "run", partial(self.app.post_message, OpenRun(run)))

    def _themes(self) -> list[Item]:
        return [
            Item(
                name, "theme" + (": the one that is on" if name == self.app.theme else ""), partial(self._put_on, name)
            )
            for name in self.app.available_themes
        ]

    def _put_on(self, theme: str) -> None:
        self.app.choose_theme(theme)


def actions(screen: Screen) -> Iterator[Item]:
    """What the keys of a screen, and of what has the focus there, do now."""
    of_action: dict[tuple[DOMNode, str], list[ActiveBinding]] = {}
    for active in screen.active_bindings.values():
        if active.enabled and active.binding.id and active.binding.description:
            of_action.setdefault((active.node, active.binding.action), []).append(active)
    for (node, action), found in of_action.items():
        if action not in HIDDEN and not any(each.binding.key.rpartition("+")[2] in MOVING for each in found):
            about = f"key {screen.app.get_key_display(found[0].binding)}"
            about += f": {found[0].tooltip}" if found[0].tooltip else ""
            yield Item(found[0].binding.description, about, partial(screen.app.run_action, action, node))


def elsewhere(app: "LabApp", *, any_runs: bool) -> Iterator[Item]:
    """What the keys of the other screens do, and the parts of the recipes screen: chosen, they are done there."""
    from dltui.tui import recipes_keys, run_keys, runs_keys

    for part, does in recipes_keys.PARTS.items():
        yield Item(does, "on recipes", partial(_do_at, app, "recipes", f"go_to('{part}')"))
    keys = {"recipes": recipes_keys.BINDINGS, "runs": runs_keys.BINDINGS}
    keys |= {"run": run_keys.BINDINGS} if any_runs else {}
    for place, bindings in keys.items():
        for binding in Binding.make_bindings(bindings) if not _is_at(app, place) else ():
            if binding.description and binding.key not in MOVING:
                about = f"on {PLACES[place]}" + (f": {binding.tooltip}" if binding.tooltip else "")
                yield Item(binding.description, about, partial(_do_at, app, place, binding.action))


def _is_at(app: "LabApp", place: str) -> bool:
    return app.current_mode.partition(" ")[0] == place


def _do_at(app: "LabApp", place: str, action: str) -> None:
    app.run_worker(partial(_done_at, app, place, action), group="palette")


async def _done_at(app: "LabApp", place: str, action: str) -> None:
    """Goes to a place of the app, and does there what a key of its screen does."""
    with app.typeahead.under_way():
        await app.run_action(place)
        end = time.monotonic() + PATIENCE
        while not (app.screen.is_mounted and getattr(app.screen, "settled", True)) and time.monotonic() < end:
            await asyncio.sleep(POLL)
        if _is_at(app, place):  # there may be no run to go to
            await app.run_action(action, app.screen)


def _read() -> tuple[list[Entry], list[runs.Run]]:
    """Slow where there are many of them: in a thread."""
    return [recipe_index.read(entry) for entry in recipe_index.listed()] + recipe_index.own(), runs.newest_first()


def _score(item: Item, words: list[str], number: int) -> float:
    """First the very name or title, then names that a word begins, then those that hold one; else the order stays."""
    name, title = item.name.casefold(), item.title.casefold()
    if " ".join(words) in (name, title):
        rank = 4
    elif any(map(name.startswith, words)):
        rank = 3
    else:
        rank = 2 if any(word in name for word in words) or all(word in title for word in words) else 1
    return rank - number / 1e6


def _line(item: Item, words: list[str], style: Style | None) -> Content:
    """One line of the list, the words of the query lit. Never parsed as markup: one's own recipe may hold any text."""
    name, folded = Content.styled(item.name, "bold"), item.name.casefold()
    for word in words:
        at = folded.find(word)
        if at >= 0 and style and len(folded) == len(item.name):
            name = name.stylize(style, at, at + len(word))
    return Content.assemble(name, ("  " + item.about, "$foreground-muted"))
