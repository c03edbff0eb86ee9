"""Whole strings in one piece, at every screen of the app on a pseudo-terminal, while the machine is busy."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from dltui.jobs import engine_control
from dltui.runs import course
from dltui.runs import run as runs
from tests.tui.conftest import write_log
from tests.tui.test_terminal import visit

__all__ = ["visit"]  # the fixture
DOWN, PALETTE = b"\x1b[B", b"\x10"
FIRST = next(iter(course.in_order()))


@pytest.fixture(autouse=True)
def busy() -> Iterator[None]:
    """Another process wants every turn that it can get."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield
    other.kill()
    other.wait()


def pasted(text: bytes) -> bytes:
    return b"\x1b[200~%s\x1b[201~" % text


def test_a_search_what_is_found_is_run_and_its_knob_is_turned(visit):
    app = visit(behaviour="wait")
    app.keys(b"/dropout\rrk")
    app.until(lambda: app.shows("up, down: turn"))
    run = runs.newest_first()[0]
    app.keys(b"0.05\rk?")
    app.until(lambda: app.shows("─ Help"))
    app.until(run.control.exists)
    app.keys(b"qk-1\r")
    app.until(lambda: '"value": -1' in run.control.read_text())
    engine_control.kill(run)
    assert run.id.startswith("dropout") and '"value": 0.05' in run.control.read_text()


def test_a_form_is_found_filled_in_and_pasted_into(visit):
    app = visit()
    app.keys(b"/" + pasted(b"mlp-moons") + b"\r\t\t" + DOWN * 2 + b"\r300\r" + DOWN + b"\r" + pasted(b"77") + b"\r")
    app.until(lambda: app.shows("dltui run mlp-moons train.steps=300 train.batch=77"))


def test_runs_are_filtered_before_the_first_screen_and_one_is_opened_then_three_are_compared(visit, make_run):
    for name in ("overfitting", "mlp-moons", "dropout"):
        make_run(name)
    app = visit(typed=b"3/" + pasted(b"overfitting") + b"\r\r")
    app.until(lambda: app.shows("overfitting-20") and app.shows("p replay"))
    app.keys(b"3/" + b"\x7f" * 12 + b"\rg  cm")
    app.until(lambda: app.shows("m next metric"))


def test_the_palette_takes_what_was_typed(visit):
    app = visit(behaviour="wait")
    app.keys(PALETTE + b"weight-decay\rr")
    app.until(runs.newest_first)
    run = runs.newest_first()[0]
    app.until(lambda: app.shows("k knobs"))
    engine_control.kill(run)
    assert run.id.startswith("weight-decay")


def test_what_comes_next_in_the_course_is_run_before_the_first_screen(visit, make_run):
    make_run(FIRST, status="starting")
    met = runs.newest_first()[0]
    write_log(met, [""])
    app = visit(typed=b"nr", behaviour="wait")
    app.until(lambda: len(runs.newest_first()) == 2)
    run = next(run for run in runs.newest_first() if run != met)
    app.until(lambda: app.shows("knobs"))
    engine_control.kill(run)
    assert run.recipe_name == list(course.in_order())[1]


def test_the_palette_does_elsewhere_what_was_chosen_before_the_keys_after_it(visit, make_run):
    for name in ("overfitting", "mlp-moons"):
        make_run(name)
    app = visit()
    app.keys(PALETTE + b"Filter\roverfitting\r\r")
    app.until(lambda: app.shows("overfitting-20") and app.shows("p replay"))
