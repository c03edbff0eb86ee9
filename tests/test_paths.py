"""Where things lie on disk, by what the environment says."""

from pathlib import Path

import platformdirs

from dltui import paths


def test_variables_decide(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "c"))
    assert paths.runs() == tmp_path / "h" / "runs"
    assert paths.datasets() == tmp_path / "c" / "data"


def test_a_home_of_its_own_holds_its_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    for unset in (
        lambda: monkeypatch.delenv("DLTUI_CACHE", raising=False),
        lambda: monkeypatch.setenv("DLTUI_CACHE", ""),
    ):
        unset()
        assert paths.cache() == tmp_path / "cache"


def test_the_platform_decides_without_variables(monkeypatch):
    monkeypatch.delenv("DLTUI_HOME", raising=False)
    monkeypatch.delenv("DLTUI_CACHE", raising=False)
    assert paths.home() == Path(platformdirs.user_data_dir("dltui", appauthor=False))
    assert paths.cache() == Path(platformdirs.user_cache_dir("dltui", appauthor=False))


def test_a_tilde_and_a_relative_home_become_absolute(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DLTUI_HOME", "~/lab")
    assert paths.home() == tmp_path / "lab"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLTUI_HOME", "here")
    assert paths.home() == tmp_path / "here"


def test_the_wheels_recipes_come_first(tmp_path, monkeypatch):
    """An editable install has no `_recipes` beside it, so it never shows stale copies."""
    package = tmp_path / "dltui"
    package.mkdir()
    monkeypatch.setattr(paths, "PACKAGE", package)
    assert paths.recipes() == tmp_path / "recipes"
    (package / "_recipes").mkdir()
    assert paths.recipes() == package / "_recipes"


def test_an_editable_checkout_has_no_packed_recipes():
    assert not (Path(__file__).parents[1] / "dltui" / "_recipes").exists()
