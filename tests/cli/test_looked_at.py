"""What was understood of data, as a person reads it: whole on a narrow terminal, never longer than a page or two."""

from dltui.cli.looked_at import lines

ANSWER = {
    "path": "rows.csv", "kind": "bundled_table", "options": {}, "notes": [], "rows": 60, "holds": "rows of 2 numbers",
    "splits": {"train": 48, "test": 12}, "classes": [], "counted": "rows", "columns": [], "first": [],
}  # fmt: skip


def test_columns_have_their_type_gaps_and_values_above_the_first_rows():
    columns = [
        {"name": "a", "type": "numbers", "range": "-1 .. 8", "missing": 3},
        {"name": "label", "type": "words", "range": "2 different: x, y", "missing": 0},
    ]
    told = lines({**ANSWER, "columns": columns, "first": [["-1", "x"], ["8", "y"]]}, None)
    assert told[:2] == ["path     rows.csv", "read as  bundled_table: rows of 2 numbers"]
    assert told[2] == "rows     60: 48 train, 12 test"
    assert told[4:7] == [
        "2 COLUMNS  TYPE     MISSING  VALUES",
        "a          numbers        3  -1 .. 8",
        "label      words          0  2 different: x, y",
    ]
    assert told[-4:] == ["FIRST ROWS", "a   label", "-1  x", "8   y"]


def test_many_classes_and_columns_are_counted():
    classes = [{"name": f"c{number}", "train": 1, "test": 1} for number in range(1000)]
    columns = [{"name": f"x{number}", "type": "numbers", "range": "", "missing": 0} for number in range(200)]
    told = lines({**ANSWER, "classes": classes, "columns": columns, "first": [["1"] * 200]}, 80)
    assert "... and 980 other classes" in told and "... and 160 other columns" in told
    assert len(told) < 75 and max(map(len, told)) <= 80
