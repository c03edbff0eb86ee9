"""Next frames: a net that shows the last frame again has error 1 and full contrast; one that knows has none."""

import pytest
import torch
from torch import nn

from dltui.engine.comparisons.next_frames import build, contrasts, errors
from dltui.engine.data.films import AHEAD
from dltui.engine.data.films import build as films
from dltui.engine.tasks import restore
from tests.engine.conftest import context

EPS = 1e-4


class Again(nn.Module):
    def forward(self, films):
        return films[:, -1:].clamp(EPS, 1 - EPS).logit().expand(-1, AHEAD, -1, -1)


class Grey(nn.Module):
    def forward(self, films):
        return torch.zeros(len(films), AHEAD, *films.shape[2:])


class Knowing(nn.Module):
    def __init__(self, truth):
        super().__init__()
        self.truth = truth

    def forward(self, films):
        return (self.truth[: len(films)].float() / 255).clamp(EPS, 1 - EPS).logit()


def comparison(**options):
    data = films(show="balls", frames=3, train_rows=10, test_rows=6, size=16).builtin()
    nets = {"again": Again(), "grey": Grey(), "knowing": Knowing(data.test.targets)}
    tasks = {name: restore.build()(context(data, {"model": net})) for name, net in nets.items()}
    return build(**options)(tasks)


def test_shares_of_the_last_frame_again():
    found = comparison().evaluate()
    assert found["again"]["error"] == pytest.approx(1, abs=0.01) == found["again"]["far_error"]
    assert found["again"]["contrast"] == pytest.approx(1, abs=0.15)
    assert found["knowing"]["error"] < 0.01 and found["knowing"]["far_contrast"] == pytest.approx(1, abs=0.01)
    assert found["grey"]["contrast"] == pytest.approx(0, abs=1e-3) and found["grey"]["error"] > 1


def test_errors_and_contrasts_are_of_each_frame():
    frames = torch.zeros(2, 2, 4, 4)
    frames[:, 1, :2] = 1
    assert errors(frames, torch.zeros(2, 2, 4, 4)).tolist() == [0, 0.5] and contrasts(frames).tolist() == [0, 0.5]


def test_strips_below_one_another():
    shown = {picture.pane: picture.payload for picture in comparison(shown=2).pictures()}
    strips = shown["films"]
    assert strips["row_titles"] == ["given, backwards", "what follows", "again", "grey", "knowing"] * 2
    assert (strips["rows"], strips["columns"]) == (10, AHEAD)
    pixels = strips["pixels"]
    assert (pixels[:16, :48] > 0).all() and (pixels[:16, 48:] == 0).all()  # three frames are given, the last one first
    assert abs(pixels[32:48, :16].astype(int) - pixels[:16, :16]).max() <= 1
    assert abs(pixels[64:80].astype(int) - pixels[16:32]).max() <= 1
    assert [curve["name"] for curve in shown["error"]["curves"]] == ["last frame again", "again", "grey", "knowing"]
