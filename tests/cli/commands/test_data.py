"""`dltui data`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dltui import paths
from dltui.cli.commands.data import size_in_words
from dltui.errors import ExitStatus
from dltui.jobs import engine_answer
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

    monkeypatch.setattr(engine_answer, "ask", answer)
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


LOOKED = {
    "path": "/own", "kind": "photographs", "options": {"size": 32}, "detail": "",
    "notes": ["passed over: 2 .heic files"], "rows": 30, "holds": "coloured pictures",
    "splits": {"train": 20, "test": 10}, "counted": "rows",
    "classes": [{"name": "cat", "train": 12, "test": 6}, {"name": "dog", "train": 8, "test": 4}],
    "columns": [], "first": [], "payload": None,
}  # fmt: skip


@pytest.fixture
def looked(monkeypatch):
    """What the engine was asked to look at; it draws one row of grey pictures."""
    words = []

    def answer(*given, report=lambda text: None):
        words.append(given)
        folder = Path(given[given.index("--folder") + 1])
        Image.fromarray(np.full((8, 16), 200, np.uint8)).save(folder / "rows.png")
        payload = {"type": "image", "file": "rows.png", "rows": 1, "columns": 2, "captions": ["cat", "dog"]}
        return {**LOOKED, "payload": payload}

    monkeypatch.setattr(engine_answer, "ask", answer)
    return words


def test_look_tells_what_is_understood_and_leaves_nothing_behind(dltui, looked, tmp_path):
    result = dltui("data", "look", str(tmp_path))
    assert result.status == 0
    for told in ("photographs data.size=32: coloured", "30: 20 train, 10 test", "passed over: 2 .heic files"):
        assert told in result.out
    assert "2 CLASSES, rows  TRAIN  TEST\ncat                 12     6\n" in result.out
    entry, path, *_ = looked[0]
    assert (entry, path) == ("look", str(tmp_path))
    assert not Path(looked[0][looked[0].index("--folder") + 1]).exists()


def test_look_draws_the_first_rows_on_a_terminal_only(dltui, looked, tmp_path):
    plain, drawn = (dltui("data", "look", str(tmp_path), terminal=terminal).out for terminal in (False, True))
    assert "dog\n" not in plain.partition("dog                  8")[2]
    assert len(drawn.splitlines()) > len(plain.splitlines()) + 3


def test_look_asks_as_the_recipe_reads(dltui, looked, tmp_path):
    dltui("data", "look", str(tmp_path), "--recipe", "lenet-mnist", "data.train_rows=50")
    words = looked[0]
    assert words[words.index("--kind") + 1] == "mnist"
    assert json.loads(words[words.index("--options") + 1])["train_rows"] == 50


def test_look_without_a_recipe_takes_options_of_data_alone(dltui, looked, tmp_path):
    dltui("data", "look", str(tmp_path), "data.label=species")
    assert json.loads(looked[0][looked[0].index("--options") + 1]) == {"label": "species"}
    refused = dltui("data", "look", str(tmp_path), "optimizer.lr=3")
    assert refused.status == ExitStatus.USAGE and "optimizer.lr says nothing of how data are read" in refused.err


def test_look_says_what_is_near_a_path_at_which_nothing_is(dltui, looked, tmp_path):
    """Guards an engine of seconds, and the hint to name a recipe, where a path is written wrongly."""
    (tmp_path / "digits").mkdir()
    for given, near in (
        ("digit", f'Did you mean "{tmp_path}/digits"?'),
        ("x/train", f"In {tmp_path} there are: digits."),
    ):
        result = dltui("data", "look", str(tmp_path / given))
        assert result.status == ExitStatus.NOT_FOUND and looked == []
        assert f"{given}: there is no such file or folder." in result.err and near in result.err


def test_look_as_json_is_the_engines_answer(dltui, looked, tmp_path):
    assert json.loads(dltui("data", "look", str(tmp_path), "--json").out) == LOOKED
