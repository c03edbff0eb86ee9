#!/usr/bin/env python3
"""All attacks, one after the other, in bounded time: python tests/stress/run_all.py [--minutes 30]

Each prints a table: tried, survived, lost, doubled, tracebacks. What is not through when its share of the time is over
is ended, and counts as a fault.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
NEVER_LOST = HERE.parent / "engine" / "training" / "test_never_lost.py"
SHARES = {"queue_kills": 0.25, "sweep_kills": 0.25, "log_mutants": 0.25, "signal_storms": 0.15, "engine_kills": 0.1}


def commands(run: str) -> dict[str, list[str]]:
    """Name -> its command; the engine's kills are those of the test that also runs with all others."""
    scripts = {name: [sys.executable, str(HERE / f"{name}.py")] for name in SHARES}
    scripts["log_mutants"].append(run)
    scripts["engine_kills"] = [sys.executable, "-m", "pytest", "-q", str(NEVER_LOST)]
    return scripts


def main() -> int:
    """Returns 1 where any attack found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30, help="for all of them")
    given = parser.parse_args()
    faults = []
    with tempfile.TemporaryDirectory(prefix="dltui-stress-") as home:
        environment = os.environ | {"DLTUI_HOME": home}
        recipe = ["run", "mlp-moons", "train.steps=200", "--quiet", "--data", "builtin"]
        subprocess.run([sys.executable, "-m", "dltui", *recipe], env=environment, check=True)
        (run,) = Path(home, "runs").iterdir()
        for name, command in commands(str(run)).items():
            begun = time.monotonic()
            try:
                status = subprocess.run(command, check=False, timeout=60 * given.minutes * SHARES[name]).returncode
            except subprocess.TimeoutExpired:
                status = "not through"
            print(f"{name}: {'sound' if status == 0 else status}, {time.monotonic() - begun:.0f} s\n", flush=True)
            faults += [name] if status else []
    print(f"faults: {', '.join(faults) or 'none'}")
    return int(bool(faults))


if __name__ == "__main__":
    raise SystemExit(main())
