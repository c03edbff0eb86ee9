"""The page of a run."""

import json

import numpy as np
import pytest

from dltui.report import page
from tests.render.examples import EXAMPLES
from tests.render.fake_run import GAN, LENET, MOONS, FakeRun, confusion

from .pages import Page

HOSTILE = '<script>alert(1)</script>" onload="x \x1b[31m & \u202eabc'


def recorded(made: FakeRun, table: dict, **info) -> FakeRun:
    import tomli_w

    made.run.recipe_file.write_text(tomli_w.dumps(table))
    (made.run.path / "run.json").write_text(json.dumps({"id": made.run.id, "recipe": "mine", "created": 1.0, **info}))
    return made


@pytest.fixture
def lenet(tmp_path) -> FakeRun:
    table = LENET | {
        "summary": "Reads digits.",
        "lesson": {"en": "Look at `accuracy`.\n\n    dltui run lenet-mnist", "ru": "Урок."},
    }
    made = recorded(FakeRun(tmp_path, table, "lenet"), table, overrides={"optimizer.lr": 0.5})
    made.scalars(0, 100, accuracy=lambda steps: steps / 101)
    made.frame(100, "confusion", confusion(100))
    expect = [{"name": "accuracy", "want": ">= 0.975", "got": 0.99, "ok": True}]
    made.finished(100, summary={"accuracy": 0.99}, expect=expect)
    return made


def test_it_says_what_the_run_came_to(home, lenet):
    found = Page(page.render([lenet.run], "en"))
    assert not found.faults
    for text in ("LeNet reads handwriting", "Reads digits.", "claim met", ">= 0.975", "0.990", "optimizer.lr=0.5",
                 lenet.run.id, "mnist: from the hub", "Look at accuracy .", "dltui run lenet-mnist"):  # fmt: skip
        assert text in found.text, text
    assert found.count("svg") == 2, "one plot and its plane"


def test_in_russian_its_own_words_and_the_lesson_are(home, lenet):
    found = Page(page.render([lenet.run], "ru"))
    assert ("html", {"lang": "ru"}) in found.tags
    for text in ("утверждение выполнено", "Урок.", "Кривые", "завершён"):
        assert text in found.text, text


def test_a_missed_claim_and_an_error_are_said(home, tmp_path):
    made = recorded(FakeRun(tmp_path, LENET, "lenet"), LENET)
    expect = [{"name": "accuracy", "want": ">= 0.9", "got": 0.5, "ok": False}]
    made.finished(5, status="failed", error="The loss was nan.", expect=expect)
    found = Page(page.render([made.run], "en"))
    assert "✗ claim not met" in found.text and "The loss was nan." in found.text and "failed" in found.text


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_kind_of_picture_is_on_it(home, tmp_path, name):
    made = recorded(FakeRun(tmp_path, LENET, "lenet"), LENET)
    payload = json.loads(json.dumps(EXAMPLES[name], default=lambda value: np.asarray(value).tolist()))
    made.frame(1, "a pane", payload)
    found = Page(page.render([made.run], "en"))
    assert not found.faults
    assert "cannot be shown" not in found.text
    assert "a pane" in found.text


def test_what_a_log_holds_runs_nowhere(home, tmp_path):
    table = LENET | {"title": HOSTILE, "summary": HOSTILE, "lesson": {"en": f"{HOSTILE}\n\n    {HOSTILE}"}}
    made = recorded(FakeRun(tmp_path, table, "lenet", series=(HOSTILE,)), table, overrides={"a.b": HOSTILE})
    made.scalars(0, 9, HOSTILE, **{HOSTILE: lambda steps: steps / 9})
    made.frame(1, HOSTILE, {"type": "text", "text": HOSTILE}, HOSTILE)
    made.frame(1, "table", {"type": "table", "columns": [HOSTILE], "rows": [[HOSTILE], [1.5], [None]]})
    made.frame(1, "matrix", {"type": "matrix", "values": [[1]], "rows": [HOSTILE], "columns": [HOSTILE],
                             "row_title": HOSTILE, "column_title": HOSTILE})  # fmt: skip
    made.note(HOSTILE, "warning")
    made.finished(9, status="failed", error=HOSTILE)
    text = page.render([made.run], "en")
    found = Page(text)
    assert not found.faults
    assert found.count("script") == 1, "our own"
    assert "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize("payload", [{}, {"type": "image"}, {"type": "nosuch"}, {"type": "matrix", "values": "x"},
                                     {"type": "image", "file": "../../etc/passwd", "rows": 1, "columns": 1},
                                     {"type": "image", "file": "no.png", "rows": 0, "columns": 0}])  # fmt: skip
def test_a_broken_picture_does_not_end_the_page(home, lenet, payload):
    lenet.frame(101, "broken", payload)
    found = Page(page.render([lenet.run], "en"))
    assert not found.faults and "confusion" in found.text


def test_several_runs_lie_over_each_other(home, tmp_path):
    runs = []
    for number, table in enumerate((GAN, MOONS)):
        made = recorded(FakeRun(tmp_path / str(number), table, f"run{number}"), table)
        made.scalars(0, 50, loss=lambda steps: 1 - steps / 100)
        made.finished(50, summary={"loss": 0.5})
        runs.append(made.run)
    found = Page(page.render(runs, "en"))
    assert not found.faults
    assert [tag for tag, _ in found.tags if tag == "h1"] == ["h1"], "one title, and the runs beneath it"
    assert "Side by side" in found.text and "task.kind classify" not in found.text
    assert "task.kind gan classify" in found.text
    assert "run0" in found.text and "run1" in found.text


def test_a_run_that_was_edited_by_hand_is_said_to_be(home, lenet):
    assert "edited by hand" not in Page(page.render([lenet.run], "en")).text
    lenet.run.log.write_bytes(lenet.run.log.read_bytes().replace(b'"got":0.99', b'"got":0.999'))
    assert "This run was edited by hand: line " in Page(page.render([lenet.run], "en")).text


def test_a_run_without_an_end_has_a_page_too(home, tmp_path):
    made = recorded(FakeRun(tmp_path, LENET, "lenet"), LENET)
    made.scalars(0, 3, loss=lambda steps: steps / 3)
    found = Page(page.render([made.run], "en"))
    assert not found.faults and "its engine died" in found.text
    assert "✓" not in found.text and "✗" not in found.text, "no claim is judged before the end"
    assert "not yet" in found.text


def test_a_comparison_prints_from_its_first_page_on(home, lenet):
    """A table longer than a page went to the next one whole: the first page held the title alone."""
    text = page.render([lenet.run], "en")
    assert ".wide:not(.grid) table { break-inside: auto; }" in text and '<div class="wide claims"' in text


def test_an_imported_run_is_not_said_to_be_run_again(home, tmp_path):
    """It has a log alone: `dltui run .../recipe.toml` stood there, of a file that trains nothing."""
    made = recorded(FakeRun(tmp_path, LENET, "lenet"), LENET, imported="/there/log.csv")
    made.scalars(0, 3, loss=lambda steps: steps / 3)
    found = Page(page.render([made.run], "en"))
    assert not found.faults and "Run it again" not in found.text and "dltui run" not in found.text
