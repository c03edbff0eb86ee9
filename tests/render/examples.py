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


def _clusters() -> dict:
    """A picture of clusters: points with noise among them, centres and the way that they came."""
    points = _scatter()
    loose = np.arange(9)
    return points | {
        "x": np.concatenate([points["x"], 6 * np.cos(loose * 5.0), [0.4]]),
        "y": np.concatenate([points["y"], 5 * np.sin(loose * 3.0), [0.2]]),
        "label": np.concatenate([points["label"], np.full(9, 5), [6]]),
        "classes": ["1", "2", "3", "4", "5", "noise", "unseen"],
        "behind": {"noise": "×", "unseen": ""},
        "marks": {
            "x": 4 * np.cos(1.3 * np.arange(5)),
            "y": 3 * np.sin(1.3 * np.arange(5)),
            "label": np.arange(5),
            "signs": True,
        },
        "paths": [{"x": [0.0, 2.0, 4.0], "y": [-2.0, -1.5, 0.0]}],
    }


def _ranks() -> dict:
    names = ["rise1", "noise1", "кошка", "noise2", "rise2", *(f"noise{number}" for number in range(3, 20))]
    return {
        "type": "ranks",
        "columns": ["pearson", "spearman", "gain", "日本語 chi-square"],
        "orders": [[names[(5 * place + turn) % len(names)] for place in range(len(names))] for turn in range(4)],
        "groups": {"rise1": 0, "rise2": 0, "кошка": 1},
        "cut": 3,
    }


def _tree() -> dict:
    """24 leaves in three clusters: neighbours meet, then theirs, one of them lower than its parts."""
    merges, heights, size = [], [], 8
    nodes = [list(range(size * group, size * (group + 1))) for group in range(3)]
    while any(len(group) > 1 for group in nodes):
        for number, group in enumerate(nodes):
            merges.append([group[0], group[1]])
            heights.append(0.2 + 0.11 * (len(merges) % 7) + 0.07 * len(merges) / 3 + 0.1 * number)
            nodes[number] = [*group[2:], 24 + len(merges) - 1]
    merges += [[nodes[0][0], nodes[1][0]], [nodes[2][0], 24 + len(merges)]]
    return {
        "type": "tree", "merges": np.array(merges), "heights": np.array([*heights, 2.2, 3.4]), "cut": 1.9,
        "label": np.repeat([0, 1, 2], 8), "leaves": [f"{n}" for n in range(24)], "y_title": "distance",
    }  # fmt: skip


def _heat() -> dict:
    y, x = np.mgrid[-1:1:24j, -2:2:64j]
    return {"type": "heat", "values": 0.8 * np.exp(-(x**2) - 2 * y**2), "x_title": "key", "y_title": "query"}


def _alignment() -> dict:
    """A date: month and day change places; a word that stands for two, and one not yet written."""
    weights = np.full((6, 7), 0.02)
    for row, column in ((0, 0), (1, 3), (2, 2), (3, 4), (3, 5), (4, 6)):
        weights[row, column] = 0.45 if row == 3 else 0.9
    weights[5] = np.nan
    return {
        "type": "alignment", "weights": weights, "title": "[it]", "row_title": "written", "column_title": "read",
        "rows": ["пятница", "третье", "марта", "тысяча девятьсот", "日本語", "."],
        "columns": ["friday", ",", "march", "third", "nineteen", "ninety-five", "日本語"],
    }  # fmt: skip


def _graph() -> dict:
    """(x + y) z at (-2, 5, -4), and half of it back."""
    edges = [(0, 3, -2, None), (1, 3, 5, None), (3, 4, 3, -4), (2, 4, -4, 3), (4, None, -12, 1)]
    return {
        "type": "graph", "title": "f = (x + y) * z", "above": "value", "below": "gradient",
        "caption": "backward: * is handed 1 and hands back -4, 3",
        "nodes": [{"label": label, "lit": label == "*"} for label in ("x", "y", "z", "+", "*")],
        "edges": [{"source": a, "target": b, "above": up, "below": down} for a, b, up, down in edges],
    }  # fmt: skip


def _grids() -> dict:
    """A kernel on a padded input, at the fifth of nine values."""
    x = np.zeros((7, 7))
    x[1:6, 1:6] = np.add.outer(np.arange(5), 2 * np.arange(5)) % 4
    output = np.array([[4, -2, 0], [12, np.nan, np.nan], [np.nan] * 3])
    window = [(row, column) for row in (2, 3, 4) for column in (2, 3, 4)]
    return {
        "type": "grids", "signs": ["*", "="], "title": "stride 2, padding 1", "caption": "1*0 + 3*1 + ... = 3",
        "grids": [
            {"values": x, "title": "input", "edge": 1, "lit": window, "now": [(2, 3)]},
            {"values": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0.5]]), "title": "kernel", "now": [(0, 1)]},
            {"values": output, "title": "output", "digits": 3, "now": [(1, 1)]},
        ],
    }  # fmt: skip


