"""A trained run is opened from its newest checkpoint that is whole, and it is told which that is."""

import pytest

from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.training import checkpoint
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.run import Run
from tests.forked import ended, start_engine


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Run:
    """A run of 40 steps with two checkpoints."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DLTUI_HOME", str(tmp_path_factory.mktemp("home")))
    recipe = recipes.load(
        "mlp-moons", {"train.steps": 40, "data.from": "builtin", "train.checkpoint_seconds": 0.01, "train.batch": 8}
    )
    run = runs.create("mlp-moons", recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    yield run
    patch.undo()


def test_the_last_step_is_used_and_an_older_one_is_told_as_such(trained):
    told = []
    learner, _ = open_learner(trained, "net", told.append)
    assert step_used(trained, learner) == {"step": 40, "last_step": 40, "status": "done"} and not told
    newest, before = checkpoint.saved(trained.checkpoints)
    newest.with_suffix(".sha256").write_bytes(b"\xff" * 64)
    learner, _ = open_learner(trained, "net", told.append)
    used = step_used(trained, learner)
    assert used == {"step": int(before.stem.removeprefix("step-")), "last_step": 40, "status": "done"}
    assert len(told) == 1 and newest.name in told[0] and "damaged" in told[0]
    before.write_bytes(b"")
    with pytest.raises(DltuiError, match="none of its 2 checkpoints can be used"):
        open_learner(trained, "net", told.append)
