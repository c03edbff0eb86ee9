"""Every command of README's tour, in its order, from an empty home: each does what a newcomer who types it expects."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dltui import paths

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAM = """
import sys
import time
from pathlib import Path
from dltui import paths
paths.recipes = lambda folder=Path(sys.argv[1]): folder
sys.argv = ["dltui", *sys.argv[2:]]
from dltui.cli.main import main
raise SystemExit(main())
"""
RECIPES = ("mlp-moons", "lenet-mnist", "gan-mnist", "mlp-mnist", "softmax-digits", "kmeans")
EXERCISE = "17_clustering/exercises/kmeans-centres.toml"
STEPS = {"lenet-mnist": 400}  # others have 8: what they learn is not the question
WATCHED = ("attach last", "run --resume last")  # looked at and left by Ctrl-C
NOT_HERE = {
    "sweep serve": "waits for others",
    "--storage grpc:": "asks for it: test_sweep_serve.py",
    "--nproc 8": "is for a machine with GPUs: test_run_nproc.py",
    "--on slurm": "needs a cluster: test_on_cluster.py",
    "--on ssh:": "needs a machine: test_on_ssh.py",
    "predict yolo": "needs a run of a minute: test_detected_objects.py",
    "--present": "needs a terminal: test_presenting.py",
    "jq": "is a program of its own",
}
NOT_MET = ("verify", "exercise")  # of nets that had no time to learn, of a file that nobody has mended


def commands() -> list[str]:
    """The lines of README's code that call dltui, without comments; those that a ; joins by themselves."""
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [part.strip() for line in lines if line.startswith("dltui ") for part in line.split(";")]


@pytest.fixture
def shell(home, tmp_path, monkeypatch):
    """shell("dltui list") -> what it said; the user's home has digits of their own, one drawn, and a recipe."""
    for path in paths.recipes().glob("*/*.toml"):
        if path.stem in RECIPES:
            text = re.sub(r"(?m)^steps = .*", f"steps = {STEPS.get(path.stem, 8)}", path.read_text(encoding="utf-8"))
            copy = tmp_path / "recipes" / path.parent.name / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
    (tmp_path / "handins" / "bob" / "runs").mkdir(parents=True)
    (tmp_path / "syllabus.toml").write_text('[[part]]\nrecipes = ["kmeans"]\nexercises = ["kmeans-centres"]\n')
    exercise = tmp_path / "recipes" / EXERCISE
    exercise.parent.mkdir()
    exercise.write_text((paths.recipes() / EXERCISE).read_text(encoding="utf-8"), encoding="utf-8")
    for digit in range(2):
        folder = tmp_path / "my-digits" / str(digit)
        folder.mkdir(parents=True)
        for number in range(12):
            pixels = np.zeros((28, 28), np.uint8)
            pixels[4:24, 8 + digit : 12 + number % 3] = 255
            Image.fromarray(pixels).save(folder / f"{number}.png")
    Image.open(folder / "0.png").save(tmp_path / "digit.png")
    (tmp_path / "mine.toml").write_text((tmp_path / "recipes/01_foundations/mlp-moons.toml").read_text())
    given = {"HOME": str(tmp_path), "DLTUI_DATA": "builtin", "PYTHONPATH": str(paths.PACKAGE.parent)}

    def call(line: str) -> subprocess.CompletedProcess:
        words = shlex.split(line.replace("~", str(tmp_path)))[1:]
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "recipes"), *words]
        process = subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        before = ""
        if line.removeprefix("dltui ") in WATCHED:
            for told in process.stderr:
                before += told
                if told.startswith("step "):  # it trains
                    break
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=200)
        return subprocess.CompletedProcess(line, process.returncode, out, before + err)

    yield call
    call("dltui stop last")


@pytest.mark.timeout(600)
def test_each_does_what_it_says(shell):
    lines = commands()
    assert len(lines) > 25
    for line in lines:
        if any(word in line for word in NOT_HERE):
            continue
        done = shell(line)
        word = line.removeprefix("dltui ")
        allowed = (0, 130) if word in WATCHED else (0, 7) if word.split()[0] in NOT_MET else (0,)
        assert done.returncode in allowed, f"{line}: status {done.returncode}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr, line
        if word.startswith("queue add"):
            waits_for_the_queue(shell)


def waits_for_the_queue(shell) -> None:
    """A newcomer's next commands ask for what the queue has run."""
    end = time.monotonic() + 200
    while True:
        waits, runs = "Nothing waits" not in shell("dltui queue").stderr, shell("dltui runs").stdout
        if not waits and not re.search("running|starting", runs):
            return
        assert time.monotonic() < end, "the queue does not come to its end"
