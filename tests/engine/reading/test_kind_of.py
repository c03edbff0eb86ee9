"""What lies at a path says which data kinds may read it."""

import numpy as np
import pytest
import soundfile

from dltui.engine.reading.kind_of import candidates
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


@pytest.mark.parametrize("name", ["gone", "a.exe", "empty", "broken.npz"])
def test_what_nothing_reads_is_told(tmp_path, name):
    (tmp_path / "empty").mkdir()
    for file in ("a.exe", "broken.npz"):
        (tmp_path / file).write_bytes(b"PK")
    with pytest.raises(DltuiError) as raised:
        candidates(tmp_path / name)
    assert raised.value.status == ExitStatus.DATA and name in raised.value.message
