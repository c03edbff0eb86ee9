"""`dltui new`."""

import pytest

from dltui.errors import ExitStatus
from dltui.recipes import recipe, schema


def test_a_copy_that_runs_under_its_own_name(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = dltui("new", "mine", "--from", "mlp-moons")
    assert result.status == 0 and result.out == "mine.toml\n"
    assert (tmp_path / "mine.toml").read_text() == recipe.find("mlp-moons").read_text()
    assert dltui("check", "mine.toml").status == 0 and recipe.load("mine.toml").name == "mine"


def test_nothing_is_ever_overwritten(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("precious")
    assert dltui("new", "mine", "--from", "mlp-moons").status == ExitStatus.USAGE
    assert (tmp_path / "mine.toml").read_text() == "precious"


def test_a_name_that_leads_elsewhere_is_refused(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dltui("new", "../mine", "--from", "mlp-moons").status == ExitStatus.USAGE
    assert dltui("new", "mine", "--from", "nothing").status == ExitStatus.NOT_FOUND
    assert not list(tmp_path.glob("*.toml"))


def test_a_net_of_ones_own_to_begin_with_is_sound(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(schema, "_declared", {})
    result = dltui("new", "--model", "my_net.py")
    assert result.status == 0 and result.out.split() == ["my_net.py", "my-net.toml", "test_my_net.py"]
    assert dltui("check", "my-net.toml").status == 0
    assert "feature maps" in dltui("kinds", "models", "my_net", "--kinds", "my_net.py").out


def test_files_that_are_there_stay_and_none_is_written_beside_them(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_my_net.py").write_text("precious")
    result = dltui("new", "--model", "my_net.py")
    assert result.status == ExitStatus.USAGE and "test_my_net.py is there already" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["test_my_net.py"]


@pytest.mark.parametrize(
    "words",
    [
        ("--model", "My-Net.py"),
        ("--model", "mlp.py"),
        ("--model", "class.py"),
        ("--model", "torch.py"),
        ("--model", "random.py"),
        ("mine",),
        ("mine", "--model", "n.py"),
        (),
    ],
)
def test_what_cannot_be_begun_is_told(dltui, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = dltui("new", *words)
    assert result.status == ExitStatus.USAGE and "Traceback" not in result.err and result.err
    assert not list(tmp_path.iterdir())
