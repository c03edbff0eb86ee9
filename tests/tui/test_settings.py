"""What is remembered comes back; a broken or forbidden file costs the memory, never the app."""

import json

import pytest

from dltui.tui import settings


def test_what_was_set_is_there_again(home):
    first = settings.load()
    first.set("app.theme", "light")
    first.set("runs.columns", ["id", "loss"])
    first.save()
    again = settings.load()
    assert again.get("app.theme", "") == "light" and again.get("runs.columns", []) == ["id", "loss"]
    assert again.problem == ""


@pytest.mark.parametrize(
    ("value", "default", "got"),
    [
        ("light", 3, 3),
        (3, "dark", "dark"),
        (True, 1, 1),
        (1, True, True),
        (2, 0.5, 2.0),
        ([], "", ""),
        (None, "a", "a"),
    ],
)
def test_a_value_of_another_type_does_not_count(home, value, default, got):
    file = home / "settings.json"
    home.mkdir()
    file.write_text(json.dumps({"a.b": value}))
    found = settings.load().get("a.b", default)
    assert found == got and type(found) is type(got)


BROKEN = {"cut off": b"{", "a list": b"[1, 2]", "no text": b"\xff\xfe", "empty": b"", "deep": b"[" * 100_000}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_set_aside_and_told_of(home, content):
    home.mkdir()
    (home / "settings.json").write_bytes(content)
    found = settings.load()
    assert "settings.json" in found.problem and "settings.json.broken" in found.problem
    assert found.get("app.theme", "dark") == "dark"
    assert (home / "settings.json.broken").read_bytes() == content and not (home / "settings.json").exists()
    found.set("app.theme", "light")
    found.save()
    assert settings.load().get("app.theme", "") == "light"


def test_a_file_that_cannot_be_read_stays_where_it_is(home):
    (home / "settings.json").mkdir(parents=True)
    found = settings.load()
    assert "cannot be read" in found.problem and (home / "settings.json").is_dir()
    found.set("a", 1)
    with pytest.raises(OSError):
        found.save()
    assert [path.name for path in home.iterdir()] == ["settings.json"], "nothing half-written is left"


def test_two_apps_do_not_undo_each_other(home):
    one, other = settings.load(), settings.load()
    one.set("app.theme", "light")
    other.set("runs.sort", "loss")
    one.save()
    other.save()
    assert settings.load().get("app.theme", "") == "light" and settings.load().get("runs.sort", "") == "loss"


def test_nothing_is_written_where_nothing_changed(home):
    found = settings.load()
    found.save()
    assert not home.exists()
    found.set("a", 1)
    found.save()
    (home / "settings.json").unlink()
    found.set("a", 1)
    found.save()
    assert not (home / "settings.json").exists()
