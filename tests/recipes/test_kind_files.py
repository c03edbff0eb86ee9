"""Kinds in files of the user's own: known to checks as dltui's own are, kept by the run, told by their hash."""

from hashlib import sha256
from pathlib import Path

import pytest

from dltui.cli import model_start
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import kind_files, recipe, schema

LOSS = '''"""A loss of one's own."""

SECTION = "loss"


def build(*, slope: float = 1.0):
    """Times slope.

    slope: above 0.
    """
    return lambda logits, targets: slope * logits.sum()
'''


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """What a process knows of files ends with the test; the start of `dltui new --model` lies here."""
    monkeypatch.setattr(schema, "_declared", {})
    for name, text in model_start.files("my_net").items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_recipe_names_files_beside_it(folder, monkeypatch):
    monkeypatch.chdir("/")
    loaded = recipe.load(str(folder / "my-net.toml"))
    assert loaded.table["kinds"] == [str(folder / "my_net.py")]
    assert schema.find("model", "my_net").options["width"].default == 16
    assert "my_net" in schema.kinds("model") and "my_net" not in schema.kinds("loss")


def test_its_options_are_checked_as_any_others(folder):
    with pytest.raises(DltuiError, match=r'model\.widht is unknown for kind "my_net"\. Did you mean "width"\?'):
        recipe.load(str(folder / "my-net.toml"), {"model.widht": 3})
    with pytest.raises(DltuiError, match=r"model\.width must be at least 1, not 0"):
        recipe.load(str(folder / "my-net.toml"), {"model.width": 0})


def test_more_are_named_beside_those_of_the_recipe(folder, monkeypatch):
    (folder / "steep.py").write_text(LOSS)
    monkeypatch.chdir(folder)
    loaded = recipe.load("my-net.toml", {"loss.kind": "steep", "loss.slope": 2.0}, kinds=["steep.py", "my_net.py"])
    assert loaded.table["kinds"] == [str(folder / "my_net.py"), str(folder / "steep.py")]


def test_what_a_run_keeps_is_what_the_files_held(folder):
    table = recipe.load(str(folder / "my-net.toml")).table
    before = (folder / "my_net.py").read_bytes()
    kept = kind_files.copies(table)
    assert kept.files == {"kinds/my_net.py": before}
    assert kept.records == [{"file": str(folder / "my_net.py"), "sha256": sha256(before).hexdigest()}]


def test_two_files_of_one_name_are_refused(folder):
    (folder / "other").mkdir()
    (folder / "other" / "my_net.py").write_text(LOSS)
    loaded = recipe.load(str(folder / "my-net.toml"), kinds=[str(folder / "other" / "my_net.py")])
    with pytest.raises(DltuiError, match=r"other/my_net\.py: another file of kinds is called my_net\.py too"):
        kind_files.copies(loaded.table)


@pytest.mark.parametrize(
    ("name", "text", "status", "words"),
    [
        ("my_nte.py", None, ExitStatus.NOT_FOUND, r"my_nte\.py: .*Did you mean .*my_net\.py"),
        ("my-net.py", LOSS, ExitStatus.USAGE, "a kind is called as its file"),
        ("net.txt", LOSS, ExitStatus.USAGE, r"ends in \.py"),
        ("bare.py", "import torch\n", ExitStatus.USAGE, r"no build\(\) in this file"),
        ("broken.py", "def build(:\n", ExitStatus.USAGE, r"broken\.py:1: not Python"),
        (
            "lost.py",
            LOSS.replace('SECTION = "loss"', ""),
            ExitStatus.USAGE,
            "does not say of which section .* SECTION = one",
        ),
        ("odd.py", LOSS.replace('"loss"', '"losss"'), ExitStatus.USAGE, 'Did you mean "loss"'),
        ("hinge.py", LOSS, ExitStatus.USAGE, '"hinge" is a loss of dltui'),
        ("any.py", LOSS.replace("slope: float = 1.0", "slope"), ExitStatus.USAGE, "needs a type and a default"),
    ],
    ids=["gone", "dash", "suffix", "bare", "broken", "section", "misspelt", "ours", "untyped"],
)
def test_what_is_no_kind_is_told(folder, name, text, status, words):
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(DltuiError, match=words) as caught:
        kind_files.declare([name], folder)
    assert caught.value.status == status


@pytest.mark.parametrize("kinds", ["my_net.py", [3]])
def test_kinds_are_a_list_of_files(folder, kinds):
    table = recipe.read_table(folder / "my-net.toml") | {"kinds": kinds}
    with pytest.raises(DltuiError, match="kinds must be a list of files"):
        recipe.of_table(table, Path("mine.toml"))


def test_a_file_that_is_named_twice_is_one(folder):
    (folder / "part").mkdir()
    twice = recipe.load(str(folder / "my-net.toml"), kinds=[str(folder / "part" / ".." / "my_net.py")])
    assert list(kind_files.copies(twice.table).files) == ["kinds/my_net.py"]


def test_an_algorithm_of_ones_own_needs_no_model_and_no_optimizer(folder):
    text = LOSS.replace('"loss"', '"algorithm"')
    (folder / "walk.py").write_text(text + "\n\nNEEDS_DATA = False\nMETRICS = {}\n")
    (folder / "walk.toml").write_text(
        'title = "x"\nkinds = ["walk.py"]\n[algorithm]\nkind = "walk"\n[train]\nsteps = 3\n'
    )
    assert recipe.load(str(folder / "walk.toml")).subject == "algorithm"


def test_a_probe_that_would_take_the_place_of_a_tasks_metric_is_refused(folder):
    """Guards a curve called loss that is something else."""
    metrics = 'TASKS = ("classify",)\nMETRICS = {"loss": Metric("calibration error"), "ece": Metric("the same")}\n'
    (folder / "calibration.py").write_text(LOSS.replace('"loss"', '"probe"') + "\n\n" + metrics)
    with pytest.raises(DltuiError, match=r'probe\.any\.kind "calibration" measures loss, as task "classify" does'):
        recipe.load(
            str(folder / "my-net.toml"), {"probe.any.kind": "calibration"}, kinds=[str(folder / "calibration.py")]
        )
