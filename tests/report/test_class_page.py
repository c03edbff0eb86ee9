"""The page of a class: all of it is the students' own words, and none of them becomes more than text."""

import re
import time

import pytest

from dltui.recipes import exercise, files
from dltui.report import class_page
from dltui.runs import run as runs
from dltui.runs.exercise_folder import Progress
from dltui.runs.handin import Student
from dltui.runs.log_check import EDITED, NOT_CHAINED, WHOLE, Verdict
from dltui.runs.recipe_status import Mark

from .pages import Page

EVIL = "<img src=http://x onerror=alert(1)>\x1b[31m"
NOON = 1_700_000_000.0
DAY = time.strftime("%m-%d", time.localtime(NOON))


@pytest.fixture
def student(home):
    """student("Ann", {"mlp-moons": "met"}, {"kmeans-centres": True}) -> one who stands so."""
    made: list[Student] = []

    def make(name: str, recipes: dict[str, str], exercises: dict[str, bool] | None = None, **logs: str) -> Student:
        marks = {}
        for recipe, kind in recipes.items():
            run = runs.create("x", "", {"created": NOON})
            marks[recipe] = Mark(kind, run, 1, runs.State("done", 9, 9, {}, [], 1.0, ""), {})
        tasks = {task: Progress(1, 2, NOON if solved else 0.0) for task, solved in (exercises or {}).items()}
        found = {recipe: Verdict(logs.get(recipe.replace("-", "_"), WHOLE), EVIL) for recipe in recipes}
        made.append(Student(name, f"{len(made)}.zip", marks, tasks, NOON, logs=found))
        return made[-1]

    return make


def rows(text: str, caption: str) -> list[str]:
    """The rows of the table with that caption, as texts."""
    [table] = [one for one in re.findall(r"<table>.*?</table>", text, re.DOTALL) if f">{caption}</caption>" in one]
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]


def test_each_student_stands_by_each_recipe_and_exercise_in_signs_and_words(student):
    ann = student("Ann", {"mlp-moons": "met", "perceptron": "missed"}, {"kmeans-centres": True})
    bob = student("Bob", {"mlp-moons": "failed"}, {"kmeans-centres": False}, mlp_moons=NOT_CHAINED)
    text = class_page.render([ann, bob], "spring", "en")
    page = Page(text)
    assert not page.faults and page.count("script") == 0 and "Class: spring" in page.text
    assert rows(text, "01 foundations") == [
        "student perceptron mlp-moons", f"Ann ✗ claim not met {DAY} ✓ claim met {DAY}", f"Bob ○ begun {DAY}",
    ]  # fmt: skip
    assert rows(text, "Exercises")[1:] == [f"Ann ✓ solved {DAY}", "Bob ○ begun"]
    assert rows(text, "Students")[1].startswith("Ann 1 2 1 1 ") and "Runs that are not checked: 1" in page.text
    assert page.count("caption") == page.count("table") and "Edited by hand" not in page.text
    assert "утверждение выполнено" in Page(class_page.render([ann, bob], "spring", "ru")).text


def test_names_and_reasons_are_text_whatever_they_hold(student):
    found = [student(EVIL, {EVIL: "met", "mlp-moons": "met"}, {EVIL: True}, mlp_moons=EDITED), student(EVIL, {})]
    text = class_page.render([*found, Student("x", "x.zip", {}, {}, 0.0, problem=EVIL)], EVIL, "en")
    page = Page(text)
    assert not page.faults and page.count("img") == 0 and "\x1b" not in text
    assert "! edited by hand <img src=http://x onerror=alert(1)>" in page.text and "no proof" in page.text
    assert "(0.zip)" in page.text and "(1.zip)" in page.text, "two of one name"


def test_what_is_hard_for_many_comes_first_and_what_is_hard_for_one_is_not_told(student):
    found = [student(f"s{n}", {"mlp-moons": "missed" if n else "met", "kmeans": "missed"}) for n in range(3)]
    found.append(student("s9", {"perceptron": "missed"}))
    told = rows(class_page.render(found, "spring", "en"), class_page.CLASS_WORDS["en"].hard_caption)
    assert told[1:] == ["recipe kmeans 3 3", "recipe mlp-moons 2 3"]
    assert "Nothing that two students" in Page(class_page.render(found[3:], "spring", "en")).text


def test_a_table_is_as_wide_as_a_sheet_of_paper_and_names_of_their_own_are_bounded(student):
    names = [*files.files(), *(f"mine-{number:03}" for number in range(60))]
    text = class_page.render(
        [student("Ann", dict.fromkeys(names, "met"), dict.fromkeys(exercise.found(), True))], "", "en"
    )
    widths = [table.count('scope="col"') for table in re.findall(r'<div class="wide grid".*?</table>', text, re.DOTALL)]
    assert max(widths) <= 1 + class_page.ACROSS and "36 more are left out" in text
    assert text.count("claim met</span>") >= len(files.files())


def test_a_class_that_has_begun_nothing(student):
    page = Page(class_page.render([student("Ann", {})], "spring", "en"))
    assert not page.faults and "Students: 1. Recipes that were begun: 0" in page.text
