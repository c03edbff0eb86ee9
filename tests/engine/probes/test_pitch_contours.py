"""The contour shown is the pitch that was drawn, one curve a class, relative to its mean."""

import math
from types import SimpleNamespace

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.probes.pitch_contours import build


def test_a_rising_and_a_falling_voice_are_drawn_so():
    t = torch.arange(8000) / 8000
    sounds = []
    for slope in (1, -1):
        turns = torch.cumsum(150 * 2 ** (0.5 * slope * (t - 0.5)), 0) / 8000  # an octave's half, up or down
        sounds.append(sum(torch.sin(2 * math.pi * h * turns) / h for h in range(1, 6)))
    split = Split(torch.stack(sounds).float(), torch.tensor([1, 0]))
    data = Dataset(split, split, ("falls", "rises"), "builtin", "", {"inputs": 8000, "classes": 2, "rate": 8000})
    (picture,) = build()(SimpleNamespace(rows=Rows(data, torch.device("cpu")))).pictures()
    curves = {curve["name"]: curve["y"] for curve in picture.payload["curves"]}
    assert list(curves) == ["falls", "rises"]
    for name, sign in (("falls", -1), ("rises", 1)):
        assert abs(sign * (curves[name][-1] - curves[name][0]) - 6) < 1 and abs(np.nanmean(curves[name])) < 0.1
