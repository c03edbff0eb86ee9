"""A learner's portfolio."""

import time

from dltui.recipes import exercise
from dltui.report import course_page
from dltui.runs import exercise_folder
from dltui.runs.exercise_folder import Progress
from tests.render.fake_run import LENET, FakeRun, confusion

from .pages import Page


def test_of_an_empty_home_it_says_how_to_begin(home):
    found = Page(course_page.render("en"))
    assert not found.faults and "Begin: dltui course" in found.text and found.count("table") == 0


def test_what_was_run_and_solved_is_on_it(home):
    made = FakeRun(home / "runs", LENET, "lenet-mnist")
    (made.run.path / "run.json").write_text('{"recipe": "lenet-mnist", "created": 1760000000}')
    made.frame(9, "confusion", confusion(9))
    expect = [{"name": "accuracy", "want": ">= 0.9", "got": 0.99, "ok": True}]
    made.finished(9, summary={"accuracy": 0.99}, expect=expect)
    name = next(iter(exercise.found()))
    exercise_folder.begin(exercise.load(name), "en")
    exercise_folder.keep(name, Progress(hints=1, checks=4, solved=time.time()))
    found = Page(course_page.render("en"))
    assert not found.faults
    assert "lenet-mnist ✓ met accuracy 0.990" in found.text
    assert f"{name} ✓ solved 4 1" in found.text
    assert found.count("picture") == 1, "the first pane of what was met"
    assert "1 of 1 exercises" in found.text
    assert "Сделано" in Page(course_page.render("ru")).text
