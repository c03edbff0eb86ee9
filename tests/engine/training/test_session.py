"""A run goes on with the rows that it began with, or not at all. Real engines, forked."""

import pytest

from dltui.engine.training import checkpoint
from dltui.errors import ExitStatus
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.events import Tail
from tests.forked import ended, start_engine

ROWS = [(n % 7 / 2, n % 5, "xy"[n % 2]) for n in range(40)]


def table(path, rows=ROWS, **renamed: str) -> None:
    path.write_text("a,b,label\n" + "".join(f"{a},{b},{renamed.get(label, label)}\n" for a, b, label in rows))


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A run on a table of the user's own that has ended at its tenth step, and the table's file."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    path = tmp_path / "rows.csv"
    table(path)
    recipe = f"""
        title = "own"
        task = {{ kind = "classify" }}
        data = {{ kind = "clouds", from = "{path}" }}
        model = {{ kind = "mlp", hidden = [4] }}
        optimizer = {{ kind = "adam", lr = 0.01 }}
        train = {{ steps = 10 }}
    """
    run = runs.create("own", recipe, {"threads": 1, "device": "cpu"})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    run.recipe_file.write_text(recipe.replace("steps = 10", "steps = 20"))
    return run, path


def steps_of(run) -> int:
    return checkpoint.read(checkpoint.saved(run.checkpoints)[0]).values["step"]


def test_on_the_same_rows_it_goes_on(begun):
    run, path = begun
    table(path)
    assert ended(start_engine(run)) == 0 and steps_of(run) == 20


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"x": "z"}, "the classes were x, y and are y, z"),
        ({"rows": ROWS[:-5]}, "there were 32 + 8 rows and are 28 + 7"),
        ({"rows": [(a + (a == 0), b, label) for a, b, label in ROWS]}, "as many rows of the same classes, but others"),
    ],
    ids=["a class renamed", "rows taken away", "a value changed"],
)
def test_on_other_rows_it_does_not(begun, other, told):
    """Guards a net whose answers are read by the names of other classes."""
    run, path = begun
    table(path, **other)
    assert ended(start_engine(run)) == ExitStatus.DATA and steps_of(run) == 10
    last = list(Tail(run.log).read())[-1]
    assert told in last["error"] and "begin a new run" in last["hint"]


def test_a_checkpoint_of_before_it_was_known_goes_on(begun):
    run, _ = begun
    newest = checkpoint.saved(run.checkpoints)[0]
    saved = checkpoint.read(newest)
    for learner in saved.values["learners"].values():
        del learner["data"]
    for old in checkpoint.saved(run.checkpoints):
        old.unlink()
    checkpoint.write(run.checkpoints, saved.values["step"], saved)
    assert ended(start_engine(run)) == 0 and steps_of(run) == 20


@pytest.mark.parametrize("share", [0, 0.25])
def test_the_users_own_validation_rows_are_used_as_given(tmp_path, monkeypatch, share):
    """Their val.csv says by what is chosen; a share of the training rows in its place would be wrong without a word."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, rows in (("train", ROWS), ("val", ROWS[:6]), ("test", ROWS[:10])):
        table(folder / f"{name}.csv", rows)
    recipe = f"""
        title = "own"
        task = {{ kind = "classify" }}
        data = {{ kind = "clouds", from = "{folder}" }}
        model = {{ kind = "mlp", hidden = [4] }}
        optimizer = {{ kind = "adam", lr = 0.01 }}
        train = {{ steps = 2, validation = {share} }}
    """
    run = runs.create("own", recipe, {"threads": 1, "device": "cpu"})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    events = list(Tail(run.log).read())
    right = 6 * events[-1]["summary"]["validation_accuracy"]
    assert right == pytest.approx(round(right)), "it is a share of six rows"
    told = [text for event in events if (text := event.get("text", "")).startswith("validation:")]
    want = "validation: the data's own 6 rows; train.validation=0.25 holds out no others"
    assert told == ([want] if share else [])


def test_what_a_comparison_shows_for_all_variants_are_rows_of_all(tmp_path, monkeypatch):
    """Else one variant's net answers for rows of another's data, and its picture is false."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    other = {
        "variants.s4.data.scene": "placed",
        "data.from": "builtin",
        "data.train_rows": 10,
        "data.test_rows": 2,
    }
    recipe = recipes.load("fcn", other)
    run = runs.create("fcn", recipes.to_toml(recipe), {"threads": 1, "device": "cpu"})
    assert ended(start_engine(run)) == ExitStatus.USAGE
    finished = [*Tail(run.log).read()][-1]
    assert finished["error"].startswith("comparison masks shows the same test rows for all variants, and those of s4")


def test_a_batch_of_one_row_has_no_spread_to_normalize_by(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    alone = {"train.batch": 1, "train.steps": 2, "data.from": "builtin", "data.train_rows": 20, "data.test_rows": 20}
    recipe = recipes.load("dcgan", alone)
    run = runs.create("dcgan", recipes.to_toml(recipe), {"threads": 1, "device": "cpu"})
    assert ended(start_engine(run)) == ExitStatus.USAGE
    assert "train.batch=2" in [*Tail(run.log).read()][-1]["hint"]
