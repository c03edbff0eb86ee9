#!/usr/bin/env python3
"""How long commands take that should take no time, against `python -c pass`; with 300 recipes and 10,000 runs too.

    python tests/bench/startup.py [--rounds 15] [--runs 10000]

Each command is a fresh process; rounds go through all of them in turn, so a slow moment meets every one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
RECIPES = ("mlp-mnist", "mlp-moons", "lenet-mnist", "gan-mnist", "gan-2d", "resnet")
ANY_RATE = 0.0123456789  # in whose place each run has a learning rate of its own
COMMANDS = {
    "--version": (4, ["--version"]),
    "list": (10, ["list"]),
    "list, 300": (10, ["list"]),  # with 300 recipes: copies of ours
    "show": (14, ["show", "mlp-mnist"]),
    "check": (12, ["check", "recipes/12_generative/gan-mnist.toml"]),
}


def seconds(command: list[str], package: str = "") -> float:
    """package: the folder of another dltui to run. Modules are kept compiled, as pip installs them."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables |= {"PYTHONPATH": package} if package else {}
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables)
    return time.perf_counter() - begun


def with_recipes(folder: Path, count: int) -> str:
    """Copies dltui into a folder, its recipes copied until there are `count`."""
    for name in ("dltui", "recipes"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    files = sorted((folder / "recipes").rglob("*.toml"))
    for number in range(count - len(files)):
        file = files[number % len(files)]
        shutil.copy(file, file.with_name(f"{file.stem}-{number}.toml"))
    return str(folder)


def make_runs(count: int) -> None:
    """Writes run folders as the engine leaves them: a record, a recipe, a lock, and a log that ends with `finished`."""
    from dltui import paths
    from dltui.recipes import recipe
    from dltui.runs.events import EventLog

    rates = {name: "optimizer.generator.lr" if name == "gan-2d" else "optimizer.lr" for name in RECIPES}
    texts = {name: recipe.to_toml(recipe.load(name, {key: ANY_RATE})) for name, key in rates.items()}
    for index in range(count):
        name, accuracy, rate = RECIPES[index % len(RECIPES)], index * 7919 % count / count, (index + 1) / count
        folder = paths.runs() / f"{name}-20261120-{index // 3600:02d}{index // 60 % 60:02d}{index % 60:02d}-{index:04x}"
        folder.mkdir(parents=True)
        record = {"id": folder.name, "recipe": name, "created": 1.8e9 + index, "device": "cpu"}
        (folder / "run.json").write_text(json.dumps(record | {"overrides": {rates[name]: rate}}))
        (folder / "recipe.toml").write_text(texts[name].replace(str(ANY_RATE), str(rate)))
        (folder / "engine.lock").write_text(json.dumps({"pid": 1 << 22, "started": "1", "host": "", "first": 0}))
        log = EventLog(folder / "events.jsonl")
        log.write("started", device="cpu", steps=100, step=0, series=[""])
        for step in range(0, 100, 20):
            log.write("scalars", series="", step=list(range(step, step + 20)), values={"loss": [1 / (index + 1)] * 20})
        log.write(
            "finished",
            status="done",
            exit=0,
            step=100,
            steps=100,
            summary={"accuracy": accuracy, "loss": 1 - accuracy},
            expect=[{"name": "accuracy", "want": ">= 0.5", "got": accuracy, "ok": accuracy >= 0.5}],
            seconds=1 + index % 311 / 10,
            error="",
            hint="",
        )
        log.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    dltui = str(Path(sys.executable).with_name("dltui"))
    found = {name: [] for name in ("pass", *COMMANDS)}
    with tempfile.TemporaryDirectory() as folder:
        many = with_recipes(Path(folder), 300)
        for package in ("", many):
            seconds([dltui, "list"], package)  # compiles the modules
        for _ in range(given.rounds):
            found["pass"].append(seconds([sys.executable, "-c", "pass"]))
            for name, (_, words) in COMMANDS.items():
                found[name].append(seconds([dltui, *words], many if name == "list, 300" else ""))
    unit = median(found["pass"])
    print(f"{'command':10} {'ms':>7} {'ratio':>6} {'at most':>8} {'spread':>7}")
    for name, times in found.items():
        limit = COMMANDS[name][0] if name in COMMANDS else 1
        print(
            f"{name:10} {median(times) * 1e3:7.1f} {median(times) / unit:6.1f} {limit:8} "
            f"{max(times) / min(times) - 1:7.0%}"
        )
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = home
        make_runs(given.runs)
        for words in (["runs"], ["runs", "--all"], ["runs", "--all", "--json"]):
            times = [seconds([dltui, *words]) for _ in range(5)]
            print(
                f"{' '.join(words)}, {given.runs:,} runs: {median(times):.2f} s "
                f"({min(times):.2f}-{max(times):.2f}), at most 1"
            )


if __name__ == "__main__":
    main()
