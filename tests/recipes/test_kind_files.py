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


def test_two_files_of_one_name_are_refused_before_a_run_is_made(folder):
    (folder / "other").mkdir()
    (folder / "other" / "my_net.py").write_text(LOSS)
    with pytest.raises(DltuiError, match=r"my_net\.py: another file of kinds is called my_net\.py too") as caught:
        recipe.load(str(folder / "my-net.toml"), kinds=[str(folder / "other" / "my_net.py")])
    assert caught.value.status == ExitStatus.USAGE


def test_what_is_held_is_read_whatever_becomes_of_the_file(folder):
    """Guards trials of one sweep, and runs of the queue, that were made of two versions of a file."""
    before = (folder / "my_net.py").read_bytes()
    with kind_files.held(kind_files.contents(recipe.load(str(folder / "my-net.toml")).table)):
        (folder / "my_net.py").unlink()
        table = recipe.load(str(folder / "my-net.toml")).table
        assert schema.find("model", "my_net").options["width"].default == 16
        kept = kind_files.copies(table)
    assert kept.files == {"kinds/my_net.py": before}
    assert kept.records == [{"file": str(folder / "my_net.py"), "sha256": sha256(before).hexdigest()}]
    with pytest.raises(DltuiError, match="No such file"):
        recipe.load(str(folder / "my-net.toml"))
    assert "my_net" not in schema.kinds("model"), "its copy is gone, and so is what was known of it"


@pytest.mark.parametrize(
    "text", [b"\xef\xbb\xbf%s", b"# -*- coding: latin-1 -*-\n# Gr\xf6\xdfe\n%s"], ids=["mark", "latin-1"]
)
def test_a_file_is_read_in_the_encoding_that_python_reads_it_in(folder, text):
    (folder / "steep.py").write_bytes(text % LOSS.encode())
    assert kind_files.declare(["steep.py"], folder) and "slope" in schema.find("loss", "steep").options


@pytest.mark.parametrize(
    ("name", "text", "status", "words"),
    [
        ("my_nte.py", None, ExitStatus.NOT_FOUND, r"my_nte\.py: .*Did you mean .*my_net\.py"),
        ("my-net.py", LOSS, ExitStatus.USAGE, "a kind is called as its file: small letters"),
        ("net.txt", LOSS, ExitStatus.USAGE, r"and \.py at the end"),
        ("bare.py", "import torch\n", ExitStatus.USAGE, r"no build\(\) in this file"),
        ("broken.py", "def build(:\n", ExitStatus.USAGE, r"broken\.py:1: not Python: .* The line: `def build\(:`"),
        (
            "lost.py",
            LOSS.replace('SECTION = "loss"', ""),
            ExitStatus.USAGE,
            "does not say of which section .* SECTION = one",
        ),
        ("odd.py", LOSS.replace('"loss"', '"losss"'), ExitStatus.USAGE, 'Did you mean "loss"'),
        ("hinge.py", LOSS, ExitStatus.USAGE, '"hinge" is a loss of dltui'),
        (
            "any.py",
            LOSS.replace("slope: float = 1.0", "slope"),
            ExitStatus.USAGE,
            r"any\.py:6: option slope .*a type and",
        ),
        ("any.py", LOSS.replace("*, ", ""), ExitStatus.USAGE, r"any\.py:6: .* keyword-only, after \*"),
        ("any.py", LOSS.replace("1.0", '"1"'), ExitStatus.USAGE, r"any\.py:6: the default of option slope .*a number"),
        (
            "any.py",
            LOSS.replace("1.0", "0.0"),
            ExitStatus.USAGE,
            r"default of option slope .* must be above 0, not 0\.0",
        ),
        ("any.py", LOSS + 'TASKS = "classify"\n', ExitStatus.USAGE, "TASKS must be a tuple of texts, not 'classify'"),
        ("any.py", LOSS.replace('"loss"', '"data"'), ExitStatus.USAGE, "SOURCES is missing"),
        ("AnyNet.py", LOSS, ExitStatus.USAGE, "small letters"),
        (
            "split.py",
            LOSS + 'METRICS = {"ece": Metric("calibration error", rows="held out")}\n',
            ExitStatus.USAGE,
            "rows must be one of 'train', 'validation', 'test', '', not 'held out'",
        ),
    ],
    ids=[
        "gone",
        "dash",
        "suffix",
        "bare",
        "broken",
        "section",
        "misspelt",
        "ours",
        "untyped",
        "positional",
        "default",
        "bound",
        "tasks",
        "sources",
        "capitals",
        "no split",
    ],
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
    (folder / "reliability.py").write_text(LOSS.replace('"loss"', '"probe"') + "\n\n" + metrics)
    with pytest.raises(DltuiError, match=r'probe\.any\.kind "reliability" measures loss, as task "classify" does'):
        recipe.load(
            str(folder / "my-net.toml"), {"probe.any.kind": "reliability"}, kinds=[str(folder / "reliability.py")]
        )


def test_a_file_beside_that_no_recipe_names_is_pointed_at(folder, monkeypatch):
    """Guards the first mistake of all: a kind that is there, in a file, and named nowhere."""
    monkeypatch.chdir(folder)
    table = {key: value for key, value in recipe.read_table(folder / "my-net.toml").items() if key != "kinds"}
    with pytest.raises(
        DltuiError, match=r'model\.kind "my_net" is unknown\. my_net\.py here is meant if .* kinds = \["my'
    ):
        recipe.of_table(table, folder / "mine.toml")
