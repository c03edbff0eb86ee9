"""`dltui sweep serve`: searches share its studies, and lose no trial where a worker or the proxy itself is killed."""

import json
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_control
from dltui.runs import run as runs
from dltui.search import storage
from tests.cli.conftest import wait_until
from tests.cli.terminal import Terminal
from tests.cli.test_terminal import LEFT

VALLEY = Path(__file__).with_name("valley_engine.py")
RATES = [0.0001, 0.1, 0.01]  # the first takes 5 s
GRID = ["mlp-moons", f"optimizer.lr={'|'.join(map(str, RATES))}", "--sampler", "grid", "--together", "1"]
ASKED = ["--metric", "net.accuracy", "--goal", "max", "--name", "night"]
PROGRAM = "import sys; from dltui.jobs import launch; launch.ENGINE_COMMAND = (sys.executable, {!r}); " \
          "from dltui.cli.main import main; sys.exit(main())"  # fmt: skip


@pytest.fixture
def start(monkeypatch, tmp_path) -> Iterator[Callable[..., subprocess.Popen]]:
    """start("sweep", "serve") -> that command as a process, its standard error in a file `said`."""
    monkeypatch.setenv("PYTHONPATH", str(VALLEY.parents[2]))
    started = []

    def begin(*words: str) -> subprocess.Popen:
        said = open(tmp_path / f"said-{len(started)}", "w+")  # noqa: SIM115
        command = [sys.executable, "-c", PROGRAM.format(str(VALLEY)), *words]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True)
        process.said = lambda: Path(said.name).read_text()
        started.append((process, said))
        return process

    yield begin
    for process, said in started:
        process.kill()
        process.wait()
        process.stdout.close()
        said.close()


def address(proxy: subprocess.Popen) -> str:
    """What a proxy says on standard output, once it listens."""
    return proxy.stdout.readline().strip()


def test_no_trial_is_lost_or_made_twice_where_a_worker_and_the_proxy_are_killed(start, dltui, tmp_path):
    """Each value of the grid is tried to its end once; that of the worker that died, once more."""
    file = tmp_path / "it.db"
    proxy = start("sweep", "serve", "--storage", str(file), "--port", "0")
    url = address(proxy)
    sweep = ("sweep", *GRID, *ASKED, "--json", "--storage", url)
    workers = {str(worker.pid): worker for worker in [start(*sweep) for _ in range(2)]}
    kept = storage.opened(f"sqlite:///{file}")
    first = lambda: kept.get_all_trials(kept.get_study_id_from_name("night"))[0].user_attrs  # noqa: E731 of 0.0001
    wait_until(lambda: kept.get_all_studies() and kept.get_all_trials(1) and "run" in first(), 30)
    workers.pop(first()["asker"].split()[1]).kill()
    engine_control.kill(runs.find(first()["run"]))  # as one that is its worker's own ends with it
    [worker] = workers.values()
    wait_until(lambda: "sweep night" in worker.said(), 30)
    proxy.kill()
    proxy.wait()
    wait_until(lambda: "does not answer" in worker.said(), 20)
    proxy = start("sweep", "serve", "--storage", str(file), "--port", url.rpartition(":")[2])
    assert address(proxy) == url
    out, _ = worker.communicate(timeout=60)
    said = worker.said()
    assert worker.returncode == 0 and "answers again, after" in said and "Traceback" not in said, said
    found = json.loads(out)
    done = Counter(float(one["values"]["optimizer.lr"]) for one in found if one["state"] == "complete")
    assert done == Counter(RATES)
    assert [number for number, one in enumerate(found) if one["state"] != "complete"] == [0]
    proxy.send_signal(signal.SIGTERM)
    assert proxy.wait(20) == ExitStatus.TERMINATED and "searches wait 5 minutes" in proxy.said()


