"""What is understood of data of the user's own, for every kind that reads a path."""

import json
import sys

import numpy as np
import pytest
import soundfile
from PIL import Image

from dltui.engine.commands import look
from tests.engine.reading.test_coco import write
from tests.engine.reading.test_folder import class_folders


@pytest.fixture
def ask(monkeypatch, tmp_path, capfd):
    """Returns a caller of the entry: (its status, its answer)."""
    folder = tmp_path / "drawn"
    folder.mkdir()

    def call(path, *words: str) -> tuple[int, dict]:
        monkeypatch.setattr(sys, "argv", ["look", str(path), "--folder", str(folder), *words])
        status = look.main()
        return status, json.loads(capfd.readouterr().out.splitlines()[-1])

    call.folder = folder
    return call


def test_class_folders(ask, tmp_path):
    for split in ("train", "val"):
        class_folders(tmp_path / "own" / split, ("cat", "dog"), rows=4)
    status, told = ask(tmp_path / "own")
    assert (status, told["kind"], told["rows"], told["splits"]) == (0, "photographs", 16, {"train": 8, "test": 8})
    assert told["classes"] == [{"name": name, "train": 4, "test": 4} for name in ("cat", "dog")]
    assert (
        told["notes"] == ["the test is val: there is no other"] and told["holds"] == "coloured pictures, made 96 x 96"
    )
    assert told["payload"]["captions"] == ["cat", "dog", "cat", "dog", "cat"]
    with Image.open(ask.folder / told["payload"]["file"]) as drawn:
        assert drawn.size == (5 * 96, 96)


def test_a_recipes_kind_and_options_decide(ask, tmp_path):
    class_folders(tmp_path / "own", ("cat", "dog"), rows=10)
    told = ask(tmp_path / "own", "--kind", "mnist", "--options", '{"train_rows": 3}')[1]
    assert (told["kind"], told["splits"]["train"], told["holds"]) == ("mnist", 3, "grey pictures, made 28 x 28")


def test_boxes_and_masks_are_drawn_and_counted(ask, tmp_path):
    classes = [{"id": 3, "name": "square"}, {"id": 5, "name": "disc"}]
    told = ask(write(tmp_path / "coco", images=_images(6), categories=classes))[1]
    assert (told["kind"], told["counted"], told["payload"]["type"]) == ("scenes", "boxes", "boxes")
    assert [sum(one[split] for split in told["splits"]) for one in told["classes"]] == [0, 3]
    assert {box["label"] for box in told["payload"]["boxes"]} == {"disc"}
    for part in ("images", "masks"):
        (tmp_path / "cells" / part).mkdir(parents=True)
        for number in range(2):
            pixels = np.repeat([[0, 200]], 32, 0).repeat(16, 1).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "cells" / part / f"{number}.png")
    told = ask(tmp_path / "cells", "--options", '{"size": 32}')[1]
    assert (told["kind"], told["counted"]) == ("cells", "pixels") and told["payload"]["classes"] == ["cell", "wall"]
    assert [one["train"] for one in told["classes"]] == [512, 512]


def _images(count: int) -> list[dict]:
    return [{"id": number, "file_name": f"{number % 3}.png"} for number in range(count)]


def test_sounds_are_drawn_as_spectrograms(ask, tmp_path):
    for name in ("high", "low"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(5):
            soundfile.write(tmp_path / "own" / name / f"{number}.wav", np.sin(np.arange(4000) / 3), 8000)
    told = ask(tmp_path / "own")[1]
    assert (told["kind"], told["rows"]) == ("sounds", 10) and told["payload"]["captions"][:2] == ["high", "low"]
    with Image.open(ask.folder / told["payload"]["file"]) as drawn:
        assert np.asarray(drawn).max() > 200


def test_a_table_tells_its_columns_and_first_rows(ask, tmp_path):
    rows = "".join(f"{number}.5,{'xy'[number % 2]}\n" for number in range(20))
    (tmp_path / "rows.csv").write_text("a,label\n" + rows)
    told = ask(tmp_path / "rows.csv")[1]
    assert told["kind"] == "bundled_table" and told["payload"] is None
    assert told["columns"][0] == {"name": "a", "type": "numbers", "range": "0.5 .. 19.5", "missing": 0}
    assert told["first"][:2] == [["0.5", "x"], ["1.5", "y"]] and len(told["first"]) == 5


def test_pairs_of_sentences_are_no_series(ask, tmp_path):
    (tmp_path / "pairs.tsv").write_text("".join(f"one word {n}\tein Wort {n}\n" for n in range(60)))
    told = ask(tmp_path / "pairs.tsv")[1]
    assert (told["kind"], told["options"]) == ("sentences", {"targets": "translation"})


def test_what_cannot_be_read_is_the_fault_of_the_likeliest_kind(ask, tmp_path):
    (tmp_path / "rows.csv").write_text("a,label\n1,x\n,y\n" * 5)
    status, told = ask(tmp_path / "rows.csv")
    assert status == told["exit"] == 4 and "rows.csv" in told["error"] and told["hint"]


def test_tagged_words_are_counted_where_a_sentence_has_as_many_as_there_are_tags(ask, tmp_path):
    """Guards tags that were added up as if each was one of several labels of a row."""
    lines = "".join(f"# text\nthe\tDET\ncat{n}\tNOUN\nsat\tVERB\n\n" for n in range(40))
    (tmp_path / "a.tsv").write_text(lines)
    told = ask(tmp_path / "a.tsv")[1]
    assert (told["kind"], told["counted"], told["columns"]) == ("sentences", "words", [])
    assert [(one["name"], one["train"]) for one in told["classes"]] == [("DET", 32), ("NOUN", 32), ("VERB", 32)]


def test_the_first_pair_of_a_file_without_names_is_a_row(ask, tmp_path):
    """Guards a first row that stood as the names of the columns, where the pairs were read without such."""
    (tmp_path / "a.tsv").write_text("".join(f"word {n} more\tWort {n}\n" for n in range(30)))
    told = ask(tmp_path / "a.tsv")[1]
    assert told["rows"] == 30 and told["first"][0] == ["word 0 more", "Wort 0"]
    assert [column["name"] for column in told["columns"]] == ["column 1", "column 2"]
