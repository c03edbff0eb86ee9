"""An engine that trains nothing: `python fake_engine.py BEHAVIOUR RUN_DIR`. Lock and controls are the real ones."""

import os
import signal
import sys
import time
from pathlib import Path

from dltui.engine.training import watchdog
from dltui.engine.training.control import Control
from dltui.runs import events
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run

STEPS = 100
HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[6n\x9b6n\x9d0;t\x9c[red]ev\u202eil[/red]\x08"


class FakeEngine:
    """Writes what an engine would; `behaviour` decides how it ends."""

    def __init__(self, run: Run):
        self.log, self.control, self.step = EventLog(run.log), Control(run.control), 0
        self.control.listen()

    def begin(self, **more: object) -> None:
        fields = {"device": "cpu", "precision": "fp32", "threads": 1, "params": 10, "series": [""], "task": "classify",
                  "data": {"kind": "moons", "from": "builtin", "rows": 9, "detail": "x"}, "steps": STEPS, "step": 0,
                  "classes": ["a", "b"], "knobs": {"optimizer.lr": 0.01},
                  "metrics": {"loss": {"better": "lower", "progress": True}}}  # fmt: skip
        self.log.write("note", level="info", text="data: points")
        self.log.write("started", **fields | more)

    def advance(self) -> None:
        self.step += 1
        self.log.write("scalars", series="", step=[self.step], values={"loss": [1 / self.step], "accuracy": [0.5]})

    def finish(self, status: str, exit: int, error: str = "", expect: tuple = ()) -> int:
        self.log.write("finished", status=status, exit=exit, step=self.step, steps=STEPS, summary={"accuracy": 0.5},
                       expect=list(expect), seconds=0.1, error=error, hint="")  # fmt: skip
        return exit

    # -- behaviours ------------------------------------------------------------------------------------------------

    def done(self, ok: bool = True) -> int:
        self.begin()
        for _ in range(STEPS):
            self.advance()
        return self.finish("done", 0, expect=({"name": "accuracy", "want": ">= 0.4", "got": 0.5, "ok": ok},))

    def unmet(self) -> int:
        return self.done(ok=False)

    def diverged(self) -> int:
        self.begin()
        return self.finish("diverged", 5, "loss is nan at step 1.")

    def data_fault(self) -> int:
        return self.finish("failed", 4, "mnist: the hub cannot be reached.")

    def died(self) -> int:
        self.begin()
        print("something terrible about memory", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def broken(self) -> int:
        raise ImportError("No module named torch")

    def hostile(self) -> int:
        """A log that no cleaning engine wrote."""
        events.cleaned = lambda value: value
        self.begin(classes=[HOSTILE], device=HOSTILE)
        self.log.write("note", level="warning", text=HOSTILE)
        self.log.write("frame", series="", step=0, pane=HOSTILE, payload={"type": "text", "text": HOSTILE})
        self.log.write("scalars", series=HOSTILE, step=[1], values={HOSTILE: [1.0]})
        self.log.write("finished", status="done", exit=0, step=1, steps=STEPS, summary={HOSTILE: 1.0}, seconds=0.1,
                       expect=[{"name": HOSTILE, "want": HOSTILE, "got": 1.0, "ok": True}], error=HOSTILE,
                       hint="")  # fmt: skip
        return 0

    def wait(self) -> int:
        """Runs until it is told to stop."""
        self.begin()
        while True:
            for request in self.control.read():
                op, given = request["op"], {key: request[key] for key in ("key", "value", "id") if key in request}
                if op == "set" and not isinstance(request["value"], int | float):
                    text = f"{request['key']} must be a number, not {request['value']!r}"
                    self.log.write("note", level="warning", text=text, id=request["id"])
                    continue
                self.log.write("control", op=op, step=self.step, **given)
                if op == "stop":
                    return self.finish("stopped", 130)
            if self.control.terminated:
                return self.finish("stopped", 143)
            if self.step < STEPS:
                self.advance()
            time.sleep(0.005)

    def deaf(self) -> int:
        """Never does what it is asked, but writes down that it was sent a SIGTERM."""
        self.begin()
        while not self.control.terminated:
            time.sleep(0.01)
        self.log.write("note", level="info", text="terminated")
        while True:
            time.sleep(0.05)


def main(behaviour: str, folder: str) -> int:
    run = Run(Path(folder))
    lock = hold(run)
    engine = FakeEngine(run)
    watchdog.watch(run.path, engine.control.terminate)
    status = getattr(engine, behaviour)()
    lock.close()
    return status


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
