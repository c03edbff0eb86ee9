"""The live view: its size, what stands in it at each size, and that no text from a log reaches the terminal raw."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.recipes.recipe import Recipe
from dltui.render import dashboard, header
from dltui.render.terminal import Ink
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run
from tests.render import fake_run
from tests.render.conftest import LOOKS, plain, widths

RUNS = {"lenet": fake_run.lenet, "gan": fake_run.gan, "moons": fake_run.moons}
HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b2J[/red]\u202e\x08\r\nx"


@pytest.fixture(params=RUNS)
def fake(request, tmp_path) -> fake_run.FakeRun:
    return RUNS[request.param](tmp_path)


def drawn(
    fake: fake_run.FakeRun, width: int, height: int, look: TerminalCapabilities = LOOKS["true"], **options
) -> list[str]:
    return plain(dashboard.render(fake.history(), fake.run, fake.recipe, width, height, look, **options))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("look", ["true", "ascii"])
@pytest.mark.parametrize("name", RUNS)
def test_the_live_view(name, size, look, tmp_path, golden):
    lines = drawn(RUNS[name](tmp_path), *size, LOOKS[look])
    golden(f"dashboard-{name}-{size[0]}x{size[1]}-{look}", [line.rstrip() for line in lines])


@given(st.integers(1, 210), st.integers(1, 64), st.sampled_from(sorted(LOOKS)))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_size_is_exact_for_every_size(fake, width, height, look):
    history = fake.history()
    lines = dashboard.render(history, fake.run, fake.recipe, width, height, LOOKS[look])
    assert len(lines) == height and widths(lines) == {width}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_head_curve_picture_and_claim_are_there(tmp_path, size):
    lines = drawn(fake_run.lenet(tmp_path), *size)
    text = "\n".join(lines)
    assert "LeNet reads handwriting" in lines[0] and lines[0].rstrip().endswith("RUNNING")
    assert "lenet-mnist-20261120-191500-ab12" in lines[1] and "from the hub" in lines[1]
    assert "step 1,800/3,000" in lines[2] and "steps/s" in lines[2] and "0:04 left" in lines[2]
    for wanted in ("loss 0.", "test_loss 0.", "accuracy 0.981", "confusion", "accuracy >= 0.975", dashboard.KEYS):
        assert wanted in text
    assert any(0x2800 < ord(character) < 0x2900 for character in text)
    assert ("mistakes" in text) == (size[0] > 80)


def test_all_variants_are_shown_side_by_side_in_their_colours(tmp_path):
    fake = fake_run.moons(tmp_path)
    lines = dashboard.render(fake.history(), fake.run, fake.recipe, 80, 24, LOOKS["true"])
    names = next(line for line in lines if "field" in "".join(segment.text for segment in line))
    colours = {
        (segment.text.strip(), segment.style.color)
        for line in lines
        for segment in line
        if segment.style and segment.text.strip() in ("line", "hidden", "━━")
    }
    inks = {name: colour for name, colour in colours if name != "━━"}
    assert plain([names])[0].count("field") == 2
    assert inks["line"] != inks["hidden"]
    assert {("━━", inks["line"]), ("━━", inks["hidden"])} <= colours  # the curves' colours are those of the pictures


def test_below_sixty_by_fifteen_the_essential_is_left(tmp_path):
    lines = drawn(fake_run.gan(tmp_path), 50, 12)
    text = "\n".join(lines)
    assert "RUNNING" in lines[0] and "step 1,800/3,000" in lines[1]
    assert "fid 30.20" in text and "samples" not in text
    tiny = drawn(fake_run.gan(tmp_path / "tiny"), 30, 4)
    assert "RUNNING" in tiny[0] and "step 1,800" in tiny[1]


def test_before_the_engine_has_started_its_progress_is_told(tmp_path):
    history = History()
    run, recipe = Run(tmp_path / "x-20261120-191500-ab12"), Recipe("x", "", None, fake_run.LENET)
    assert "Starting" in "".join(plain(dashboard.render(history, run, recipe, 80, 24, LOOKS["true"])))
    history.take([{"kind": "note", "t": 1.0, "level": "progress", "text": "fetching ylecun/mnist 3.1/14.2 MB"}])
    lines = plain(dashboard.render(history, run, recipe, 80, 24, LOOKS["true"]))
    assert "fetching ylecun/mnist 3.1/14.2 MB" in lines[-1] and "STARTING" in lines[0]


@pytest.mark.parametrize(
    ("status", "options"),
    [("paused", {}), ("done", {}), ("stopped", {}), ("failed", {}), ("diverged", {}), ("lost", {"lost": True})],
)
def test_the_badge_says_how_the_run_stands(tmp_path, status, options):
    fake = fake_run.lenet(tmp_path)
    if status == "paused":
        fake.log.write("control", op="pause", step=1800)
    elif status != "lost":
        fake.finished(1800, status)
    assert drawn(fake, 80, 24, **options)[0].rstrip().endswith(status.upper())


@pytest.mark.parametrize("status", ["done", "stopped", "failed", "lost"])
def test_a_run_that_is_over_offers_no_keys(tmp_path, status):
    """The last frame stays on the screen for a moment: by then Ctrl-C stops and saves nothing."""
    fake = fake_run.lenet(tmp_path)
    assert dashboard.KEYS in drawn(fake, 80, 24)[-1]
    if status != "lost":
        fake.finished(1800, status)
    text = "\n".join(drawn(fake, 80, 24, lost=status == "lost"))
    assert "Ctrl-C" not in text and ("dltui run --resume" in text) == (status == "lost")


def test_the_source_of_stand_in_data_is_told_apart(tmp_path):
    fake = fake_run.gan(tmp_path)
    lines = dashboard.render(fake.history(), fake.run, fake.recipe, 80, 24, LOOKS["true"])
    inks = {segment.text: segment.style for segment in lines[1]}
    assert inks["mnist: built-in data"].color and not inks["cpu"].color


def test_variants_of_several_sizes_are_not_told_as_one(tmp_path):
    """A line of 3 weights beside a net of 354 has no 178 of them."""
    fake = fake_run.lenet(tmp_path)
    history, run = fake.history(), fake.run
    assert plain([header.facts_line(history, run, 120, LOOKS["true"])])[0].rstrip().endswith("  61,706 parameters")
    history.started["least_params"] = 3
    assert "3 to 61,706 parameters" in plain([header.facts_line(history, run, 120, LOOKS["true"])])[0]


def test_what_the_caller_says_stands_in_the_place_of_the_note(tmp_path):
    fake = fake_run.gan(tmp_path)
    assert "built-in data" in drawn(fake, 80, 24)[-1]
    assert drawn(fake, 80, 24, said="stopping ...")[-1].startswith("stopping ...")


def hostile_run(tmp_path) -> tuple[History, Run, Recipe]:
    """A log that was written by somebody else, every text in it hostile."""
    run = Run(tmp_path / "evil-20261120-191500-ab12")
    run.frames.mkdir(parents=True)
    started = {
        "kind": "started", "device": HOSTILE, "precision": HOSTILE, "threads": 1, "params": 3, "series": [HOSTILE, "b"],
        "steps": 100, "step": 0, "data": {"kind": HOSTILE, "from": "path", "rows": 1, "detail": HOSTILE}, "knobs": {},
        "task": HOSTILE, "classes": [HOSTILE],
    }  # fmt: skip
    matrix = {"type": "matrix", "values": [[1, 2], [3, 4]], "rows": [HOSTILE, "b"], "columns": [HOSTILE, "b"]}
    events = [
        started,
        {"kind": "scalars", "series": HOSTILE, "step": [1, 2, 3], "values": {HOSTILE: [1, 2, 3], "loss": [1, 2, 3]}},
        {"kind": "scalars", "series": "b", "step": [1, 2, 3], "values": {"loss": [3, 2, 1]}},
        {"kind": "frame", "series": HOSTILE, "step": 2, "pane": HOSTILE, "payload": {**matrix, "row_title": HOSTILE}},
        {"kind": "frame", "series": "b", "step": 2, "pane": HOSTILE, "payload": {"type": "text", "text": HOSTILE}},
        {"kind": "control", "op": "set", "step": 2, "key": HOSTILE, "value": HOSTILE},
        {"kind": "note", "level": HOSTILE, "text": HOSTILE},
    ]  # fmt: skip
    lines = [json.dumps({"v": 1, "seq": seq, "t": 1000.0 + seq, **event}) for seq, event in enumerate(events)]
    run.log.write_text("\n".join(lines) + "\n")
    history = History()
    history.take(Tail(run.log).read())
    table = {"title": HOSTILE, "task": {"kind": "classify"}, "expect": {"loss": "<= 1"}}
    return history, run, Recipe("evil", "", None, table)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (50, 12)])
@pytest.mark.parametrize("look", LOOKS)
def test_hostile_text_reaches_no_terminal(tmp_path, size, look):
    history, run, recipe = hostile_run(tmp_path)
    ink = Ink(LOOKS[look])
    lines = dashboard.render(history, run, recipe, *size, LOOKS[look], keys=HOSTILE, said=HOSTILE)
    assert widths(lines) == {size[0]}
    for line in lines:
        rest = re.sub(rb"\x1b\[[0-9;]*m", b"", ink.row(line))
        assert not re.search(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", rest)
        assert b"52;c" not in rest and b"2J" not in rest
    assert "[/red]x" in plain(lines)[0] or "[/red] x" in plain(lines)[0]  # markup is text like any other


def test_a_data_set_that_the_user_named_is_called_by_its_name():
    """Guards fashion that is read as mnist is and called mnist."""
    detail = "hf:zalando-datasets/fashion_mnist (commit 1234567): 70,000 pictures in 10 classes"
    assert header.data_words({"kind": "mnist", "from": "hf", "detail": detail}) == "hf:zalando-datasets/fashion_mnist"
    assert header.data_words({"kind": "mnist", "from": "hub"}) == "mnist: from the hub"
    assert header.data_words({"kind": "mnist", "from": "hub", "on": "host"}) == "mnist: from the hub, on the host"
