"""Texts with a class each, as people keep them: tables in any dialect, class folders; nothing is read twice."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.reading.labelled_texts import read_texts
from dltui.engine.reading.reading_options import Reading
from dltui.errors import DltuiError, ExitStatus

ROWS = [(f"текст номер {row}, весьма длинный", "да" if row % 3 else "нет") for row in range(30)]


def silent(told: str) -> None:
    pass


def written_csv(path, rows=ROWS, names=("отзыв", "оценка"), encoding="utf-8", separator=","):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([names, *rows])
    return path


def pairs(path, **how) -> list[tuple[str, str]]:
    found, _ = read_texts(path, silent, Reading(**how))
    return list(zip(*found[""], strict=True))


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", ","), ("cp1251", ";"), ("utf-16", "\t")])
def test_a_table_in_any_dialect_gives_the_same(tmp_path, encoding, separator):
    assert pairs(written_csv(tmp_path / "a.csv", encoding=encoding, separator=separator)) == ROWS


def test_json_lines_parquet_and_class_folders_give_the_same(tmp_path):
    rows = [{"text": text, "label": label, "stars": 3} for text, label in ROWS]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    for number, (text, label) in enumerate(ROWS):
        (tmp_path / "own" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / label / f"{number:02d}.txt").write_text(text, encoding="utf-8")
    assert pairs(tmp_path / "a.jsonl") == pairs(tmp_path / "a.parquet") == ROWS
    assert sorted(pairs(tmp_path / "own")) == sorted(ROWS)


def test_numbers_of_classes_get_the_names_that_the_file_gives_them(tmp_path):
    feature = {"names": ["neg", "pos"], "_type": "ClassLabel"}
    told = json.dumps({"info": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": feature}}})
    table = pa.table({"text": [f"text {n} is here" for n in range(9)], "label": [0, 1, -1] * 3})
    pyarrow.parquet.write_table(table.replace_schema_metadata({"huggingface": told}), tmp_path / "a.parquet")
    found, notes = read_texts(tmp_path / "a.parquet", silent)
    assert found[""].labels == ["neg", "pos"] * 3 and "3 rows without a label" in " ".join(notes)


def test_a_text_is_taken_once_and_never_from_the_test_into_the_training(tmp_path):
    """Guards a test row that stands among the training rows too: it would be known by heart."""
    written_csv(tmp_path / "train.csv", [*ROWS, ROWS[0], ("", "да")])
    written_csv(tmp_path / "test.csv", ROWS[:5])
    found, notes = read_texts(tmp_path, silent)
    assert len(found["test"].texts) == 5 and len(found["train"].texts) == 25
    assert not set(found["test"].texts) & set(found["train"].texts)
    assert "1 rows without a text are left out" in notes
    assert "6 texts that stand there more than once are taken once" in notes


def test_the_column_of_texts_is_named_said_or_the_one_with_most_letters(tmp_path):
    rows = [(f"t{n}", text, f"by author {n}", label) for n, (text, label) in enumerate(ROWS)]
    unnamed = written_csv(tmp_path / "a.csv", rows, ("title", "body", "author", "label"))
    named = written_csv(tmp_path / "b.csv", rows, ("text", "body", "author", "label"))
    assert pairs(unnamed) == ROWS
    assert pairs(named)[0][0] == "t0" and pairs(unnamed, columns=("author",))[0][0] == "by author 0"
    _, notes = read_texts(unnamed, silent)
    assert "the text is that of body; left out: title, author" in notes


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "text\none\n", "expected a column of texts and one of labels, found text alone"),
        ("a.csv", "a,label\n1,x\n2,y\n", "expected a column of texts beside the label, found a, label"),
        ("a.csv", "text,label\n", "found only a header"),
        ("a.png", "", "expected .csv .tsv .jsonl .parquet or a folder, found .png"),
        ("gone/a.csv", None, "found nothing there"),
    ],
)
def test_what_holds_no_texts_with_classes_is_told(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DltuiError, match=told) as error:
        read_texts(tmp_path / name, silent)
    assert error.value.status == ExitStatus.DATA


def test_a_first_row_that_is_one_like_the_others_is_read(tmp_path):
    """Guards a text that went lost as a name of a column."""
    path = written_csv(tmp_path / "a.csv", ROWS[1:], ROWS[0])
    assert pairs(path) == ROWS and "the first row is one like the others" in read_texts(path, silent)[1][-1]
    assert pairs(path, header="yes") == ROWS[1:]


def test_a_text_with_two_labels_is_told(tmp_path):
    path = written_csv(tmp_path / "a.csv", [*ROWS, (ROWS[0][0], "да"), ROWS[1]])
    assert "texts with several labels: 1; the first label of each counts" in read_texts(path, silent)[1]
    rows = [("один и тот же текст", label) for label in ("да", "нет") * 9]
    alike = written_csv(tmp_path / "b.csv", rows, ("text", "label"))
    with pytest.raises(DltuiError, match="with several labels each, in 9 rows"):
        read_texts(alike, silent)


def test_a_split_that_has_nothing_of_its_own_is_told(tmp_path):
    written_csv(tmp_path / "train.csv", ROWS[:5])
    written_csv(tmp_path / "test.csv", ROWS[:5])
    with pytest.raises(DltuiError, match="expected texts, found none of train that is not empty, or in the test"):
        read_texts(tmp_path, silent)
