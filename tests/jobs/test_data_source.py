"""Where the rows of a run come from."""

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import data_source
from dltui.recipes import recipe


def source_of(monkeypatch, machine: str, word: str = "mlp-mnist", **changes) -> str:
    monkeypatch.setenv("DLTUI_DATA", machine)
    changes = {key.replace("_", "."): value for key, value in changes.items()}
    return data_source.with_source(recipe.load(word, changes), named_here="data.from" in changes).data_from


def test_the_machines_source_stands_in_for_auto_alone(monkeypatch, tmp_path):
    assert source_of(monkeypatch, "builtin") == "builtin"
    assert source_of(monkeypatch, "builtin", data_from="hub") == "hub"
    assert source_of(monkeypatch, str(tmp_path)) == str(tmp_path)
    assert source_of(monkeypatch, "") == "auto"


def test_the_machines_source_is_left_where_a_data_set_lacks_it(monkeypatch):
    assert source_of(monkeypatch, "hub", "mlp-moons") == "auto"


def test_a_path_starts_where_it_was_written(monkeypatch, tmp_path):
    (tmp_path / "mine" / "rows").mkdir(parents=True)
    text = recipe.find("mlp-mnist").read_text().replace('kind = "mnist"', 'kind = "mnist"\nfrom = "rows"', 1)
    (tmp_path / "mine" / "own.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert source_of(monkeypatch, "", "mine/own.toml") == str(tmp_path / "mine" / "rows")
    assert source_of(monkeypatch, "", data_from="mine/rows") == str(tmp_path / "mine" / "rows")
    with pytest.raises(DltuiError) as error:
        source_of(monkeypatch, "", data_from="rows")
    assert error.value.status == ExitStatus.NOT_FOUND and str(tmp_path / "rows") in str(error.value)
