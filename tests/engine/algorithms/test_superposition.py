"""Superposition: measures of a pentagon, the net of the paper by hand, many kept if sparse, and a run that resumes."""

import math

import pytest
import torch

from dltui.engine.algorithms import superposition
from tests.engine.conftest import context


def polygon(corners: int) -> torch.Tensor:
    angle = 0.3 + torch.arange(corners) * (2 * math.pi / corners)
    return torch.stack([angle.cos(), angle.sin()], 1)


def made(steps: int = 0, seed: int = 0, **options: object) -> superposition.Superposition:
    torch.manual_seed(seed)
    model = superposition.build(**options)(context(seed=seed))
    for _ in range(steps):
        model.step()
    return model


def test_a_pentagon_has_no_angle_error_and_its_interference():
    five = polygon(5)[torch.tensor([3, 0, 4, 1, 2])]
    assert superposition.angle_error(five) < 1e-3
    want = 2 * (math.cos(math.radians(72)) ** 2 + math.cos(math.radians(144)) ** 2)
    assert superposition.interference(five) == pytest.approx(want, rel=1e-5)
    crossed = torch.eye(2)
    assert superposition.interference(crossed) == 0
    assert superposition.angle_error(crossed) == pytest.approx(90, rel=1e-5)
    assert superposition.angle_error(five[:1]) == superposition.interference(five[:0]) == 0


def test_the_net_is_that_of_the_paper():
    model = made()
    x = model.rows(7)
    with torch.no_grad():
        model.b.normal_()
        W, b = model.W[3].T, model.b[3, 0]  # (2, n) as the paper writes it
        want = torch.stack([(W.T @ (W @ row) + b).clamp(min=0) for row in x])
        assert torch.allclose(model.rebuilt(x)[3], want, atol=1e-6)
        loss = sum(0.9**i * (want[:, i] - x[:, i]).square().mean() for i in range(5)) / 5
        assert model.losses(x)[3].item() == pytest.approx(loss.item(), rel=1e-5)


def test_rows_are_as_sparse_as_asked_for():
    x = made(active=0.2).rows(5000)
    assert (x > 0).float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert x[x > 0].mean().item() == pytest.approx(0.5, abs=0.02)


def test_a_net_without_relu_keeps_two_and_a_sparse_one_more():
    kept = {relu: made(500, relu=relu, lr=0.03).evaluate()["kept"] for relu in (True, False)}
    assert kept[True] >= 4 > 2 >= kept[False]


def test_a_run_resumes():
    model, other = made(5), made()
    other.load_state_dict(model.state_dict())
    for each in (model, other):
        torch.manual_seed(2)
        each.step()
    assert model.evaluate() == other.evaluate()
    assert [picture.pane for picture in model.pictures()] == ["vectors", "products"]
