"""An engine that trains nothing: it holds the lock, writes events when told to, and answers what control.jsonl asks."""

import json
from pathlib import Path
from typing import IO

from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run

MATRIX = {"type": "matrix", "rows": ["a", "b"], "columns": ["a", "b"], "row_title": "true", "column_title": "predicted"}


class FakeEngine:
    """A run in this process; `tick` takes a step."""

    def __init__(self, name: str = "mlp-moons", *, steps: int = 1000, series: tuple[str, ...] = ("line", "net")):
        self.run: Run = runs.create(name, recipes.to_toml(recipes.load(name)), {"data": "builtin", "device": "cpu"})
        self.log = EventLog(self.run.log)
        self.lock: IO[bytes] | None = hold(self.run)
        self.series, self.steps, self.step, self._asked = series, steps, 0, 0
        self.answers = True

    def start(self, **fields: object) -> "FakeEngine":
        given = {
            "device": "cpu", "precision": "fp32", "threads": 1, "params": 1218, "steps": self.steps, "step": self.step,
            "series": list(self.series), "task": "classify", "classes": ["a", "b"],
            "data": {"kind": "moons", "from": "builtin", "rows": 800, "detail": "800 points"},
            "knobs": {"optimizer.lr": 0.01, "optimizer.momentum": 0.9},
            "metrics": {
                "loss": {"better": "lower", "progress": True},
                "accuracy": {"better": "higher", "range": [0, 1]},
            },
        }  # fmt: skip
        self.log.write("started", **given | fields)
        return self

    def tick(self, steps: int = 1, *, pictures: bool = False) -> "FakeEngine":
        """Takes steps; losses fall, accuracy rises."""
        taken = list(range(self.step + 1, self.step + steps + 1))
        self.step += steps
        for number, name in enumerate(self.series):
            loss = [1 / (1 + 0.01 * step) + 0.1 * number for step in taken]
            self.log.write("scalars", series=name, step=taken, values={"loss": loss})
            if pictures:
                self.log.write("scalars", series=name, step=taken[-1:], values={"accuracy": [1 - loss[-1] / 2]})
                for pane in ("confusion", "wrong"):
                    values = [[self.step, number], [number, self.step]]
                    self.log.write("frame", series=name, step=self.step, pane=pane, payload=MATRIX | {"values": values})
        return self

    def asked(self) -> list[dict]:
        """Every request so far."""
        try:
            return [json.loads(line) for line in Path(self.run.control).read_text().splitlines()]
        except FileNotFoundError:
            return []

    def answer(self) -> list[dict]:
        """Does what was asked since the last call, as an engine that knows no better than to say yes; returns it."""
        new = self.asked()[self._asked :]
        self._asked += len(new)
        for request in new:
            given = {name: request[name] for name in ("key", "value", "id") if name in request}
            self.log.write("control", op=request["op"], step=self.step, **given)
        return new

    def save(self) -> None:
        """Writes a checkpoint, with nothing in it."""
        name = f"step-{self.step:09}.safetensors"
        (self.run.checkpoints / name).touch()
        self.log.write("checkpoint", step=self.step, file=name, sha256="0" * 64)

    def finish(self, status: str = "done", *, expect: tuple[dict, ...] = (), error: str = "", hint: str = "") -> None:
        """Ends the run and lets the lock go."""
        self.log.write(
            "finished", status=status, exit=0, step=self.step, steps=self.steps, seconds=12.0, expect=list(expect),
            summary={"net.accuracy": 0.97}, error=error, hint=hint,
        )  # fmt: skip
        self.die()

    def die(self) -> None:
        """Goes without a word."""
        if self.lock:
            self.lock.close()
            self.lock = None
            self.log.close()
