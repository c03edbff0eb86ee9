"""Short runs to export, each trained once for the tests of a file."""

import pytest

from dltui.recipes import kind_files, schema
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from tests.forked import ended, start_engine

OF_VARIANTS = ("variants", "comparison", "expect", "predict", "twin")  # sections that may name variants
SLOW = ("probe",)  # FID trains a net of its own


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """trained("mlp-moons") -> a run of it, a few steps long; alone: of its first variant, without probes."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DLTUI_HOME", str(tmp_path_factory.mktemp("home")))
    made = {}

    def of(name: str, *, alone: bool = False, **changes: object) -> runs.Run:
        if name not in made:
            source = {"data.from": "builtin"} if recipes.load(name).data else {}
            recipe = recipes.load(name, {"train.steps": 20, **source, **changes})
            if alone:
                recipe = next(iter(recipe.variants.values())).with_changes(changes)
                table = {key: value for key, value in recipe.table.items() if key not in (*OF_VARIANTS, *SLOW)}
                recipe = recipe._replace(table=table)
            made[name] = runs.create(name, recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
            assert ended(start_engine(made[name])) == 0, made[name].engine_log.read_text()
        return made[name]

    yield of
    patch.undo()


RECIPE = """title = "Mine"
kinds = ["my_own_net.py"]
[task]
kind = "classify"
[data]
kind = "bundled_table"
[model]
kind = "my_own_net"
[optimizer]
kind = "adam"
[train]
steps = 5
"""


@pytest.fixture
def own_run(tmp_path, monkeypatch):
    """own_run(source) -> a short run of a net in a file of the user's own."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home of mine"))
    monkeypatch.setattr(schema, "_declared", {})  # what is declared here is no kind of the tests after it

    def of(source: str, **changes: object) -> runs.Run:
        (tmp_path / "my_own_net.py").write_text(source)
        (tmp_path / "mine.toml").write_text(RECIPE)
        recipe = recipes.load(str(tmp_path / "mine.toml"), {"data.from": "builtin", **changes})
        copies = kind_files.copies(recipe.table)
        text = recipes.to_toml(recipe._replace(table={**recipe.table, "kinds": list(copies.files)}))
        run = runs.create("mine", text, {"device": "cpu", "threads": 1}, files=copies.files)
        assert ended(start_engine(run)) == 0, run.engine_log.read_text()
        return run

    return of
