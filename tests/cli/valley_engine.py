"""An engine whose accuracy depends on the recipe's learning rate only, best at 0.01: `valley_engine.py RUN_DIR`."""

import math
import sys
import time
from pathlib import Path

from dltui import recipe
from dltui.engine.__main__ import hold
from dltui.run import Run
from tests.cli.fake_engine import FakeEngine

STEPS = 10


def main(run: Run) -> int:
    lock = hold(run)
    with lock:
        engine = FakeEngine(run)
        rate = float(recipe.read_table(run.recipe_file)["optimizer"]["lr"])
        if rate > 0.5:
            engine.begin()
            return engine.finish("diverged", 5, "loss is nan at step 3.")
        best = 1 - (math.log10(rate) + 2) ** 2 / 10
        engine.begin()
        for step in range(1, STEPS + 1):
            engine.log.write("scalars", series="", step=[step], values={"accuracy": [best * step / STEPS]})
            for asked in engine.control.read():
                if asked["op"] == "stop":
                    return engine.finish("stopped", 130)
            time.sleep(0.03)
        engine.log.write("finished", status="done", exit=0, step=STEPS, steps=STEPS, summary={"accuracy": best},
                         expect=[], seconds=0.3, error="", hint="")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Run(Path(sys.argv[1]))))
