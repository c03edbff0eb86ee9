"""`--on ssh:HOST`: begun there, followed here, brought back; what the machine or the way to it does wrong."""

import json
import shlex
import shutil
import sys
import time

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import over_ssh
from dltui.runs import cluster_job, events
from dltui.runs import run as runs
from dltui.runs.run import Run
from tests import fake_ssh
from tests.cli.conftest import wait_until
from tests.cli.terminal import command


@pytest.fixture
def box(tmp_path, monkeypatch):
    """box("done") -> the machine's home; its engines behave so there ("" for real ones)."""
    home = fake_ssh.install(monkeypatch, tmp_path / "box")
    monkeypatch.setattr(over_ssh, "LOOK", 0.05)

    def behave(behaviour: str = "done"):
        words = command(behaviour=behaviour) if behaviour else [sys.executable, "-m", "dltui"]
        monkeypatch.setenv(over_ssh.PROGRAM, shlex.join(words))
        return home

    return behave


def away(dltui, box, behaviour="wait"):
    """A run that goes on there, and of which nobody here looks at the log."""
    there = box(behaviour)
    run = runs.find(dltui("run", "mlp-moons", "--on", "ssh:box", "--detach").out.strip())
    wait_until(lambda: events.last_events(there / "runs" / run.id / "events.jsonl"))
    return run


def test_a_run_trains_there_and_is_here_when_it_has_ended(dltui, box, home):
    there = box("")
    result = dltui("run", "mlp-moons", "train.steps=40", "--on", "ssh:box", "--data", "builtin", "--threads", "1")
    assert result.status == 0, result.err
    [run] = runs.newest_first()
    assert "Ctrl-C leaves it there" in result.err and run.info()["overrides"] == {}
    theirs = Run(there / "runs" / run.id)
    assert run.log.read_bytes() == theirs.log.read_bytes() and runs.state(run).status == "done"
    assert {path.name for path in run.checkpoints.iterdir()} == {path.name for path in theirs.checkpoints.iterdir()}
    assert {path.name for path in run.frames.iterdir()} == {path.name for path in theirs.frames.iterdir()}
    assert cluster_job.of(run.path).phase == cluster_job.BACK and not over_ssh.is_away(run)
    assert dltui("replay", run.id, "--speed", "1000").status == 0
    longer = dltui("run", "--resume", run.id, "train.steps=50", "--quiet")
    assert longer.status == 0 and runs.state(run).step == 50, "it goes on here from its checkpoint"


def test_events_come_as_they_are_written(dltui, box):
    box("done")
    result = dltui("run", "mlp-moons", "--on", "ssh:box", "--json")
    kinds = [json.loads(line)["kind"] for line in result.out.splitlines()]
    assert "started" in kinds and kinds[-1] == "finished" and result.status == 0


def test_a_detached_run_is_attached_to_and_asked_there(dltui, box):
    run = away(dltui, box)
    assert runs.state(run).status == "starting", "as it was when it was last looked at"
    assert "is paused at step" in dltui("pause", run.id).err
    assert "goes on from step" in dltui("resume", run.id).err
    assert "stopped at step" in dltui("stop", run.id).err
    result = dltui("attach", run.id)
    assert result.status == ExitStatus.INTERRUPTED and runs.state(run).status == "stopped"
    assert dltui("attach", run.id).status == ExitStatus.INTERRUPTED, "it is here now"


def test_what_would_ask_the_engine_by_a_file_here_is_refused(dltui, box, engine):
    from dltui.errors import DltuiError
    from dltui.jobs import engine_control

    run = away(dltui, box)
    with pytest.raises(DltuiError, match="is on ssh:box"):
        engine_control.request(run, "stop")
    assert not run.control.exists()
    dltui("stop", run.id)


def test_an_engine_that_died_there_is_told_with_its_last_words(dltui, box, monkeypatch):
    monkeypatch.setattr(over_ssh, "QUIET", 0.5)
    box("died")
    result = dltui("run", "mlp-moons", "--on", "ssh:box")
    assert result.status == ExitStatus.FAILED and "its engine" not in result.out
    assert "before it finished" in result.err
    [run] = runs.newest_first()
    assert runs.state(run).status == "lost" and run.engine_log.exists()


def test_a_machine_that_is_lost_for_a_while_is_waited_for_and_then_told(dltui, box, tmp_path, monkeypatch):
    run = away(dltui, box)
    down = tmp_path / "box" / "down"
    down.touch()
    monkeypatch.setattr(over_ssh, "PATIENCE", 0.5)
    begun = time.monotonic()
    result = dltui("attach", run.id)
    assert result.status == ExitStatus.DEVICE and "cannot be reached" in result.err
    assert f"follow it again: dltui attach {run.id}" in result.err and time.monotonic() - begun > 0.5
    down.unlink()
    dltui("stop", run.id)
    assert dltui("attach", run.id).status == ExitStatus.INTERRUPTED


def test_files_outside_the_folder_are_not_written(box, home, tmp_path):
    box()
    evil = tmp_path / "evil"
    (evil / "in").mkdir(parents=True)
    (evil / "secret").write_text("x")
    (evil / "in" / "link").symlink_to("/etc/passwd")
    (evil / "in" / "good").write_text("y")
    with pytest.raises(over_ssh.DltuiError, match="no tar"):
        over_ssh._fetch("box", str(evil / "in"), ["-P", "../secret", "."], tmp_path / "target" / "inner")
    assert not (tmp_path / "target" / "secret").exists()
    over_ssh._fetch("box", str(evil / "in"), ["."], tmp_path / "target" / "inner")
    assert [path.name for path in (tmp_path / "target" / "inner").iterdir()] == ["good"]


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        (["--on", "ssh:nowhere"], "nowhere cannot be reached", ExitStatus.DEVICE),
        (["--on", "ssh:bare"], "no dltui in its shell's path", ExitStatus.DEVICE),
        (["--on", "ssh:babbling"], "did not say which run", ExitStatus.DEVICE),
        (["--on", "ssh:-oProxyCommand=x"], "is no host", ExitStatus.USAGE),
        (["--on", "ssh:"], "is no host", ExitStatus.USAGE),
        (["--on", "ssh:box", "--gpus", "1"], "are asked of a cluster", ExitStatus.USAGE),
        (["--on", "ssh:box", "--prepare"], "not with --prepare", ExitStatus.USAGE),
        (["--on", "ssh:box", "--data", "."], "is a path of this machine", ExitStatus.USAGE),
        (["--on", "ssh:box", "--name", "last"], "is taken", ExitStatus.USAGE),
        (["--on", "ssh:old"], "old: No such option", ExitStatus.USAGE),
    ],
)
def test_what_is_refused_leaves_no_run(dltui, box, words, told, status):
    box()
    result = dltui("run", "mlp-moons", *words)
    assert (result.status, told in result.err) == (status, True), result.err
    assert not runs.newest_first()


def test_without_ssh_it_says_so(dltui, box, monkeypatch, tmp_path):
    box()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("ssh") is None
    assert "there is no ssh here" in dltui("run", "mlp-moons", "--on", "ssh:box").err


def test_other_commands_know_no_ssh(dltui):
    assert "is unknown" in dltui("verify", "mlp-moons", "--on", "ssh:box").err