def _contour() -> dict:
    """A valley, one trail that zigzags down into it, one that leaves the map, one that has ended."""
    y, x = np.mgrid[1:-1:32j, -2:2:48j]
    step = np.arange(40)
    zigzag = [-1.8 + step / 20, 0.5 * (-0.9) ** step]
    away = [-1.8 - 0.02 * 1.3**step, 0.5 + 0.02 * step]
    short = [np.where(step < 12, -1.8 + step / 8, np.nan), np.where(step < 12, 0.5 - step / 30, np.nan)]
    trails = np.array([zigzag, away, short])  # (3, 2, 40)
    return {
        "type": "contour", "values": x**2 + 12 * y**2, "x": [-2, 2], "y": [-1, 1], "names": ["gd", "adam", "sgd"],
        "trail_x": trails[:, 0], "trail_y": trails[:, 1], "marks": {"x": [1.0], "y": [0.5]},
    }  # fmt: skip


def _spectrogram() -> dict:
    """Two notes, one that rises, and silence after it; the end is not yet heard."""
    hz, t = np.mgrid[0:4000:129j, 0:1:90j]
    loud = sum(np.exp(-(((hz - tone) / 60) ** 2)) for tone in (440, 1000, 1500 + 2000 * t))
    values = np.where(t < 0.6, 10 * np.log10(loud + 1e-6), np.where(t < 0.8, -np.inf, np.nan))
    return {
        "type": "spectrogram", "values": values, "hz": [0, 4000], "seconds": [0, 1], "db": [-60, 0],
        "scale": "linear", "title": "window 16 ms", "sound": "sound-0123abcd.wav",
    }  # fmt: skip


def _spans() -> dict:
    """Words coloured by tag, one of them mistaken, in two sentences; a name that is wider than its letters."""
    words = ["the", "old", "man", "the", "boats", ".", "\n", "日本語", "flies", "like", "an", "arrow", "."]
    label = [0, 1, 2, 0, 1, 3, -1, 1, 2, 1, 0, 1, 3]
    spaced = [(part, number) for pair in zip(words, label, strict=True) for part, number in (pair, (" ", -1))]
    return {
        "type": "spans", "parts": [part for part, _ in spaced], "label": [number for _, number in spaced],
        "classes": ["DET", "NOUN", "VERB", "PUNCT"], "marked": [6, 18], "mark": "wrong", "title": "words by tag",
    }  # fmt: skip


def _boxes() -> dict:
    """Two pictures with rings, one in a box that is right, one in a box that is not, and half of a picture covered."""
    mask = np.zeros((40, 80), int)
    mask[:20, 40:] = 2
    return {
        "type": "boxes", "pixels": _rings(1, 2, 40), "rows": 1, "columns": 2, "masks": mask, "classes": ["ring", "sky"],
        "boxes": [
            {"cell": 0, "box": [16.0, 16.0, 24.0, 24.0], "dashed": True},
            {"cell": 0, "box": [12.0, 14.0, 26.0, 25.5], "label": "ring .93", "colour": 0},
            {"cell": 1, "box": [-3.0, 2.0, 38.0, 44.0], "label": "кольцо", "colour": 1},
        ],
        "captions": ["found", "cut by the edge"], "title": "boxes",
    }  # fmt: skip


def _points() -> dict:
    """Two pictures: a point within its ring, one on its way, one that ought to be nowhere, one that is thrown out."""
    return {
        "type": "boxes", "pixels": _rings(1, 2, 40), "rows": 1, "columns": 2, "classes": ["глаз", "nose"],
        "points": [
            {"cell": 0, "at": [12.0, 14.0], "colour": 0, "hollow": True},
            {"cell": 0, "at": [28.0, 30.0], "colour": 1, "hollow": True},
            {"cell": 0, "at": [12.2, 14.1], "colour": 0},
            {"cell": 0, "at": [22.0, 27.0], "colour": 1},
            {"cell": 1, "at": [20.0, 20.0], "colour": 0},
            {"cell": 1, "at": [90.0, -5.0], "colour": 1},
        ],
    }  # fmt: skip


_RATE = np.linspace(0, 1, 80)

EXAMPLES = {
    "image": {
        "type": "image", "pixels": _rings(3, 8, 28), "rows": 3, "columns": 8, "title": "worst mistakes",
        "captions": [f"{number % 10} as {number * 7 % 10}" for number in range(24)],
    },
    "boxes": _boxes(),
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
    "alignment": _alignment(),
    "graph": _graph(),
    "grids": _grids(),
    "spans": _spans(),
    "contour": _contour(),
    "spectrogram": _spectrogram(),
    "table": {
        "type": "table", "columns": ["run", "kind", "accuracy", "steps"],
        "rows": [["mlp-mnist", "mlp", 0.9812, 3000], ["кошка", "lenet", 0.9912, 12000], ["日本語", "vit", "nan", 5]],
    },
    "ranks": _ranks(),
    "tree": _tree(),
    "text": {
        "type": "text",
        "text": "To be, or not to be:\nthat is the question, whether it is nobler in the mind\n\n    def f(x):",
    },
}  # fmt: skip
CLUSTERS = _clusters()
POINTS = _points()
