"""What lies at a path says which data kinds may read it."""

import numpy as np
import pytest
import soundfile

from dltui.engine.reading.kind_of import OF_WORDS, candidates
from dltui.errors import DltuiError, ExitStatus
from tests.engine.reading.test_picture import save


def first(path) -> str:
    return candidates(path)[0][0]


def test_folders(tmp_path):
    for name in ("images", "masks"):
        save(tmp_path / "cells" / name / "1.png", np.zeros((8, 8)))
    for folder in ("classes", "coco"):
        save(tmp_path / folder / "a" / "1.png", np.zeros((8, 8)))
    (tmp_path / "coco" / "annotations.json").write_text("{}")
    (tmp_path / "sounds" / "yes").mkdir(parents=True)
    soundfile.write(tmp_path / "sounds" / "yes" / "1.wav", np.zeros(8), 8000)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "train.csv").write_text("a,label\n1,x\n")
    found = {path.name: first(path) for path in tmp_path.iterdir()}
    assert found == {
        "cells": "cells", "classes": "photographs", "coco": "scenes", "sounds": "sounds", "tables": "bundled_table",
    }  # fmt: skip


def test_files(tmp_path):
    (tmp_path / "a.csv").write_text("a,label\n1,x\n2,y\n")
    (tmp_path / "b.tsv").write_text("one word\tein Wort\ntwo words\tzwei Worte\n")
    (tmp_path / "c.txt").write_text("text")
    (tmp_path / "d.json").write_text("{}")
    np.savez(tmp_path / "e.npz", x=np.zeros((3, 8, 8)), y=np.zeros(3))
    np.savez(tmp_path / "f.npz", x=np.zeros((3, 8)), y=np.zeros(3))
    found = {path.name: first(path) for path in tmp_path.iterdir()}
    assert found == {
        "a.csv": "bundled_table", "b.tsv": "bundled_table", "c.txt": "text", "d.json": "scenes",
        "e.npz": "photographs", "f.npz": "bundled_table",
    }  # fmt: skip
    (tmp_path / "g.csv").write_text("date,a,label\n2020-01-01,1,x\n2020-01-02,2,y\n")
    assert first(tmp_path / "g.csv") == "bundled_table"  # a date is no sentence
    kinds = [kind for kind, _ in candidates(tmp_path / "b.tsv")]
    assert kinds.index("sentences") < kinds.index("series")


@pytest.mark.parametrize("header", ["a,word,label", "a,a,label", "a,b,class"])
def test_a_table_of_classes_is_no_translation_and_no_series(tmp_path, header):
    """Guards a fault of such a table, a column of words, a name twice or a single class, that was passed over without
    a word: it was read as pairs of sentences, or as a series."""
    rows = "".join(f"{n},{'Tver' if 'word' in header else n * n},only\n" for n in range(60))
    (tmp_path / "a.csv").write_text(f"{header}\n{rows}")
    assert [kind for kind, _ in candidates(tmp_path / "a.csv")] == ["bundled_table", "photographs"]


def test_words_may_stand_in_columns_that_are_called_as_labels_are(tmp_path):
    (tmp_path / "a.csv").write_text("id,source,target\n" + "".join(f"{n},word {n},Wort {n}\n" for n in range(30)))
    (tmp_path / "b.tsv").write_text("# first\nThe\tDET\ncat\tNOUN\n\n" * 20)
    for name in ("a.csv", "b.tsv"):
        assert "sentences" in [kind for kind, _ in candidates(tmp_path / name)]


@pytest.mark.parametrize("name", ["gone", "a.exe", "empty", "broken.npz"])
def test_what_nothing_reads_is_told(tmp_path, name):
    (tmp_path / "empty").mkdir()
    for file in ("a.exe", "broken.npz"):
        (tmp_path / file).write_bytes(b"PK")
    with pytest.raises(DltuiError) as raised:
        candidates(tmp_path / name)
    assert raised.value.status == ExitStatus.DATA and name in raised.value.message


def test_texts_with_a_class_each_are_found(tmp_path):
    """Not a table with a word in a column: that is a fault of the table, and is told as one."""
    rows = "".join(f'"a text of row {n}",{n % 2},{n}\n' for n in range(30))
    (tmp_path / "a.csv").write_text(f"said,label,stars\n{rows}")
    (tmp_path / "own" / "good").mkdir(parents=True)
    (tmp_path / "own" / "good" / "1.txt").write_text("a good one")
    assert [kind for kind, _ in candidates(tmp_path / "a.csv")][-1] == "labelled_texts"
    assert candidates(tmp_path / "own") == (("labelled_texts", {}),)
    kinds = [options.get("targets", kind) for kind, options in OF_WORDS]
    assert kinds.index("labelled_texts") < kinds.index("translation")
