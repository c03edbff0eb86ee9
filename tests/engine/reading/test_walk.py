"""A folder is walked whole, links followed once, and what is passed over is counted by what it is."""

import pytest

from dltui.engine.reading import walk

SUFFIXES = (".png", ".jfif")


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def names_of(walked, folder) -> list[str]:
    return [str(path.relative_to(folder)) for path in walked.files]


@pytest.mark.parametrize(
    "name",
    [
        ".ipynb_checkpoints/1.png",
        "__MACOSX/1.png",
        "_background_noise_/1.png",
        "._1.png",
        "Thumbs.db",
        "$RECYCLE.BIN/1.png",
    ],
)
@pytest.mark.parametrize("depth", ["", "a/", "a/b/c/"])
def test_hidden_and_system_folders_are_left_out_at_any_depth(tmp_path, name, depth):
    walked = walk.walk(make(tmp_path, "a/b/c/2.png", depth + name), SUFFIXES)
    assert names_of(walked, tmp_path) == ["a/b/c/2.png"]
    assert sum(walked.passed_over.values()) == 1 and "hidden or system" in next(iter(walked.passed_over))


def test_files_of_other_kinds_are_counted(tmp_path):
    walked = walk.walk(make(tmp_path, "1.PNG", "2.jfif", "3.heic", "a/4.heic", "LICENSE"), SUFFIXES)
    assert names_of(walked, tmp_path) == ["1.PNG", "2.jfif"]
    assert walk.passed_over_note(walked.passed_over) == ("passed over: 2 .heic files, 1 file without a suffix",)


def test_links_are_followed_and_those_to_nothing_are_counted(tmp_path):
    make(tmp_path / "elsewhere", "1.png", "deep/2.png")
    here = make(tmp_path / "here", "0.png")
    (here / "linked").symlink_to(tmp_path / "elsewhere")
    (here / "3.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    (here / "4.png").symlink_to(tmp_path / "gone.png")
    walked = walk.walk(here, SUFFIXES)
    assert names_of(walked, here) == ["0.png", "3.png", "linked/1.png", "linked/deep/2.png"]
    assert walk.passed_over_note(walked.passed_over) == ("passed over: 1 link to nothing",)


def test_a_link_to_a_folder_above_ends(tmp_path):
    make(tmp_path, "a/1.png")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    walked = walk.walk(tmp_path, SUFFIXES)
    assert names_of(walked, tmp_path) == ["a/1.png"]
    assert walk.passed_over_note(walked.passed_over) == ("passed over: 1 link to a folder above",)


def test_few_names_stand_for_many(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(10)]
    assert walk.named(paths, tmp_path) == "0.png, 1.png, 2.png and 7 others"
    assert walk.named(paths[:4], tmp_path) == "0.png, 1.png, 2.png and 1 other"
