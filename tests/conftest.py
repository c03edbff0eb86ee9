"""A home of its own for every test that asks, and a small engine folder for tests of the core."""

from pathlib import Path

import pytest

from dltui import paths

TRAINING = '''"""The options of `[train]`."""

def build(*, steps: int = 1000, batch: int = 64, seed: int = 0):
    """The options of `[train]`.

    steps: updates, at least 1.
    batch: rows an update looks at, at least 1.
    """
'''

SORT = '''"""Rows are sorted into classes.

A second paragraph that nobody lists.
"""

METRICS = {"accuracy": Metric("part of the test rows", better="higher"), "test_loss": Metric("on the test rows")}

def build(*, smoothing: float = 0.0):
    """smoothing: of the targets."""
'''

DUEL = '''"""Two nets against each other."""

MODELS = ("maker", "judge")
METRICS = {"distance": Metric("between made and real")}

def build():
    """No options."""
'''

GROUP = '''"""Rows are grouped, without gradients."""

MODELS = ()
METRICS = {"purity": Metric("of the groups")}

def build(*, groups: int = 3):
    """groups: how many."""
'''

NET = '''"""A net."""

from typing import Literal

import this_package_is_nowhere

ROLES = ("a", "b")
COMPUTED = len(ROLES)

def build(
    *,
    width: int = 8,
    hidden: list[int] = (32, 16),
    activation: Literal["relu", "tanh"] = "relu",
    dropout: float = 0.0,
    depth: int | None = None,
    bias: bool = True,
    note: str = "",
    files: list[str] = (),
):
    """A net of rows (B, D) to (B, K).

    width: units, at least 1.
    hidden: units of each layer,
        each at least 1.
    dropout: probability, at least 0, below 1.

    bias: whether there is one.
    """
'''

SLIM = '''"""Another net, with options of its own."""

def build(*, rank: int = 2):
    """rank: of its matrices, at least 1."""
'''

POINTS = '''"""Points."""

SOURCES = ("builtin", "path")

def build(*, rows: int = 100, label: str = "label"):
    """rows: how many, at least 1."""
'''

PLAIN = '''"""Down the gradient."""

def build(*, lr: float = 0.1, momentum: float = 0.0):
    """lr: step size, above 0."""
'''

FADE = '''"""The rate fades."""

def build(*, left: float = 0.1):
    """left: share of the rate at the end, above 0, at most 1."""
'''

HEAVY = '''"""Down the gradient, with a mean."""

def build(*, lr: float = 0.1, mean: float = 0.9):
    """lr: step size, above 0."""
'''

ENGINE = {
    "training/options.py": TRAINING,
    "tasks/sort.py": SORT,
    "tasks/duel.py": DUEL,
    "tasks/group.py": GROUP,
    "models/net.py": NET,
    "models/slim.py": SLIM,
    "models/_shared.py": "",
    "data/points.py": POINTS,
    "optimizers/plain.py": PLAIN,
    "optimizers/heavy.py": HEAVY,
    "schedules/fade.py": FADE,
}


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home and a cache that only this test has; nothing that the machine sets is seen."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))
    for name in ("DLTUI_DATA", "DLTUI_NOTIFY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def kinds(tmp_path, monkeypatch) -> Path:
    """An engine folder with a few small kinds in the place of the real one. None of them could be imported."""
    folder = tmp_path / "engine"
    for name, source in ENGINE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source, encoding="utf-8")
    monkeypatch.setattr(paths, "ENGINE", folder)
    return folder


@pytest.fixture
def table() -> dict:
    """A sound recipe's table for `kinds`."""
    return {
        "title": "Points",
        "task": {"kind": "sort"},
        "data": {"kind": "points"},
        "model": {"kind": "net", "width": 4},
        "optimizer": {"kind": "plain", "lr": 0.5},
        "train": {"steps": 10},
    }
