"""Asking for layers: what the engine answers, how it fails, and that cancelling ends its process."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.recipes import recipe
from dltui.tui.layer_query import layers_of

ENDED = "The engine's describe ended with status"
SILENT = "it said nothing. See: dltui doctor"
DESCRIBE = """
import os, pathlib, sys, time
pathlib.Path(os.environ["PID_FILE"]).write_text(str(os.getpid()))
{}
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """stand_in(code): the engine's `describe` is this code. Returns the file that gets its process id."""
    package = tmp_path / "stand_in_engine" / "commands"
    package.mkdir(parents=True)
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, "-P", "-m", "stand_in_engine"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PID_FILE", str(tmp_path / "pid"))

    def write(code: str) -> Path:
        (package / "describe.py").write_text(DESCRIBE.format(code))
        return tmp_path / "pid"

    return write


async def test_the_engine_gets_the_resolved_recipe_and_a_low_priority(course, stand_in):
    pid = stand_in("""
import json, tomllib
table = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())
while os.getpriority(os.PRIO_PROCESS, 0) < 19:
    time.sleep(0.01)
print("a library says something")
layer = {"name": "", "kind": "K", "shape": [], "params": table["train"]["steps"]}
print(json.dumps({"variants": [{"names": [""], "models": {"model": [layer]}}]}))
""")
    (nets,) = await layers_of(recipe.load("line", {"train.steps": 7}))
    assert nets.models["model"][0]["params"] == 7 and pid.exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('print(\'{"error": "no such thing.", "hint": "Try x.", "exit": 2}\'); sys.exit(2)', "no such thing. Try x."),
        ("raise RuntimeError('out of luck')", f"{ENDED} 1: RuntimeError: out of luck See: dltui doctor"),
        ("os.kill(os.getpid(), 9)", f"{ENDED} -9: {SILENT}"),
        ("print('[1]')", f"{ENDED} 0: {SILENT}"),
    ],
)
async def test_a_failure_is_told_in_words(course, stand_in, code, message):
    stand_in(code)
    with pytest.raises(DltuiError) as raised:
        await layers_of(recipe.load("line"))
    assert str(raised.value) == message


@pytest.mark.parametrize("times", [1, 2])  # an app that ends cancels what it had cancelled before
async def test_cancelling_ends_the_process(course, stand_in, times):
    pid_file = stand_in("time.sleep(600)")
    asking = asyncio.create_task(layers_of(recipe.load("line")))
    end = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < end and not asking.done()
        await asyncio.sleep(0.01)
    pid = int(pid_file.read_text())
    for _ in range(times):
        asking.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_real_engine_tells_the_layers_of_a_real_recipe(home):
    line, net = await layers_of(recipe.load("mlp-moons"))
    assert (line.variants, net.variants) == (["line"], ["net"])
    assert [[layer["kind"] for layer in one.models["model"]].count("Linear") for one in (line, net)] == [1, 3]
    layers = [layer for one in (line, net) for layer in one.models["model"]]
    assert all(set(layer) >= {"name", "kind", "shape", "params"} for layer in layers)
