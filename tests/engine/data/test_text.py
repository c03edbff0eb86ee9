"""Texts as rows of symbols: nothing is lost but what is rare, targets are one symbol on, the test is held back."""

import pyarrow as pa
import pyarrow.parquet
import pytest
import torch

from dltui.engine.data import text
from dltui.engine.reading import tensor_file
from dltui.errors import DltuiError
from tests.engine.hub_standin import standing_in

WORDS = "to be or not to be, that is the question\n" * 1000


def silent(told: str) -> None:
    pass


@pytest.fixture
def of_path(tmp_path):
    (tmp_path / "play.txt").write_text(WORDS[:20_500] + "☃" + WORDS[20_500:])
    return text.build(length=16).path(tmp_path / "play.txt", silent)


def test_targets_are_the_same_text_one_symbol_on(of_path):
    assert torch.equal(of_path.train.inputs[:40, 1:], of_path.train.targets[:40, :-1])
    assert torch.equal(of_path.train.inputs[1:40, 0], of_path.train.targets[:39, -1])
    (symbols,) = of_path.vocabularies
    read = "".join(symbols[number] for number in of_path.train.inputs[:40].flatten().tolist())
    assert read == WORDS[: 40 * 16]


def test_what_is_rare_is_number_0(of_path):
    assert of_path.vocabularies[0][0] == "\ufffd" and "☃" not in of_path.vocabularies[0]
    assert (of_path.train.inputs == 0).sum() + (of_path.test.inputs == 0).sum() == 1


def test_a_tenth_is_held_back_in_stretches(of_path):
    rows = 41_000 // 16
    assert len(of_path.test.inputs) == 5 * text.STRETCH
    assert len(of_path.train.inputs) == rows - 5 * text.STRETCH


def test_a_short_text_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("short")
    with pytest.raises(DltuiError, match="found 5"):
        text.build().path(tmp_path / "note.txt", silent)
    with pytest.raises(DltuiError, match="expected a text file"):
        text.build().path(tmp_path / "none.txt", silent)


def test_the_library_is_pythons_and_each_time_the_same():
    data = text.build(train_rows=2000).builtin()
    read = "".join(data.vocabularies[0][number] for number in data.train.inputs.flatten().tolist())
    assert "import" in read and "def __init__(self" in read
    assert len(data.test.inputs) == text.TEST_ROWS
    again = text.build(train_rows=2000).builtin()
    assert torch.equal(data.train.inputs, again.train.inputs) and torch.equal(data.test.inputs, again.test.inputs)


def test_the_hubs_splits_are_kept_apart_and_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))
    files = {}
    for split, told in (("train", WORDS), ("test", "that is not the question " * 40)):
        sink = pa.BufferOutputStream()
        pa.parquet.write_table(pa.table({"text": [told]}), sink)
        files[f"{split}.parquet"] = sink.getvalue().to_pybytes()
    with standing_in(monkeypatch, files):
        fetched = text.build(length=8).hub(silent)
    kept = text.build(length=8).hub(silent)
    assert tensor_file.of_hub("text").is_file() and kept.detail.endswith("from the cache")
    assert torch.equal(fetched.test.targets, kept.test.targets)
    assert len(kept.train.inputs) == (len(WORDS) - 1) // 8 and len(kept.test.inputs) == 124


def test_a_text_in_which_nothing_comes_again_is_refused():
    with pytest.raises(DltuiError, match="No symbol comes 20 times"):
        text.vocabulary(text.code_points("abc" * 19))
