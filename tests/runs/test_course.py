"""The order of the course, known from the heads of its files, and how far one is."""

from pathlib import Path

import pytest

from dltui import paths
from dltui.recipes import files
from dltui.runs import course
from dltui.runs.course import Mark, Step, Topic


def met(name: str) -> Step:
    return Step(name, name, Path("01_a") / f"{name}.toml", Mark("met", None, 1, None, {}))


def never_run(name: str) -> Step:
    return Step(name, name, Path("01_a") / f"{name}.toml")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(paths, "recipes", lambda: tmp_path)
    (tmp_path / "01_a").mkdir()
    (tmp_path / "02_b").mkdir()
    return tmp_path


def test_every_recipe_stands_where_its_table_says():
    """The order is read from the first bytes of each file, by a pattern: it must be what TOML says."""
    tables = {name: files.read_table(path) for name, path in files.files().items()}
    key = {name: (path.parent.name, tables[name]["place"]) for name, path in files.files().items()}
    assert list(course.in_order()) == sorted(key, key=key.get)


def test_what_names_no_place_comes_last_in_its_topic(folder):
    for name, text in (
        ("01_a/first", 'title = "x"\nplace = 2\n'),
        ("01_a/any", 'title = "x"\n[model]\nplace = 1\n'),  # a place of another thing
        ("01_a/second", 'refs = [\n  "y",\n]\nplace = 10\n'),
        ("02_b/other", "place = 1\n"),
    ):
        (folder / f"{name}.toml").write_text(text)
    (folder / "01_a" / "gone.toml").symlink_to("nowhere")
    assert list(course.in_order()) == ["first", "second", "any", "gone", "other"]


def test_progress_counts_what_was_met_and_what_comes_next_is_the_first_that_was_not():
    topics = course.arranged([met("a"), never_run("b"), met("c")])
    assert course.progress(topics) == (2, 3) and course.following(topics).name == "b"
    assert topics == [Topic("01_a", [met("a"), never_run("b"), met("c")])] and (topics[0].number, topics[0].name) == (
        1,
        "a",
    )
    assert course.following(course.arranged([met("a")])) is None and course.progress([]) == (0, 0)
