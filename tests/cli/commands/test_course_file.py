"""`dltui course --file`: a teacher's own course; every fault of its file is told at once."""

import json
from datetime import date
from pathlib import Path

import pytest

from dltui.cli import syllabus_view
from dltui.errors import ExitStatus
from dltui.runs import exercise_folder

SYLLABUS = """
title = "Autumn"
[[part]]
name = "Week 1"
due = 2026-09-14
recipes = ["mlp-moons", "mlp-mnist"]
[[part]]
name = "Week 2"
due = 2999-01-01
recipes = ["kmeans"]
exercises = ["kmeans-centres"]
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "syllabus.toml"
    path.write_text(SYLLABUS)
    return path


def test_each_part_tells_what_is_done_and_what_is_late(dltui, done, file):
    done("mlp-moons")
    done("mlp-mnist", behaviour="unmet")
    (exercise_folder.folder("kmeans-centres")).mkdir(parents=True)
    result = dltui("course", "--file", str(file))
    lines = [" ".join(line.split()) for line in result.out.splitlines() if line]
    assert lines == [
        "Autumn", "Week 1 1 of 2 due 2026-09-14, late", "run mlp-moons met", "run mlp-mnist not met",
        "Week 2 0 of 2 due 2999-01-01", "run kmeans", "exercise kmeans-centres begun",
    ]  # fmt: skip
    assert "Next: dltui run mlp-mnist" in result.err
    told = json.loads(dltui("course", "--file", str(file), "--json").out)
    assert told[0] == {"name": "Week 1", "due": "2026-09-14", "exercises": {},
                       "recipes": {"mlp-moons": "met", "mlp-mnist": "missed"}}  # fmt: skip
    assert told[1]["exercises"] == {"kmeans-centres": "begun"}


def test_what_is_done_is_not_late(file, dltui, done):
    text = '[[part]]\ndue = 2000-01-01\nrecipes = ["mlp-moons"]\n'
    file.write_text(text)
    done("mlp-moons")
    result = dltui("course", "--file", str(file))
    assert "late" not in result.out and "All is done." in result.err and result.out.startswith("syllabus\n")


def test_a_part_is_late_from_the_day_after(file, dltui, capsys):
    from dltui.cli.environment import Environment
    from tests.cli.conftest import Stream

    for day, late in ((14, False), (15, True)):
        env = Environment(Stream(), Stream(), Stream(), {})
        syllabus_view.show(env, file, as_json=False, today=date(2026, 9, day))
        assert ("late" in env.stdout.getvalue()) == late


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it has no [[part]]"),
        ('part = "x"', "it has no [[part]]"),
        ('titel = "x"\n[[part]]\nrecipes = ["kmeans"]', 'Did you mean "title"'),
        ('[[part]]\nrecipes = ["kmean"]', 'there is no "kmean". Did you mean "kmeans"'),
        ('[[part]]\nexercises = ["kmeans"]', 'there is no "kmeans"'),
        ('[[part]]\nrecipes = "kmeans"', "must be a list of names"),
        ('[[part]]\nname = "x"', "names no recipe and no exercise"),
        ('[[part]]\nrecipes = ["kmeans"]\ndue = "2026-09-14"', "without quotation marks"),
        ('[[part]]\nrecipes = ["kmeans"]\ndue = 2026-09-14T10:00:00', "must be a date"),
        ('[[part]]\nrecipe = ["kmeans"]', 'Did you mean "recipes"'),
        ("[[part]\n", "not TOML"),
    ],
)
def test_every_fault_of_the_file_is_told(dltui, file, text, told):
    file.write_text(text)
    result = dltui("course", "--file", str(file))
    assert (result.status, told in result.err) == (ExitStatus.USAGE, True), result.err


def test_a_file_that_is_not_there(dltui, tmp_path):
    assert dltui("course", "--file", str(tmp_path / "no.toml")).status == ExitStatus.NOT_FOUND
