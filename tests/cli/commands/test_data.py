"""`dltui data`."""

import json

import pytest

from dltui import paths
from dltui.cli.commands.data import size_in_words
from dltui.errors import ExitStatus
from dltui.jobs import launch
from dltui.recipes import schema

ANSWER = {"kind": "mnist", "source": "builtin", "detail": "generated", "rows": 30, "train": 20, "test": 10,
          "path": "", "classes": ["0", "1"]}  # fmt: skip


@pytest.fixture
def cached(home):
    folder = paths.datasets() / "mnist"
    folder.mkdir(parents=True)
    (folder / "hub.safetensors").write_bytes(b"x" * 2_500_000)
    return folder


@pytest.fixture
def asked(monkeypatch):
    """What the engine was asked; it answers with ANSWER."""
    words = []

    def answer(*given, report=lambda text: None):
        words.append(given)
        report("fetching 1/2 MB")
        return ANSWER

    monkeypatch.setattr(launch, "ask", answer)
    return words


def test_list_is_the_default_and_reads_sources_without_importing(dltui, cached):
    rows = {line.split()[0]: line for line in dltui("data").out.splitlines()[1:]}
    assert set(rows) == set(schema.kinds("data"))
    assert "hub, builtin, path" in rows["mnist"] and "2.5 MB" in rows["mnist"]
    listed = {row["name"]: row for row in json.loads(dltui("data", "list", "--json").out)["data"]}
    assert listed["mnist"]["cached"] == 2_500_000


def test_info_asks_only_what_is_here(dltui, asked):
    out = dltui("data", "info", "mnist").out
    assert asked == [("fetch", "mnist", "--only-info")]
    assert "20 to train on, 10 to test on" in out and "train_rows" in out


def test_fetch_tells_its_progress_on_stderr(dltui, asked):
    result = dltui("data", "fetch", "mnist")
    assert asked == [("fetch", "mnist")] and "fetching 1/2 MB" in result.err and "30 rows" in result.out


def test_what_needs_no_fetching_is_not_fetched(dltui, asked):
    assert "needs no fetching" in dltui("data", "fetch", "clouds").err and not asked


def test_rm_frees_the_cache(dltui, cached):
    assert "2.5 MB deleted" in dltui("data", "rm", "mnist").err and not cached.exists()
    assert "nothing was cached" in dltui("data", "rm", "mnist").err


@pytest.mark.parametrize("sub", ["info", "fetch", "rm"])
def test_an_unknown_data_set(dltui, sub, cached):
    result = dltui("data", sub, "mnst")
    assert result.status == ExitStatus.NOT_FOUND and 'Did you mean "mnist"?' in result.err and cached.exists()


def test_a_path_is_no_data_set(dltui, cached):
    assert dltui("data", "rm", "../data/mnist").status == ExitStatus.NOT_FOUND and cached.exists()


def test_sizes():
    assert [size_in_words(n) for n in (0, 12, 1500, 2_500_000, 3e9)] == ["", "12 B", "1.5 kB", "2.5 MB", "3.0 GB"]
