"""`--present` on a terminal: keys are served as they come, the run outlives it, and off a terminal it is refused."""

import os
import signal

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_control
from dltui.runs import run as runs
from tests.cli.conftest import wait_until
from tests.cli.terminal import Terminal
from tests.render.pseudo_terminal import shown

ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
FIRST = b"wherever you put it"  # of the lesson's first paragraph


@pytest.fixture
def terminal(home):
    opened = []

    def make(*words: str, behaviour: str = "wait") -> Terminal:
        opened.append(Terminal(*words, behaviour=behaviour, columns=80, rows=24))
        return opened[-1]

    yield make
    for run in runs.newest_first():
        if runs.engine_pid(run):
            engine_control.kill(run)
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()


def test_a_run_is_presented_and_goes_on_when_it_is_left(terminal):
    found = terminal("run", "mlp-moons", "--present")
    found.read_until(b"accuracy")
    os.write(found.master, b" ")
    found.read_until(FIRST)
    os.write(found.master, b"q")
    assert found.finish() == ExitStatus.OK
    view, _, rest = found.output.partition(LEFT)
    assert view.startswith(ENTERED) and b"goes on. Watch it: dltui attach mlp-moons-" in rest
    assert b"fp32" not in view and b"RUNNING" not in view
    [run] = runs.newest_first()
    assert runs.state(run).live
    engine_control.request(run, "stop")
    wait_until(lambda: not runs.state(run).live)


def test_what_is_typed_fast_is_all_served(terminal):
    found = terminal("run", "mlp-moons", "--present")
    found.read_until(b"accuracy")
    os.write(found.master, b"   bb\x1b[6~\x1b[5~")  # there and back, as a pointer sends it too
    found.read_until(FIRST)
    os.write(found.master, b"q")
    assert found.finish() == ExitStatus.OK
    text = "\n".join(shown(found.output.partition(LEFT)[0], 80, 24))
    assert FIRST.decode() in text.replace("\n", " ").replace("  ", " ")


def test_after_its_end_it_stays_until_it_is_left_and_leaves_a_summary(terminal):
    found = terminal("run", "mlp-moons", "--present", behaviour="done")
    found.read_until(b"0.500 \xe2\x9c\x93")
    assert found.process.poll() is None
    os.write(found.master, b" q")
    assert found.finish() == ExitStatus.OK
    rest = found.output.partition(LEFT)[2]
    assert b"100 of 100 steps" in rest and ENTERED not in rest


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_run_and_leaves(terminal, number, status):
    found = terminal("run", "mlp-moons", "--present")
    found.read_until(b"accuracy")
    found.process.send_signal(number)
    assert found.finish() == status and LEFT in found.output
    wait_until(lambda: runs.state(runs.newest_first()[0]).status == "stopped")


def test_a_terminal_that_goes_away_leaves_the_run(terminal):
    found = terminal("run", "mlp-moons", "--present")
    found.read_until(b"accuracy")
    os.close(found.master)
    found.process.wait(20)
    assert runs.state(runs.newest_first()[0]).live


def test_a_run_is_presented_again(terminal, done):
    done("mlp-moons")
    found = terminal("replay", "last", "--present", "--speed", "100")
    found.read_until(b"0.500 \xe2\x9c\x93")
    os.write(found.master, b"\n")
    found.read_until(FIRST)
    os.write(found.master, b"q")
    assert found.finish() == ExitStatus.OK
    assert b"100 of 100 steps" in found.output.partition(LEFT)[2]


def test_off_a_terminal_it_is_refused_and_nothing_runs(dltui, engine, done):
    engine("done")
    for words in (["run", "mlp-moons"], ["replay", "last"]):
        result = dltui(*words, "--present")
        assert result.status == ExitStatus.USAGE and "--present needs a terminal" in result.err and not result.out
    for more in ("--json", "--quiet", "--detach", "--prepare", "--dry-run", "--on=slurm"):
        result = dltui("run", "mlp-moons", "--present", more, terminal=True)
        assert result.status == ExitStatus.USAGE and "--present shows the run here" in result.err
    assert not runs.newest_first()


def test_a_replay_that_is_ended_by_a_signal_gives_the_terminal_its_screen_back(terminal, done):
    """SIGTERM left the alternate screen up and the cursor hidden."""
    done("mlp-moons")
    found = terminal("replay", "last", "--present")
    found.read_until(ENTERED)
    found.read_until(b"accuracy")
    found.process.send_signal(signal.SIGTERM)
    assert found.finish() == ExitStatus.TERMINATED
    assert LEFT in found.output and found.output.rindex(b"\x1b[?25h") > found.output.rindex(b"\x1b[?25l")
