"""A sweep's live view: it fits, ids are whole or absent, states look different, and no text reaches a terminal raw."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.render import sweep as renderer
from dltui.search.goal import Goal
from dltui.search.progress import SweepProgress, TrialProgress
from tests.render.conftest import CASES, LOOKS, plain, widths, written

from .test_every_renderer import HARMFUL, hostile, looks, number

STATES = {5: "pruned", 7: "failed", 9: "interrupted", 15: "running", 16: "running"}
RUN = "softmax-digits-20261129-2300{:02}-a00{}"


def trial(index: int) -> TrialProgress:
    state = STATES.get(index, "done")
    value = None if state in ("failed", "interrupted") or index == 16 else 0.1 + 0.37 * index % 0.5
    values = {"optimizer.lr": 0.00123456 * index, "optimizer.momentum": 0.05 * index, "model.activation": "relu"}
    running = {"step": 400, "steps": 1000} if index == 15 else {}
    return TrialProgress(
        index, state, values, value, RUN.format(index // 5, index // 5), f"trial-{index:02}", **running
    )


def stands(count: int = 16, keys: int = 2, **changes: object) -> SweepProgress:
    trials = tuple(map(trial, range(1, count + 1)))
    names = ("optimizer.lr", "optimizer.momentum", "model.activation")[:keys]
    made = SweepProgress(
        "softmax-digits-20261129-230049", "softmax-digits", "tpe", Goal("validation_loss", False), names, trials,
        count - 4, 20, 75.0, 120.0,
    )  # fmt: skip
    return made._replace(**changes)


@pytest.mark.parametrize(("width", "height", "look", "styled"), [*CASES, (80, 24, "true", False)])
def test_it_looks_as_it_did(golden, width, height, look, styled):
    lines = renderer.render(stands(), width, height, LOOKS[look])
    golden(f"sweep-{width}x{height}-{look}", (written if styled else plain)(lines))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("look", ["true", "ascii"])
def test_what_a_person_looks_for_is_there(width, height, look):
    text = "\n".join(plain(renderer.render(stands(), width, height, LOOKS[look])))
    for part in (
        "Sweep of softmax-digits", "RUNNING", "validation_loss, lower is better", "tpe", "12/20 trials", "1:15 elapsed",
        "2:00 left", "11 done", "1 pruned", "1 failed", "1 interrupted", "2 running", "Ctrl-C", "step 400/1000",
    ):  # fmt: skip
        assert part in text, part
    best = stands().best
    assert re.search(rf"best +{best.value:.3f} +trial {best.number} +lr=", text) and f"      {best.run}" in text
    assert ("best so far" in text) is (height >= 40)


def test_a_sweep_that_is_done_offers_no_keys_and_is_not_called_running():
    text = "\n".join(plain(renderer.render(stands(ended=20), 80, 24, LOOKS["true"])))
    assert "DONE" in text and "RUNNING" not in text and "Ctrl-C" not in text


@settings(max_examples=60, deadline=None)
@given(st.integers(30, 220), st.integers(1, 60), st.integers(1, 3), looks)
def test_ids_are_whole_or_absent(width, height, keys, look):
    lines = renderer.render(stands(keys=keys), width, height, look)
    assert len(lines) == height and widths(lines) <= {width}
    for line in plain(lines):
        for found in re.findall(r"softmax-digits-2026\S*", line):
            assert re.fullmatch(r"softmax-digits-20261129-2300\d\d(-a00\d)?", found), line


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(renderer.MARKS)), hostile, number | st.none(), hostile), max_size=8),
    st.tuples(st.integers(1, 120), st.integers(1, 50)),
    looks,
    hostile,
)
def test_whatever_it_is_told_it_fits_and_holds_no_escape(told, size, look, text):
    trials = tuple(
        TrialProgress(index, state, {"a.b": value, "c.b": words}, found, run, run, words)
        for index, (state, words, found, run) in enumerate(told, 1)
        for value in [found]
        if state != "done" or found is not None
    )
    made = stands()._replace(name=text, recipe=text, keys=("a.b", "c.b"), trials=trials, left=None)
    lines = renderer.render(made, *size, look, said=text)
    assert len(lines) == size[1] and widths(lines) <= {size[0]}
    assert not HARMFUL.search("".join(plain(lines)))


def test_states_differ_without_colours_and_with_them():
    for look in ("true", "none"):
        rows = renderer.render(stands(), 120, 60, LOOKS[look])
        marks = {state: signs[0] for state, signs in renderer.MARKS.items()}
        text = "\n".join(plain(rows))
        assert len(set(marks.values())) == len(marks) and all(
            f"{sign} {state}" in text for state, sign in marks.items()
        )
    inks = {
        match for line in written(renderer.render(stands(), 120, 60, LOOKS["true"]))
        for match in re.findall(r"\{(#\w+)\}(?:pruned|failed|interrupted|running|done) *\{\}", line)
    }  # fmt: skip
    assert len(inks) == 5


def test_the_staircase_goes_the_way_that_is_better():
    """Guards the direction: dots count downwards."""
    values = [0.5, 0.1, 0.9]
    trials = tuple(TrialProgress(index, "done", {}, value) for index, value in enumerate(values, 1))
    lines = {}
    for greatest in (True, False):
        made = stands(trials=trials, goal=Goal("accuracy", greatest), wanted=3)
        canvas = [row[5:] for row in plain(renderer.plot(made, 60, 16, LOOKS["true"]))[2:-2]]
        drawn = [row for row, text in enumerate(canvas) if re.search("[⠁-⣿]", text[30:-3])]
        lines[greatest] = sum(drawn) / len(drawn)
    assert lines[True] < lines[False]


def test_there_is_no_tick_between_two_trials():
    """Guards marks without a number, where a few trials leave room for halves."""
    few = stands(3)._replace(wanted=3)
    axis, labels = plain(renderer.plot(few, 100, 16, LOOKS["true"]))[-2:]
    assert axis.count("┬") == len(re.findall(r"\d+", labels)) >= 2
