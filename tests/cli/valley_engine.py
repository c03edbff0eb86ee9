"""An engine whose accuracy depends on the recipe's learning rate only, best at 0.01: `valley_engine.py RUN_DIR`.

Each variant has an accuracy of its own. A rate above 0.5 diverges, one of 0.0001 takes its time; batches of 99 rows
cannot be trained as one.
"""

import math
import sys
import time
from pathlib import Path

from dltui.recipes import recipe as recipes
from dltui.runs.engine_lock import hold
from dltui.runs.run import Run
from tests.cli.fake_engine import FakeEngine

STEPS = 10


def main(run: Run) -> int:
    lock = hold(run)
    with lock:
        engine = FakeEngine(run)
        recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
        if run.info().get("as_one") and recipe.train["batch"] == 99:
            finish(engine, "failed", exit=2, error="too large for a batch.")
            return 2
        rates = {name: float(variant.table["optimizer"]["lr"]) for name, variant in recipe.variants.items()}
        engine.begin()
        diverged = {name: "loss is nan at step 3" for name, rate in rates.items() if rate > 0.5}
        best = {name: 1 - (math.log10(rate) + 2) ** 2 / 10 for name, rate in rates.items() if name not in diverged}
        if not best:
            error = f"{next(iter(diverged))}: loss is nan at step 3. Try a smaller optimizer.lr."
            finish(engine, "diverged", exit=5, error=error, diverged=diverged)
            return 5
        for step in range(1, STEPS + 1):
            for name, accuracy in best.items():
                engine.log.write("scalars", series=name, step=[step], values={"accuracy": [accuracy * step / STEPS]})
            for asked in engine.control.read():
                if asked["op"] == "stop":
                    return engine.finish("stopped", 130)
            if engine.control.terminated:
                return engine.finish("stopped", 143)
            time.sleep(0.5 if min(rates.values()) <= 1e-4 else 0.03)
        # what has diverged was evaluated before it did
        summary = {f"{name}.accuracy": best.get(name, 0.999) for name in rates}
        finish(engine, "done", step=STEPS, summary=summary, diverged=diverged)
    return 0


def finish(engine: FakeEngine, status: str, **more: object) -> None:
    fields = {
        "exit": 0,
        "step": 0,
        "steps": STEPS,
        "summary": {},
        "expect": [],
        "seconds": 0.3,
        "error": "",
        "hint": "",
    }
    engine.log.write("finished", status=status, **fields | more)


if __name__ == "__main__":
    raise SystemExit(main(Run(Path(sys.argv[-1]))))
