"""The app over screens that stand in for the real ones."""

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from dltui.runs import run
from tests.tui.conftest import DARK, Lab


class Words(Static, can_focus=True):
    """Something else that can have the focus."""


class RecipesScreen(Screen):
    """Stands in for the recipes: a field to type into, and a count of the timer's ticks."""

    ticks = looks = 0
    shown = ""

    def compose(self) -> ComposeResult:
        yield Input(id="search")
        yield Words("recipes")

    def drain(self) -> None:
        self.ticks += 1

    def look_changed(self) -> None:
        self.looks += 1

    def show_recipe(self, name: str) -> None:
        self.shown = name


class RunsScreen(Screen):
    def compose(self) -> ComposeResult:
        yield Static("all runs")


class RunScreen(Screen):
    def __init__(self, run: run.Run):
        super().__init__()
        self.run_shown = run

    def compose(self) -> ComposeResult:
        yield Static(f"run {self.run_shown.id}", markup=False)


class CompareScreen(Screen):
    def __init__(self, runs: list[run.Run]):
        super().__init__()
        self.compared = runs


@pytest.fixture
def lab(monkeypatch):
    """lab() -> the app over small screens."""
    from dltui.tui import app

    screens = {"recipes": RecipesScreen, "runs": RunsScreen, "run": RunScreen, "compare": CompareScreen}
    monkeypatch.setattr(app, "_screen", lambda name, *given: screens[name](*given))
    return lambda look=DARK, **options: Lab(look, **options)
