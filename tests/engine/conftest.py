"""Small data and recipes for tests of the engine."""

from pathlib import Path
from types import ModuleType

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.training.control import Control
from dltui.engine.training.learner import Learner
from dltui.engine.training.loop import Loop
from dltui.recipes.recipe import Recipe, of_table
from dltui.runs.events import EventLog, Tail
from dltui.runs.history import History
from dltui.runs.run import Run

CPU = torch.device("cpu")
torch.set_num_threads(1)  # two on such small work are slower than one, and many times slower beside another process


def blobs(rows: int, seed: int, dims: int = 2) -> Split:
    """Two classes of points (rows, dims) that a line parts well but not wholly."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 2, (rows,), generator=generator)
    return Split(torch.randn(rows, dims, generator=generator) + 2.0 * targets[:, None], targets)


@pytest.fixture
def data() -> Dataset:
    return Dataset(blobs(256, 0), blobs(128, 1), ("low", "high"), "builtin", "blobs", {"inputs": 2, "classes": 2})


def context(data: Dataset | None = None, nets: dict | None = None, seed: int = 0, **more: object) -> Context:
    """What a task or an algorithm is made from."""
    return Context(Rows(data, CPU) if data else None, {} if nets is None else nets, CPU, seed, **more)


def built(module: ModuleType, x: torch.Tensor, **options: object):
    """The algorithm of a module on points x (N, D), all of one class."""
    rows, none = (Split(part, torch.zeros(len(part), dtype=torch.long)) for part in (x, x[:0]))
    data = Dataset(rows, none, ("a",), "builtin", "points", {})
    return module.build(**options)(context(data))


@pytest.fixture
def recipe():
    """Returns a maker of small recipes: dotted keys of the table as changes."""

    def make(changes: dict | None = None, **sections: dict) -> Recipe:
        table = {
            "title": "blobs",
            "task": {"kind": "classify"},
            "data": {"kind": "clouds", "shape": "moons"},
            "model": {"kind": "mlp", "hidden": [8], "dropout": 0.2},
            "optimizer": {"kind": "adam", "lr": 0.01},
            "train": {"steps": 60, "batch": 32, "evaluate_every": 20},
            **sections,
        }
        return of_table(table, None, changes)

    return make


class Made:
    """A loop in a folder of its own, and what its log says."""

    def __init__(self, recipe: Recipe, data: Dataset, folder: Path):
        for part in ("frames", "checkpoints"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self.run = Run(folder)
        self.log = EventLog(self.run.log)
        self.learners = [Learner(name, variant, Rows(data, CPU), CPU) for name, variant in recipe.variants.items()]
        self.loop = Loop(self.learners, self.run, self.log, Control(self.run.control))

    def history(self) -> History:
        history = History()
        history.take(Tail(self.run.log).read())
        return history

    def weights(self) -> dict[str, torch.Tensor]:
        return {
            f"{learner.series}/{role}/{name}": tensor.clone()
            for learner in self.learners
            for role, net in learner.nets.items()
            for name, tensor in net.state_dict().items()
        }


@pytest.fixture
def made(data, tmp_path):
    """Returns a maker of loops: made(recipe, name)."""
    loops = []

    def make(recipe: Recipe, name: str = "run", data: Dataset = data) -> Made:
        loops.append(Made(recipe, data, tmp_path / name))
        return loops[-1]

    yield make
    for loop in loops:
        loop.log.close()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether all weights are equal, bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)
