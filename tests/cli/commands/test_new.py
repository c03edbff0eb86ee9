"""`dltui new`."""

from dltui.errors import ExitStatus
from dltui.recipes import recipe


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
