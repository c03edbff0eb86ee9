"""Where things lie on disk, by what the environment says."""

import os
from pathlib import Path

import platformdirs
import pytest

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


# -- who may read it ---------------------------------------------------------------------------------------------------


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:04o}"


def test_what_is_made_in_a_home_is_for_its_owner(tmp_path, monkeypatch):
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "a" / "home"))
    before = os.umask(0o022)
    try:
        paths.make(paths.home() / "queue" / "x")
        with open(paths.home() / "file", "w", opener=paths.private):
            pass
    finally:
        os.umask(before)
    found = [tmp_path / "a", tmp_path / "a/home", tmp_path / "a/home/queue/x", tmp_path / "a/home/file"]
    assert [mode(path) for path in found] == ["0755", "0700", "0700", "0600"]
    assert paths.exposure() == ""


def test_a_home_that_others_may_enter_is_closed(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    (tmp_path / "settings.json").touch()
    tmp_path.chmod(0o755)
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    paths._close_to_others.cache_clear()  # as a new process
    assert mode(paths.home()) == "0700"


@pytest.mark.parametrize(("also", "folder"), [("thesis.pdf", 0o755), ("runs", 0o1777)])
def test_of_a_folder_that_is_not_dltuis_alone_only_what_is_dltuis_is_closed(tmp_path, monkeypatch, also, folder):
    """DLTUI_HOME=/tmp, or ~: nobody wants that closed by us."""
    (tmp_path / "runs").mkdir(0o755)
    (tmp_path / "runs").chmod(0o755)
    (tmp_path / also).mkdir(exist_ok=True)
    tmp_path.chmod(folder)
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    paths._close_to_others.cache_clear()
    assert mode(paths.home()) == f"{folder:04o}" and mode(paths.runs()) == "0700"
    assert paths.exposure() == ""


def test_a_home_that_is_not_ours_to_close_is_told(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    for path in (tmp_path, tmp_path / "runs"):
        path.chmod(0o755)
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    paths._close_to_others.cache_clear()
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert f"{tmp_path / 'runs'}: other users" in paths.exposure() and "not yours" in paths.exposure()
    assert mode(tmp_path) == "0755"


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
