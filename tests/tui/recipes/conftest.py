"""A small course: three recipes of the kinds in tests/conftest.py, so that what widgets show changes only with them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dltui import paths
from dltui.recipes.recipe import Recipe
from dltui.tui import form
from dltui.tui.layer_query import Nets
from dltui.tui.messages import StartRun
from dltui.tui.screens.recipes import RecipesScreen
from dltui.tui.widgets import recipe_detail
from tests.tui.conftest import DARK, Lab, opened, until

LINE = '''
title = "A line: one border for two classes"
summary = "Two groups of points and the straight border that a net without hidden units finds between them."
refs = ["Fisher 1936, doi:10.1111/j.1469-1809.1936.tb02137.x"]
seconds = 6

[task]
kind = "sort"

[data]
kind = "points"

[model]
kind = "net"
hidden = []

[optimizer]
kind = "plain"
lr = 0.5

[train]
steps = 200

[full]
"train.steps" = 20000

[expect]
accuracy = ">= 0.9"

[lesson]
en = """
Two groups of points lie in the plane. Where would you put the border between them?

The net answers with `p = sigmoid(w x + b)`, and so the border is a line, however long it learns:

    w1 x1 + w2 x2 + b = 0

Look at the field: the colour turns where the border lies.

    dltui run line optimizer.lr=5
    dltui run line model.width=16 'model.hidden=[8, 8]' model.activation=tanh train.steps=2000
    dltui compare line bend
"""
ru = """
На плоскости две группы точек. Где провести границу между ними? Ищем её обучением, а не линейкой.

    dltui run line optimizer.lr=5
"""
'''
BEND = """
title = "A bend: hidden units"
summary = "A hidden layer folds the border."
seconds = 600

[task]
kind = "sort"

[data]
kind = "points"

[model]
kind = "net"

[optimizer]
kind = "heavy"

[variants]
few = { "model.hidden" = [2] }
many = { "model.hidden" = [64] }

[expect]
"many.accuracy" = ">= 0.99"
"few.accuracy" = "<= 0.9"

[predict]
question = { en = "Which net bends the border enough?", ru = "Какая сеть согнёт границу?" }
answer = "accuracy"
choice = ["few", "many"]
reason = { en = "Each unit is one bend.", ru = "Каждый нейрон — один изгиб." }

[lesson]
en = "Convolutions are for pictures; here a few units bend the line."
ru = "Свёртки нужны картинкам; здесь границу гнут нейроны."
"""
DUEL = """
title = "A duel"
summary = "Two nets against each other."

[task]
kind = "duel"

[data]
kind = "points"

[model.maker]
kind = "slim"

[model.judge]
kind = "net"

[optimizer]
kind = "plain"
"""
NETS = {
    "model": [
        {"name": "layers.0", "kind": "Linear", "shape": [16], "params": 48},
        {"name": "layers.1", "kind": "ReLU", "shape": [16], "params": 0},
        {"name": "head", "kind": "Linear", "shape": [2], "params": 34},
    ]
}


@pytest.fixture
def course(kinds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the three recipes, in two topics; the current folder is another one, empty."""
    folder = tmp_path / "recipes"
    for name, text in {"01_borders/line": LINE, "01_borders/bend": BEND, "02_many_nets/duel": DUEL}.items():
        path = folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(paths, "recipes", lambda: folder)
    form._component.cache_clear()
    form._kinds.cache_clear()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    form._component.cache_clear()
    form._kinds.cache_clear()


class Engine:
    """In the place of the engine that builds nets: answers once `may` is set. `asked`, `cancelled`: how often."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.may.set()
        self.asked: list[Recipe] = []
        self.cancelled = 0

    async def layers_of(self, recipe: Recipe) -> list[Nets]:
        self.asked.append(recipe)
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return [Nets(list(recipe.variants), NETS)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """No process is started for layers; nothing waits for keys to rest."""
    standing_in = Engine()
    monkeypatch.setattr(recipe_detail, "layers_of", standing_in.layers_of)
    monkeypatch.setattr(recipe_detail, "SETTLED", 0.0)
    monkeypatch.setattr(recipe_detail, "RESTED", 0.0)
    return standing_in


class Recorder(Lab):
    """The app, which writes down what it is asked to start instead of starting it."""

    def __init__(self, *given: object):
        super().__init__(*given)
        self.asked: list[StartRun] = []

    def on_start_run(self, message: StartRun) -> None:
        message.prevent_default()
        self.asked.append(message)


@pytest.fixture
def screen_at(course: Path, engine: Engine) -> Callable:
    """`async with screen_at(80, 24) as (pilot, screen):` the recipes screen, every file read."""

    @asynccontextmanager
    async def at(width: int = 120, height: int = 40) -> AsyncIterator[tuple[Pilot, RecipesScreen]]:
        async with opened(Recorder(DARK), (width, height)) as pilot:
            screen = pilot.app.screen
            await until(pilot, lambda: screen.detail and all(entry.title for entry in screen.tree_view.entries))
            yield pilot, screen

    return at


def chosen(screen: RecipesScreen) -> str:
    """The name of the recipe that is shown, '' on a topic."""
    return screen.detail.entry.name if screen.detail.entry else ""


def has_focus(screen: RecipesScreen) -> str:
    """The class of the widget that has the focus."""
    return type(screen.focused).__name__
