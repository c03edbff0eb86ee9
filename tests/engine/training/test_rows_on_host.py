"""Rows that stay on the host train the same nets, to the bit, and do not fill the host's memory either."""

import copy
import json
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.host_inputs import HostInputs
from dltui.engine.contracts.placement import Placement
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device
from dltui.engine.reading.tensor_file import read_tensors
from dltui.engine.training import vmapped
from dltui.engine.training.learner import Learner
from dltui.runs import run as runs
from dltui.runs.events import Tail
from tests.engine.conftest import CPU, same
from tests.forked import ended, start_engine

TASKS = {
    "a classifier with dropout, validation rows held out": {"train.validation": 0.25},
    "a GAN, two objectives of which are updated in a step": {
        "task": {"kind": "gan"},
        "model": {
            "generator": {"kind": "mlp", "inputs": 4, "hidden": [8]},
            "discriminator": {"kind": "mlp", "hidden": [8]},
        },
        "probe": {},
    },
}


def trained(recipe, data: Dataset, where: Placement, steps: int, saved: tuple | None = None) -> tuple[list, tuple]:
    """Losses of each step, and (tensors, values, step) after `steps` steps, from what was saved where it is given."""
    learner = Learner("", recipe, Rows(data, CPU, placement=where), CPU)
    if saved:
        *state, random = copy.deepcopy(saved)  # a learner goes on with the tensors themselves
        learner.restore(*state)
        torch.set_rng_state(random)
    losses = [learner.advance() for _ in range(steps - learner.step)]
    return losses, (*learner.state(), learner.step, torch.get_rng_state())


@pytest.mark.parametrize("changes", TASKS.values(), ids=TASKS)
def test_weights_and_losses_are_equal_to_the_bit_and_after_a_resume_too(changes, recipe, data):
    made = recipe(None, **{k: v for k, v in changes.items() if "." not in k}).with_changes(
        {k: v for k, v in changes.items() if "." in k}
    )
    there, here = Placement(), Placement(True, True)
    losses, end = trained(made, data, there, 60)
    host_losses, host_end = trained(made, data, here, 60)
    first, middle = trained(made, data, here, 21)
    rest, resumed = trained(made, data, there, 60, middle)  # its rows need not be where they were
    assert losses == host_losses == first + rest
    assert same(end[0], host_end[0]) and same(end[0], resumed[0])
    again, resumed = trained(made, data, here, 60, middle)
    assert losses == first + again and same(end[0], resumed[0])


def test_where_the_rows_are_is_told_at_the_start(home, monkeypatch, tmp_path):
    monkeypatch.setattr(device, "free_bytes", lambda where: 1000)  # as in the engine that is forked
    path = tmp_path / "rows.csv"
    path.write_text("a,b,label\n" + "".join(f"{n % 7 / 2},{n % 5},{'xy'[n % 2]}\n" for n in range(60)))
    recipe = f"""
        title = "own"
        task = {{ kind = "classify" }}
        data = {{ kind = "clouds", from = "{path}" }}
        model = {{ kind = "mlp", hidden = [4] }}
        optimizer = {{ kind = "adam" }}
        train = {{ steps = 2 }}
        probe = {{}}
    """
    run = runs.create("own", recipe, {"threads": 1, "device": "cpu"})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    events = list(Tail(run.log).read())
    assert next(event for event in events if event["kind"] == "started")["data"]["on"] == "host"
    assert any("rows are read batch by batch" in event.get("text", "") for event in events)


def test_every_batch_but_the_first_was_copied_ahead(recipe, data, monkeypatch):
    """Guards a step that waits for its rows."""
    late = []
    whole = HostInputs.__getitem__
    monkeypatch.setattr(HostInputs, "__getitem__", lambda self, rows: late.append(rows) or whole(self, rows))
    learner = Learner("", recipe({"train.steps": 20}), Rows(data, CPU, placement=Placement(True, False)), CPU)
    for _ in range(20):
        learner.advance()
    assert len(late) == 1 and not any(one.rows is learner.batch_sampler.ahead()[0] for one in learner.on_host._ahead)


def test_a_batch_of_nets_is_not_made_of_rows_on_the_host(recipe, data):
    """Its graph holds the rows themselves."""
    made = recipe({"model.dropout": 0.0})
    there, here = (Learner("", made, Rows(data, CPU, placement=where), CPU) for where in (Placement(), Placement(True)))
    assert vmapped.batching_key(there) and not vmapped.batching_key(here)


@pytest.mark.skipif(sys.platform != "linux", reason="anonymous memory is read from /proc")
@pytest.mark.parametrize("on_host", [False, True])
def test_a_mapped_data_set_is_not_read_into_memory(tmp_path, recipe, on_host):
    """300 MB of pictures, trained on for 50 steps and saved: not 100 MB more of the process's own memory."""
    file = tmp_path / "rows.safetensors"
    pictures_file(file, 100_000)
    stored = read_tensors(file).tensors["pictures"]
    test = Split(stored[:100], torch.arange(100) % 2)
    rows = Dataset(
        Split(stored, torch.arange(len(stored)) % 2), test, ("a", "b"), "builtin", "zeros",
        {"inputs": 3072, "channels": 3, "size": 32, "classes": 2},
    )  # fmt: skip
    changes = {"data": {"kind": "cifar10"}, "model.hidden": [4], "train.steps": 50}
    watch = AnonymousMemory()
    with watch:
        learner = Learner("", recipe(changes), Rows(rows, CPU, placement=Placement(on_host, False)), CPU)
        for _ in range(50):
            learner.advance()
        with learner.evaluation_mode():
            learner.evaluate()
        learner.state()  # what a checkpoint holds, the fingerprint of the rows among it
    assert watch.grown < 100e6


def pictures_file(path: Path, count: int) -> None:
    """A tensor file of `count` black pictures (3, 32, 32) that takes no room on the disk."""
    size = count * 3 * 32 * 32
    told = {"dtype": "U8", "shape": [count, 3, 32, 32], "data_offsets": [0, size]}
    header = json.dumps({"__metadata__": {"dltui": "{}"}, "pictures": told}).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)


class AnonymousMemory:
    """Looks every few milliseconds how much memory the process has that is not a mapped file; `grown`: by how much."""

    def __enter__(self) -> None:
        self.first = self.most = self._now()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.grown = self.most - self.first

    def _look(self) -> None:
        while not self.over.is_set():
            self.most = max(self.most, self._now())
            time.sleep(0.002)

    @staticmethod
    def _now() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024


def test_memory_that_is_taken_is_seen():
    """Guards a watch that sees nothing."""
    watch = AnonymousMemory()
    with watch:
        taken = torch.ones(50_000_000)
        time.sleep(0.02)
    assert watch.grown > 150e6 and len(taken)
