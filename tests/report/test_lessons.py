"""Lessons as blocks of a page."""

from dltui.recipes import files
from dltui.report.lessons import blocks


def test_prose_formulas_and_commands():
    found = list(
        blocks("A `w < 1` net\ngoes on.\n\n    y = a < b\n    z = c\n\nTry:\n\n    dltui run x a=1\n    dltui run y\n")
    )
    assert [block.kind for block in found] == ["prose", "formula", "prose", "command"]
    assert found[0].markup == "A <code>w &lt; 1</code> net goes on."
    assert found[1].markup == "y = a &lt; b\nz = c"
    assert found[3].markup == "dltui run x a=1\ndltui run y"


def test_a_formula_beneath_its_sentence_stays_in_its_place():
    assert [block.kind for block in blocks("It is\n    y = x\nand so on")] == ["prose", "formula", "prose"]


def test_every_lesson_of_ours_keeps_its_commands():
    for path in files.files().values():
        lesson = files.read_table(path).get("lesson", {}).get("en", "")
        commands = [line.strip() for line in lesson.splitlines() if line.startswith("    dltui ")]
        kept = [
            line
            for block in blocks(lesson)
            if block.kind == "command"
            for line in str(block.markup.unescape()).split("\n")
        ]
        assert kept == commands, path
