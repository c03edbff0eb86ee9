"""`dltui` as a process: closed pipes, what a fresh interpreter imports, a real engine."""

import json
import os
import subprocess
import sys
import time

import pytest

from dltui import paths
from dltui.jobs import engine_control
from dltui.runs import run as runs
from tests.cli.conftest import wait_until
from tests.cli.terminal import command

ENVIRONMENT = {"PYTHONPATH": str(paths.PACKAGE.parent), "LANG": "C.UTF-8"}


def call(*words: str, **options) -> subprocess.CompletedProcess:
    given = {"capture_output": True, "text": True, "env": os.environ | ENVIRONMENT, **options}
    return subprocess.run([sys.executable, "-m", "dltui", *words], **given)


@pytest.mark.parametrize("words", [["list"], ["show", "mlp-moons"], ["--help"], ["check", "mlp-moons"]])
def test_a_reader_that_went_away_ends_it_quietly(home, words):
    process = subprocess.Popen(
        [sys.executable, "-m", "dltui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | ENVIRONMENT,
    )
    process.stdout.close()  # as `| head -1` does, only sooner than it can write
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 141


def test_a_reader_that_goes_away_from_a_run_leaves_the_run_to_itself(home):
    process = subprocess.Popen(
        command("run", "mlp-moons", "--json", behaviour="wait"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | ENVIRONMENT,
    )
    assert json.loads(process.stdout.readline())["kind"] == "note"
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 141
    run = runs.newest_first()[0]
    assert runs.state(run).status == "running"
    engine_control.kill(run)


@pytest.mark.parametrize(("words", "outlives"), [(("verify", "mlp-moons"), False), (("run", "mlp-moons"), True)])
def test_the_engine_of_a_command_that_is_killed_goes_on_only_where_others_can_see_it(home, tmp_path, words, outlives):
    """What `verify` runs lies in a folder that nobody looks at."""
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        command(*words, behaviour="wait"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | ENVIRONMENT | {"TMPDIR": str(tmp_path / "tmp")},
    )

    def found() -> list[runs.Run]:
        return [runs.Run(path.parent) for path in tmp_path.glob("**/runs/*/engine.lock")]

    wait_until(lambda: found() and runs.state(found()[0]).status == "running")
    process.kill()
    process.wait()
    if not outlives:
        wait_until(lambda: runs.engine_pid(found()[0]) is None, 10)
        return
    time.sleep(1.5)
    assert runs.state(found()[0]).status == "running"
    engine_control.kill(found()[0])


def test_version_needs_nothing(home):
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dltui", "--version"],
        capture_output=True,
        text=True,
        env=os.environ | ENVIRONMENT,
    )
    assert result.stdout == "0.1.0\n"
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert imported.isdisjoint({"typer", "dltui.errors", "dltui.recipes.recipe", "json", "typing", "rich", "torch"})


IMPORTED = """
import io, sys
from contextlib import redirect_stderr, redirect_stdout
from dltui.cli.environment import Environment
from dltui.cli.main import program
env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {})
status = program(sys.argv[1:], env)
print(status, *sys.modules)
"""


@pytest.mark.parametrize(
    "words",
    [["list"], ["show", "mlp-moons"], ["check", "mlp-moons"], ["runs"], ["kinds"], ["run", "mlp-moons", "--dry-run"]],
)
def test_looking_things_up_imports_neither_torch_nor_numpy(home, words):
    result = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words], capture_output=True, text=True, env=os.environ | ENVIRONMENT
    )
    status, *modules = result.stdout.split()
    assert status == "0", result.stderr
    assert set(modules).isdisjoint({"torch", "numpy", "textual", "rich.console", "pydantic", "dltui.engine"})


def test_without_unicode_nothing_breaks(home):
    result = call("show", "mlp-moons", "--lang", "ru", env=os.environ | ENVIRONMENT | {"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0 and "mlp-moons" in result.stdout


def test_a_real_run_from_the_command_line(home):
    """The one test here with the real engine: a recipe, its events, its status."""
    result = call("run", "mlp-moons", "train.steps=30", "--data", "builtin", "--device", "cpu", "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0 and not result.stderr
    assert events[-1]["kind"] == "finished" and events[-1]["status"] == "done" and events[-1]["step"] == 30


def test_the_engine_does_not_import_what_lies_in_the_current_folder(home, tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    result = call("run", "mlp-moons", "train.steps=2", "--data", "builtin", "--quiet", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_stopping_the_front_end_by_sigterm_is_143(home):
    process = subprocess.Popen(
        command("run", "mlp-moons", "--quiet", behaviour="wait"), env=os.environ | ENVIRONMENT, stderr=subprocess.PIPE
    )
    wait_until(lambda: runs.newest_first() and runs.state(runs.newest_first()[0]).step > 3)
    process.terminate()
    with process.stderr:
        process.stderr.read()
    assert process.wait() == 143 and runs.state(runs.newest_first()[0]).status == "stopped"


def test_a_net_of_ones_own_is_trained_and_the_run_keeps_it(home, tmp_path):
    """The file may change or go; what the run began with is what it goes on with, and no other code is imported."""
    assert call("new", "--model", "my_net.py", cwd=tmp_path).returncode == 0
    begun = call("run", "my-net.toml", "train.steps=4", "--json", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    assert any("a kind of your own: " in line and "my_net.py" in line for line in begun.stdout.splitlines())
    (tmp_path / "my_net.py").write_text("raise SystemExit(3)")
    more = call("run", "--resume", "last", "train.steps=6", "--json", cwd=tmp_path)
    assert more.returncode == 0, more.stderr
    assert json.loads(more.stdout.splitlines()[-1])["step"] == 6
    again = call("run", "my-net.toml", "--quiet", cwd=tmp_path)
    assert again.returncode == 2 and "my_net.py" in again.stderr


def test_a_recipe_on_stdin_brings_no_code(home, tmp_path):
    assert call("new", "--model", "my_net.py", cwd=tmp_path).returncode == 0
    recipe = (tmp_path / "my-net.toml").read_text()
    refused = call("run", "-", "--dry-run", cwd=tmp_path, input=recipe)
    assert refused.returncode == 2 and "--kinds FILE" in refused.stderr
    assert call("run", "-", "--dry-run", "--kinds", "my_net.py", cwd=tmp_path, input=recipe).returncode == 0
