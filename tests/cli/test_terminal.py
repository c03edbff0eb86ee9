"""What reaches a real terminal: the live view and its end, and no escape that came from a recipe, a log or a name."""

import os
import signal
from pathlib import Path

import pytest

from dltui.jobs import engine_control
from dltui.recipes import recipe
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.run import Run
from tests.cli.conftest import wait_until
from tests.cli.fake_engine import HOSTILE
from tests.cli.terminal import Terminal

ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
# none of these is ever dltui's own: the clipboard, the report of the cursor, a bell, C1 controls, a turned direction
EVIL = (b"\x1b]", b"\x1b[6n", b"\x07", b"\x08", b"\xc2\x9b", b"\xc2\x9d", "\u202e".encode())


@pytest.fixture
def hostile_recipes(tmp_path) -> Path:
    """A folder of recipes with one whose every text is hostile, and one whose very name is."""
    text = recipe.find("mlp-moons").read_text().partition("[variants]")[0]
    quoted = "".join(f"\\u{ord(character):04x}" if not character.isprintable() else character for character in HOSTILE)
    text = text.replace('title = "Two', f'title = "{quoted}Two').replace('summary = "Two', f'summary = "{quoted}Two')
    text += f'[lesson]\nen = """{quoted} a lesson"""\n'
    folder = tmp_path / "recipes" / "01_foundations"
    folder.mkdir(parents=True)
    (folder / "evil.toml").write_text(text)
    (folder / f"ev{HOSTILE.replace('/', '')}il.toml").write_text(text)
    return folder.parent


def assert_harmless(terminal: Terminal) -> None:
    found = [part for part in EVIL if part in terminal.output]
    assert not found, terminal.output[max(0, terminal.output.find(found[0]) - 200) :][:600]
    assert b"[red]" in terminal.output, "the text itself is shown, its markup not parsed"


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["show", "evil"], ["show", "evil", "--toml"]])
def test_a_hostile_recipe_is_shown_harmless(hostile_recipes, words):
    terminal = Terminal(*words, recipes=hostile_recipes)
    assert terminal.finish() == 0
    assert_harmless(terminal)


def test_a_hostile_run_is_shown_harmless(hostile_recipes):
    for words in (["run", "evil"], ["attach", "last"], ["replay", "last", "--speed", "100"], ["runs", "--json"]):
        terminal = Terminal(*words, behaviour="hostile", recipes=hostile_recipes)
        assert terminal.finish() == 0, terminal.output[-2000:]
        assert_harmless(terminal)


def test_a_hostile_runs_name_is_shown_harmless(home):
    for number in range(2):
        run = Run(home / "runs" / f"ev{HOSTILE.replace('/', '')}il-20260101-12000{number}-abcd")
        run.path.mkdir(parents=True)
        run.recipe_file.write_text('title = "x"\n[task]\nkind = "classify"\n')
        log = EventLog(run.log)
        log.write("finished", status="done", exit=0, step=1, steps=1, summary={}, expect=[], seconds=1.0, error="")
        log.close()
    for words in (["runs"], ["compare", *(run.id for run in runs.newest_first())]):
        terminal = Terminal(*words)
        assert terminal.finish() == 0, terminal.output[-2000:]
        assert_harmless(terminal)


def test_the_live_view_gives_the_terminal_back_and_leaves_a_summary(home):
    terminal = Terminal("run", "mlp-moons")
    assert terminal.finish() == 0
    view, _, rest = terminal.output.partition(LEFT)
    assert view.startswith(ENTERED) and "Two moons" in view.decode()
    assert "100 of 100 steps" in rest.decode() and b"dltui replay" in rest and ENTERED not in rest


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_live_view_stops_the_run_and_restores_the_terminal(home, number, status):
    terminal = Terminal("run", "mlp-moons", behaviour="wait")
    terminal.read_until(b"step ")
    if number == signal.SIGINT:
        os.write(terminal.master, b"\x03")  # Ctrl-C, as the keyboard sends it
    else:
        terminal.process.terminate()
    assert terminal.finish() == status
    assert LEFT in terminal.output and b"dltui replay" in terminal.output.partition(LEFT)[2]
    assert runs.state(runs.newest_first()[0]).status == "stopped"


def test_ctrl_c_twice_ends_it_at_once(home):
    terminal = Terminal("run", "mlp-moons", behaviour="deaf")
    terminal.read_until(b"step ", b"Two moons")
    run = runs.newest_first()[0]
    wait_until(lambda: runs.state(run).status == "running")
    os.write(terminal.master, b"\x03")
    wait_until(run.control.exists)
    os.write(terminal.master, b"\x03")
    assert terminal.finish() == 130
    assert b"was ended at once" in terminal.output.partition(LEFT)[2] and runs.engine_pid(run) is None


def test_a_run_outlives_its_terminal_and_attach_shows_it_from_its_first_step(home, dltui):
    terminal = Terminal("run", "mlp-moons", behaviour="wait")
    terminal.read_until(b"step ")
    os.close(terminal.master)  # the line drops: the terminal hangs up
    terminal.process.wait()
    run = runs.newest_first()[0]
    assert runs.state(run).status == "running"
    assert dltui("pause", run.id).status == 0, "it lives, and does what it is asked"
    dltui("stop", run.id)
    events = dltui("attach", run.id, "--json").out
    assert '"step":[1]' in events and '"kind":"finished"' in events


def test_ctrl_c_in_attach_leaves_the_run_running(home, running):
    run = running()
    terminal = Terminal("attach", run.id)
    terminal.read_until(b"step ")
    os.write(terminal.master, b"\x03")
    assert terminal.finish() == 130
    assert f"{run.id} goes on".encode() in terminal.output.partition(LEFT)[2]
    assert runs.state(run).status == "running"


def test_a_dumb_terminal_gets_plain_lines(home, monkeypatch, dltui, engine):
    engine("done")
    result = dltui("run", "mlp-moons", terminal=True, TERM="dumb")
    assert result.status == 0 and "\x1b" not in result.out + result.err and "100 of 100 steps" in result.err


@pytest.fixture(autouse=True)
def no_engine_left(home):
    yield
    for run in runs.newest_first():
        if runs.engine_pid(run):
            engine_control.kill(run)
