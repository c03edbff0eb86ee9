"""One payload of each type, computed by formulas so that it is the same everywhere."""

import numpy as np


def _rings(rows: int, columns: int, size: int) -> np.ndarray:
    """(rows * size, columns * size) uint8: in each cell of the montage a ring, its radius growing."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    distance = np.hypot(x, y)
    radii = np.linspace(2, size / 2 - 2, rows * columns).reshape(rows, columns, 1, 1)
    cells = np.clip(255 * (1.5 - np.abs(distance - radii)), 0, 255)  # (rows, columns, size, size)
    return cells.swapaxes(1, 2).reshape(rows * size, columns * size).astype(np.uint8)


def _field() -> dict:
    x, y = np.meshgrid(np.linspace(-1.5, 2.5, 96), np.linspace(1.5, -1, 64))
    turn = np.linspace(0, np.pi, 40)
    return {
        "type": "field",
        "values": 1 / (1 + np.exp(-4 * (np.sin(2.6 * x - 0.4) / 2 - y + 0.35))),
        "x": [-1.5, 2.5],
        "y": [-1.0, 1.5],
        "points": {
            "x": np.concatenate([np.cos(turn), 1 - np.cos(turn)]),
            "y": np.concatenate([np.sin(turn), 0.5 - np.sin(turn)]),
            "label": np.repeat([0, 1], 40),
        },
        "classes": ["upper", "lower"],
    }


def _matrix() -> dict:
    row, column = np.mgrid[0:10, 0:10]
    counts = np.where(row == column, 180 + 3 * row, (row * 7 + column * 3) % 11 // 8 * (1 + row))
    names = [str(number) for number in range(10)]
    return {
        "type": "matrix", "values": counts, "rows": names, "columns": names,
        "row_title": "true", "column_title": "predicted",
    }  # fmt: skip


def _scatter() -> dict:
    turn = np.arange(300) * 2.4
    label = np.arange(300) % 5
    return {
        "type": "scatter",
        "x": 4 * np.cos(1.3 * label) + np.sqrt(np.arange(300)) / 12 * np.cos(turn),
        "y": 3 * np.sin(1.3 * label) + np.sqrt(np.arange(300)) / 12 * np.sin(turn),
        "label": label,
        "classes": ["cat", "dog", "cow", "bee", "ant"],
        "x_title": "code 1",
        "y_title": "code 2",
    }


def _heat() -> dict:
    y, x = np.mgrid[-1:1:24j, -2:2:64j]
    return {"type": "heat", "values": 0.8 * np.exp(-(x**2) - 2 * y**2), "x_title": "key", "y_title": "query"}


_RATE = np.linspace(0, 1, 80)

EXAMPLES = {
    "image": {
        "type": "image", "pixels": _rings(3, 8, 28), "rows": 3, "columns": 8, "title": "worst mistakes",
        "captions": [f"{number % 10} as {number * 7 % 10}" for number in range(24)],
    },
    "matrix": _matrix(),
    "field": _field(),
    "lines": {
        "type": "lines",
        "curves": [
            {"name": "ROC, area 0.893", "x": _RATE, "y": _RATE**0.12},
            {"name": "guessing", "x": [0.0, 1.0], "y": [0.0, 1.0]},
        ],
        "x_title": "false positive rate",
        "y_title": "true positive rate",
    },
    "bars": {
        "type": "bars", "labels": ["радиус", "texture", "area", "日本語", "smoothness of the boundary"],
        "values": [-1.5, 0.4, 2.0, "nan", -0.25], "title": "weights",
    },
    "scatter": _scatter(),
    "heat": _heat(),
    "table": {
        "type": "table", "columns": ["run", "kind", "accuracy", "steps"],
        "rows": [["mlp-mnist", "mlp", 0.9812, 3000], ["кошка", "lenet", 0.9912, 12000], ["日本語", "vit", "nan", 5]],
    },
    "text": {
        "type": "text",
        "text": "To be, or not to be:\nthat is the question, whether it is nobler in the mind\n\n    def f(x):",
    },
}  # fmt: skip
