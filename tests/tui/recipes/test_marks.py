"""How a recipe stands here is what its newest judged run says; a live one comes first."""

import pytest

from dltui.runs import recipe_status
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.tui.widgets.recipe_header import standing


def judged(run, ok: bool) -> None:
    log = EventLog(run.log)
    claim = {"name": "accuracy", "want": ">= 0.9", "got": 0.5, "ok": ok}
    log.write("finished", status="done", step=5, steps=5, summary={}, expect=[claim], seconds=1.0, error="")
    log.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [("done", "met"), ("stopped", "ran"), ("failed", "failed"), ("diverged", "failed"), ("running", "live")],
)
def test_the_kind_of_a_mark_is_how_the_run_ended(make_run, status, kind):
    run = make_run(status=status)
    mark = recipe_status.read({"mlp-moons", "gan-mnist"})
    assert list(mark) == ["mlp-moons"]
    assert (mark["mlp-moons"].kind, mark["mlp-moons"].run, mark["mlp-moons"].count) == (kind, run, 1)


def test_an_older_run_that_was_judged_says_more_than_a_newer_one_that_was_not(make_run):
    old = make_run(status="starting", overrides={"train.steps": 5})
    judged(old, ok=False)
    make_run(status="stopped")
    mark = recipe_status.read({"mlp-moons"})["mlp-moons"]
    assert (mark.kind, mark.run, mark.count, mark.overrides) == ("missed", old, 2, {"train.steps": 5})
    text, role = standing(mark, old.info()["created"] + 7300)
    assert text == "Run here 2 times; did not meet its claim 2 h ago (with train.steps=5)." and role == "missed"


def test_a_run_with_a_name_of_its_own_belongs_to_its_recipe(home):
    run = runs.create("mlp-moons", "", {"overrides": None}, name="first-try")
    judged(run, ok=True)
    assert recipe_status.read({"mlp-moons"})["mlp-moons"].kind == "met"


def test_a_log_that_is_not_ours_spoils_nothing(make_run):
    run = make_run(status="starting")
    run.log.write_text('{"kind": "finished"}\n{"kind": "scalars", "step": 3, "values": []}\n')
    mark = recipe_status.read({"mlp-moons"})["mlp-moons"]
    assert mark.kind == "failed" and standing(mark, 0.0)[0].startswith("Run here once; lost")


def test_a_recipe_that_was_never_run_says_what_to_press():
    assert standing(None, 0.0)[0] == "Never run here: press r."