def test_ctrl_c_ends_it_and_its_port_is_told_while_it_is_taken(start, dltui):
    proxy = start("sweep", "serve", "--port", "0")
    port = address(proxy).rpartition(":")[2]
    taken = dltui("sweep", "serve", "--port", port)
    assert taken.status == ExitStatus.FAILED and f"127.0.0.1:{port} cannot be listened at" in taken.err
    assert f"--name NAME --storage grpc://127.0.0.1:{port}" in proxy.said() and "ssh -N -L" in proxy.said()
    proxy.send_signal(signal.SIGINT)
    assert proxy.wait(20) == ExitStatus.INTERRUPTED and "Traceback" not in proxy.said()


def test_a_ctrl_c_while_the_proxy_is_away_ends_the_search_and_says_how_it_goes_on(start, tmp_path):
    proxy = start("sweep", "serve", "--storage", str(tmp_path / "it.db"), "--port", "0")
    worker = start("sweep", *GRID, *ASKED, "--storage", address(proxy))
    wait_until(lambda: "sweep night" in worker.said(), 30)
    proxy.kill()
    wait_until(lambda: "does not answer" in worker.said(), 20)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(20) == ExitStatus.INTERRUPTED
    assert "Go on: dltui sweep mlp-moons" in worker.said() and "--name night" in worker.said()


def test_the_live_view_shows_that_the_proxy_is_away_and_back(start, tmp_path, monkeypatch):
    """It stood still without a word: what it draws it asks of the proxy."""
    monkeypatch.delenv("CI", raising=False)
    serve = ("sweep", "serve", "--storage", str(tmp_path / "it.db"), "--port")
    proxy = start(*serve, "0")
    url = address(proxy)
    slow = ["mlp-moons", "optimizer.lr=0.0001|0.01", *GRID[2:]]
    terminal = Terminal("sweep", *slow, *ASKED, "--storage", url, engine=VALLEY)
    terminal.read_until(b"step ")
    proxy.kill()
    proxy.wait()
    terminal.read_until(b"does not answer; waiting up to 300 s for it")
    assert address(start(*serve, url.rpartition(":")[2])) == url
    terminal.read_until(b"answers again, after ")
    assert terminal.finish() == 0
    away, left = terminal.output.index(b"does not answer"), terminal.output.index(LEFT)
    assert away < left and b"2 trials ended" in terminal.output[left:]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--storage", "grpc://127.0.0.1:13000"], "is a proxy itself"),
        (["--host", "127.0.0.1:13000"], "--host: '127.0.0.1:13000' is no address"),
        (["--port", "65536"], "not in the range"),
        (["night"], "unexpected extra argument"),
    ],
)
def test_what_cannot_be_served_is_told(dltui, words, reason):
    result = dltui("sweep", "serve", *words)
    assert result.status == ExitStatus.USAGE and reason in result.err


def test_a_proxy_for_all_is_joined_by_this_machines_name_and_says_that_it_has_no_password(start):
    proxy = start("sweep", "serve", "--host", "0.0.0.0", "--port", "0")
    assert address(proxy).startswith(f"grpc://{socket.gethostname()}:")
    wait_until(lambda: "it has no password" in proxy.said())


def test_an_address_that_is_none_of_this_machine_is_told(dltui):
    result = dltui("sweep", "serve", "--host", "192.0.2.1", "--port", "0")
    assert result.status == ExitStatus.FAILED and "192.0.2.1:0 cannot be listened at" in result.err


def test_help_and_completion_of_sweep_are_those_of_a_search(dltui):
    """It is what the command is for: `serve` stands aside."""
    assert "--sampler" in dltui("sweep", "--help").out and "dltui sweep serve" in dltui("sweep", "-h").out
    line = {"_DLTUI_COMPLETE": "bash", "COMP_WORDBREAKS": ""}
    assert "mlp-moons" in dltui(COMP_LINE="dltui sweep mlp-m", **line).out
    assert "serve\t" in dltui(COMP_LINE="dltui sweep ser", **line).out
    assert "--port\t" in dltui(COMP_LINE="dltui sweep serve --p", **line).out
    assert "--sampler\t" in dltui(COMP_LINE="dltui sweep --sam", **line).out
