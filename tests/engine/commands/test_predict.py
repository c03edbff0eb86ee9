"""Pictures of the user's own are looked at before they are predicted; what is none is told before torch is loaded."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dltui.engine.commands.predict import predict
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.run import Run
from tests.forked import ended, start_engine


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Run:
    """Knows bars: class "across" or "upright", white on black, drawn in an own folder."""
    patch, data = pytest.MonkeyPatch(), tmp_path_factory.mktemp("bars")
    patch.setenv("DLTUI_HOME", str(tmp_path_factory.mktemp("home")))
    random = np.random.default_rng(0)
    for name in ("across", "upright"):
        (data / name).mkdir()
        for number in range(20):
            Image.fromarray(bar(name, random.integers(12, 15))).save(data / name / f"{number}.png")
    recipe = recipes.load("lenet-mnist", {"train.steps": 30, "data.from": str(data), "train.batch": 16})
    run = runs.create("lenet-mnist", recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    yield run
    patch.undo()


def bar(name: str, at: int, size: int = 28) -> np.ndarray:
    pixels = np.zeros((size, size), np.uint8)
    pixels[at : at + size // 9, size // 7 : -size // 7] = 255
    return pixels if name == "across" else pixels.T


def test_a_picture_is_made_like_those_that_the_run_knows_and_it_is_told(trained, tmp_path):
    for name in ("across", "upright"):
        Image.fromarray(bar(name, 13)).save(tmp_path / f"{name}.png")
        Image.fromarray(255 - bar(name, 20, 300)).save(tmp_path / f"{name}-inverse.png")
        Image.fromarray(bar(name, 13) // 255).save(tmp_path / f"{name}-01.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "across.png").read_bytes()[:-30])
    files = [*sorted(tmp_path.glob("across*.png")), *sorted(tmp_path.glob("upright*.png")), tmp_path / "cut.png"]
    answer = predict(trained, files, "", tmp_path)
    rows = answer["rows"]
    assert [row["label"] for row in rows] == ["across"] * 3 + ["upright"] * 3 + [""]
    told = [["pixels are 0..1: 1 is white"], ["inverted, as the data's strokes are light on dark",
            "cropped and centred as the data are"], []]  # fmt: skip
    assert [row["done"] for row in rows] == [*told, *told, []]
    assert "cut.png: not a picture that can be read" in rows[-1]["error"]
    assert answer["step"] == answer["last_step"] == 30
    assert answer["seen"]["captions"] == ["across"] * 3 + ["upright"] * 3
    with Image.open(tmp_path / answer["seen"]["file"]) as seen:
        assert seen.size == (6 * 28, 28) and seen.getpixel((0, 0)) == 0


NO_PICTURES = {
    "sevne.png": "there is no such file. Did you mean ",
    "folder": "a folder; give the files in it: ",
    "empty.png": "not a picture that can be read",
    "rows.npz": "not a picture that can be read",
}


def test_what_is_no_picture_is_told_before_torch_is_loaded(tmp_path):
    """Guards an answer that took half a minute: a run was opened to say that a file is not there."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.png").touch()
    np.savez(tmp_path / "rows.npz", x=np.zeros(3))
    Image.new("L", (9, 9)).save(tmp_path / "seven.png")
    asked = ["predict", "--folder", str(tmp_path), str(tmp_path), *(str(tmp_path / name) for name in NO_PICTURES)]
    script = (
        f"import sys; sys.argv = {asked}\n"
        "from dltui.engine.commands import predict\n"
        "status = predict.main(); sys.exit(9 if 'torch' in sys.modules else status)"
    )
    asked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0, asked.stderr
    rows = json.loads(asked.stdout)["rows"]
    for row, (name, told) in zip(rows, NO_PICTURES.items(), strict=True):
        assert row["file"].endswith(name) and told in row["error"]


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Run:
    """Knows whether a text has the word "good" or "bad"."""
    patch, data = pytest.MonkeyPatch(), tmp_path_factory.mktemp("texts")
    patch.setenv("DLTUI_HOME", str(tmp_path_factory.mktemp("home")))
    rows = "".join(f"a {word} thing of {n % 7} parts,{word}\n" for n in range(60) for word in ("good", "bad"))
    (data / "a.csv").write_text(f"text,label\n{rows}" + "and many more words than other texts have,good\n")
    changes = {"train.steps": 60, "data.from": str(data / "a.csv"), "train.batch": 8}
    recipe = recipes.load("sentiment", changes)
    run = runs.create("sentiment", recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    yield run
    patch.undo()


def test_a_line_of_text_is_a_row_and_what_the_run_does_not_know_is_told(reader, tmp_path):
    (tmp_path / "a.txt").write_text("a GOOD thing\n\n  a bad zebra " + "of parts " * 9 + "\n")
    (tmp_path / "b.txt").write_text("\n")
    (tmp_path / "c.txt").write_bytes("bad, очень bad".encode("cp1251"))
    files = [tmp_path / "a.txt", tmp_path / "gone.txt", tmp_path / "b.txt", tmp_path / "c.txt"]
    answer = predict(reader, files, "lstm", tmp_path)
    rows = {row["file"].removeprefix(f"{tmp_path}/"): row for row in answer["rows"]}
    assert {name: row["label"] for name, row in rows.items()} == {
        "gone.txt": "", "a.txt:1": "good", "a.txt:3": "bad", "b.txt": "", "c.txt:1": "bad",
    }  # fmt: skip
    assert rows["a.txt:1"]["text"] == "a GOOD thing" and rows["a.txt:1"]["done"] == []
    assert rows["a.txt:3"]["done"] == ["unknown words: zebra", "cut to 8 of 21 words"]
    assert rows["c.txt:1"]["done"] == ["unknown words: ,, очень"]
    assert "there is no such file" in rows["gone.txt"]["error"] and "found 0" in rows["b.txt"]["error"]
    assert answer["notes"] == [f"{tmp_path / 'c.txt'}: read as cp1251, as it is no UTF-8"]
    assert sum(rows["a.txt:1"]["probabilities"].values()) == pytest.approx(1)
