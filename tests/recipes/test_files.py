"""Recipe files: the parts that a list reads of them are those of the whole."""

import os
from pathlib import Path

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files


def test_parts_are_those_of_the_whole():
    """Guards a line that begins with a bracket and is no section: what follows it would be lost."""
    for path in files.files().values():
        table = files.read_table(path)
        tops = {key: value for key, value in table.items() if not isinstance(value, dict)}
        assert files.read_parts(path, "expect") == tops | {"expect": table["expect"]}, path


@pytest.mark.parametrize("text", ["title = 1\nx", "title = \n[expect]\na = 1"])
def test_what_is_not_toml_is_told_with_its_line(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(DltuiError, match="not TOML"):
        files.read_parts(path, "expect")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_recipe_is_read_as_editors_of_any_system_save_it(tmp_path, encoding, end):
    (tmp_path / "a.toml").write_bytes(f'title = "Имя"{end}[task]{end}kind = "classify"{end}'.encode(encoding))
    table = {"title": "Имя", "task": {"kind": "classify"}}
    assert files.read_table(tmp_path / "a.toml") == files.read_parts(tmp_path / "a.toml", "task") == table


NUMBERS = {
    "train.seed": ["9" * 4000, "0x" + "f" * 6000, str(2**63), f"-{2**64}"],
    "optimizer.lr": ["nan", "inf", "-inf"],
    "model.hidden": [f"[8, {2**64}]", "[[8, inf]]"],
}


@pytest.mark.parametrize(
    ("key", "value"), [pytest.param(key, value, id=f"{key}-{value[:9]}") for key in NUMBERS for value in NUMBERS[key]]
)
@pytest.mark.parametrize("place", ["", "full.", "variants.wide."])
def test_numbers_that_no_engine_counts_with_are_told_with_file_and_key(tmp_path, key, value, place):
    path = tmp_path / "a.toml"
    path.write_text(f'title = "x"\n{place}{key} = {value}\nseconds = -inf')
    with pytest.raises(DltuiError) as caught:
        files.read_table(path)
    assert caught.value.status == ExitStatus.USAGE
    first, second = caught.value.message.splitlines()
    assert first.startswith(f"{path}: {place}{key} must be ") and len(first) < 120 + len(str(path))
    assert second == f"{path}: seconds must be a finite number, not -inf."


def test_a_number_with_more_digits_than_python_reads_is_told_with_its_line(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(f'title = "x"\n[train]\nseed = {"9" * 5000}\n')
    with pytest.raises(DltuiError) as caught:
        files.read_table(path)
    assert caught.value.message == f"{path}: line 3: seed has more than 4,300 digits."
    assert caught.value.status == ExitStatus.USAGE


def nested(depth: int) -> dict[str, str]:
    """Tables and lists that deep, as TOML writes them."""
    keys = ".".join("a" * depth)
    return {"table": f"[{keys}]\nx = 1", "key": f"{keys} = 1", "full": f"[full.{keys}]\nx = 1",
            "list": f"x = {'[' * depth}{']' * depth}", "inline": f"x = {'{a = ' * depth}1{'}' * depth}"}  # fmt: skip


@pytest.mark.parametrize("form", nested(1))
@pytest.mark.parametrize("depth", [60, 900, 3000])
def test_what_is_nested_too_deep_is_told(tmp_path, form, depth):
    """At 60 all could be walked; a walker that calls itself ends the process at about 900."""
    path = tmp_path / "a.toml"
    path.write_text(nested(depth)[form])
    with pytest.raises(DltuiError, match="nested") as caught:
        files.read_table(path)
    assert caught.value.status == ExitStatus.USAGE and caught.value.message.startswith(f"{path}: ")
    assert len(caught.value.message) < 200 + len(str(path))


def test_what_a_recipe_needs_is_not_too_deep(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(nested(20)["full"])
    files.read_table(path)


@pytest.mark.parametrize("what", ["pipe", "endless", "folder", "large"])
def test_only_a_file_that_a_recipe_can_be_is_opened(tmp_path, what):
    """A pipe would be waited for, and /dev/zero never ends."""
    path = tmp_path / "a.toml"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "endless":
        path.symlink_to("/dev/zero")
    elif what == "folder":
        path.mkdir()
    else:
        path.write_text("#" * (files.LARGEST + 1))
    told = {"pipe": "found a pipe", "endless": "found a device", "folder": "found a folder", "large": "at most 0.3 MB"}
    with pytest.raises(DltuiError, match=told[what]) as caught:
        files.read_table(files.find(str(path)))
    assert caught.value.status == ExitStatus.USAGE


def test_a_file_that_is_not_there_is_no_recipe_error():
    with pytest.raises(DltuiError) as caught:
        files.read_table(Path("nowhere.toml"))
    assert caught.value.status == ExitStatus.NOT_FOUND
