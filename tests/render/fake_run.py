"""Logs of runs that never were, with the numbers that such runs have, written by the engine's own EventLog."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from dltui.recipes.recipe import Recipe
from dltui.runs.events import EventLog
from dltui.runs.history import History
from dltui.runs.run import Run

BEGAN = 1_760_000_000.0
STEPS = 3000
RATE = 300.0  # steps per second
CLASSES = [str(digit) for digit in range(10)]

LENET = {
    "title": "LeNet reads handwriting",
    "task": {"kind": "classify"},
    "model": {"kind": "lenet"},
    "expect": {"accuracy": ">= 0.985", "hub": {"accuracy": ">= 0.975"}},
}
GAN = {
    "title": "Generative adversarial network",
    "task": {"kind": "gan"},
    "model": {"generator": {"kind": "mlp", "output": "tanh"}, "discriminator": {"kind": "mlp"}},
    "expect": {"fid": "<= 30"},
}
MOONS = {
    "title": "Two moons: a line, then hidden units",
    "task": {"kind": "classify"},
    "model": {"kind": "mlp"},
    "variants": {"line": {"model.hidden": []}, "hidden": {"model.hidden": [16]}},
    "expect": {"hidden.accuracy": ">= 0.97", "line.accuracy": "<= 0.92"},
}
METRICS = {
    "loss": {"better": "lower", "progress": True},
    "test_loss": {"better": "lower", "axis": "loss"},
    "accuracy": {"better": "higher", "range": [0, 1]},
    "discriminator": {"progress": True},
    "generator": {"axis": "discriminator"},
    "fid": {"better": "lower"},
    "real_score": {"axis": "real_score"},
    "fake_score": {"axis": "real_score"},
    "lr": {"side": True},
    "grad_norm": {"side": True},
}  # what a run tells of them when it begins


class FakeRun:
    """A run's folder with a log that `scalars`, `frame` and the rest write, the time told by the step."""

    def __init__(self, folder: Path, table: dict, name: str, *, series: tuple[str, ...] = ("",), source: str = "hub"):
        self.run = Run(folder / f"{name}-20261120-191500-ab12")
        self.run.frames.mkdir(parents=True)
        self.recipe = Recipe(name, "06_architectures", None, table)
        self.log = EventLog(self.run.log)
        self.noise = np.random.default_rng(0)
        self.log.write(
            "started", t=BEGAN, device="cpu", precision="fp32", threads=1, params=61_706, series=list(series),
            steps=STEPS, step=0, data={"kind": "mnist", "from": source, "rows": 8000, "detail": ""}, knobs={},
            task="classify", classes=CLASSES, metrics=METRICS,
        )  # fmt: skip

    def at(self, step: int) -> float:
        return BEGAN + 0.5 + step / RATE

    def scalars(self, first: int, last: int, series: str = "", **curves) -> None:
        """The steps first..last; each curve is a function of the steps (N,)."""
        steps = np.arange(first, last + 1)
        for part in np.array_split(steps, max(1, len(steps) // 30)):
            values = {name: [float(f"{number:.6g}") for number in make(part)] for name, make in curves.items()}
            self.log.write("scalars", t=self.at(int(part[-1])), series=series, step=part.tolist(), values=values)

    def frame(self, step: int, pane: str, payload: dict, series: str = "") -> None:
        self.log.write("frame", t=self.at(step), series=series, step=step, pane=pane, payload=payload)

    def note(self, text: str, level: str = "info", step: int = 0) -> None:
        self.log.write("note", t=self.at(step), level=level, text=text)

    def finished(self, step: int, status: str = "done", **fields) -> None:
        fields = {"exit": 0, "summary": {}, "expect": [], "error": "", "hint": ""} | fields
        seconds = round(self.at(step) - BEGAN, 3)
        self.log.write("finished", t=self.at(step), status=status, step=step, steps=STEPS, seconds=seconds, **fields)

    def history(self) -> History:
        from dltui.runs.events import Tail

        history = History()
        history.take(Tail(self.run.log).read())
        return history

    def falling(self, start: float, end: float, spread: float = 0.1, pace: float = 300.0):
        """A loss that falls exponentially, with the noise of small batches."""
        return lambda steps: (
            (end + (start - end) * np.exp(-steps / pace)) * (1 + spread * self.noise.gamma(2, 1, len(steps)))
        )


def digits(folder: Path, name: str, rows: int = 6, columns: int = 10) -> dict:
    """A montage of rings and strokes, 28 pixels a cell."""
    y, x = np.mgrid[0:28, 0:28] - 13.5
    montage = np.zeros((rows * 28, columns * 28), np.uint8)
    for index in range(rows * columns):
        ring = np.abs(np.hypot(x * (1 + index % 3 / 4), y) - 8) < 1.8
        stroke = np.abs(x * math.cos(index) + y * math.sin(index)) < 1.6
        cell = np.where(ring if index % 2 else stroke & (np.hypot(x, y) < 11), 255, 0)
        row, column = divmod(index, columns)
        montage[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28] = cell
    Image.fromarray(montage).save(folder / name)
    return {"type": "image", "file": name, "rows": rows, "columns": columns}


def confusion(step: int) -> dict:
    wrong = max(1, round(20 * math.exp(-step / 800)))
    values = [[(195 - 9 * wrong if i == j else wrong * ((i * j) % 3 == 1)) for j in range(10)] for i in range(10)]
    return {
        "type": "matrix", "values": values, "rows": CLASSES, "columns": CLASSES, "row_title": "truth",
        "column_title": "said",
    }  # fmt: skip


def field(bend: float) -> dict:
    x, y = np.meshgrid(np.linspace(-1.5, 2.5, 32), np.linspace(1.5, -1, 16))
    values = 1 / (1 + np.exp(4 * (y - 0.25 - bend * np.sin(2.2 * x) + 0.2 * x)))
    angle = np.linspace(0, math.pi, 30)
    points = {
        "x": [*np.cos(angle).tolist(), *(1 - np.cos(angle)).tolist()],
        "y": [*np.sin(angle).tolist(), *(0.5 - np.sin(angle)).tolist()],
        "label": [0] * 30 + [1] * 30,
    }
    return {
        "type": "field", "values": np.round(values, 3).tolist(), "x": [-1.5, 2.5], "y": [-1, 1.5], "points": points,
        "classes": ["upper", "lower"],
    }  # fmt: skip


def lenet(folder: Path, step: int = 1800) -> FakeRun:
    """A classifier in the middle of its run."""
    fake = FakeRun(folder, LENET, "lenet-mnist")
    loss = fake.falling(2.3, 0.05, 0.15)
    for end in range(300, step + 1, 300):
        fake.scalars(end - 299, end, loss=loss)
        fake.log.write(
            "scalars", t=fake.at(end), series="", step=[end],
            values={"test_loss": [0.08 + 2.2 * math.exp(-end / 300)], "accuracy": [0.982 - 0.9 * math.exp(-end / 250)]},
        )  # fmt: skip
        fake.frame(end, "confusion", confusion(end))
        fake.frame(end, "mistakes", digits(fake.run.frames, f"{fake.log.seq:08d}.png", 3, 6))
    fake.note("Rows come from the hub: ylecun/mnist, 8,000 of them.", step=step)
    return fake


def gan(folder: Path, step: int = 1800) -> FakeRun:
    """Two nets against each other on the built-in data."""
    fake = FakeRun(folder, GAN, "gan-mnist", source="builtin")
    for end in range(300, step + 1, 300):
        fake.scalars(
            end - 299, end,
            discriminator=lambda steps: 0.9 + 0.4 * np.sin(steps / 400) + fake.noise.normal(0, 0.12, len(steps)),
            generator=lambda steps: 1.3 - 0.5 * np.sin(steps / 400) + fake.noise.normal(0, 0.2, len(steps)),
        )  # fmt: skip
        score = 0.75 + 0.1 * math.sin(end / 400)
        fake.log.write(
            "scalars", t=fake.at(end), series="", step=[end],
            values={"fid": [22 + 300 * math.exp(-end / 500)], "real_score": [score], "fake_score": [1 - score]},
        )  # fmt: skip
        fake.frame(end, "samples", digits(fake.run.frames, f"{fake.log.seq:08d}.png"))
        shares = [0.1 + 0.05 * math.sin(digit + end) for digit in range(10)]
        fake.frame(
            end, "classes drawn", {"type": "bars", "labels": CLASSES, "values": shares, "title": "share of samples"}
        )
    fake.log.write("control", t=fake.at(step), op="set", step=900, key="optimizer.lr", value=0.0001)
    fake.note("These are built-in data: the hub did not answer within 3 s.", "warning", step)
    return fake


def moons(folder: Path, step: int = 1800) -> FakeRun:
    """Two variants side by side."""
    fake = FakeRun(folder, MOONS, "mlp-moons", series=("line", "hidden"), source="builtin")
    for end in range(300, step + 1, 300):
        for series, floor, bend in (("line", 0.3, 0.05), ("hidden", 0.03, 0.6)):
            fake.scalars(end - 299, end, series, loss=fake.falling(0.7, floor, 0.1))
            accuracy = 1 - floor / 3 - 0.4 * math.exp(-end / 200)
            fake.log.write("scalars", t=fake.at(end), series=series, step=[end], values={"accuracy": [accuracy]})
            fake.frame(end, "field", field(bend * (1 - math.exp(-end / 600))), series)
    return fake
