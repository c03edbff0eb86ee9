"""Diffusion as a task: each answer tells the same picture, what is judged comes from the mean net, copies are found."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.diffusion import dissolved, velocity, way_back
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.metrics import fid_features as judges
from dltui.engine.tasks import diffusion
from tests.engine.conftest import CPU

ANSWERS = ["velocity", "noise", "picture"]


class Net(nn.Module):
    """One weight, so that a step can be followed; `says` replaces its answer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x, t):
        return self.weight * x


@pytest.fixture
def data():
    """Two classes of 12 x 12 pictures: a bright upper half or a bright lower half, and some grain."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 2, (200,), generator=generator)
    inputs = torch.randint(0, 60, (200, 1, 12, 12), generator=generator)
    inputs[targets == 0, :, :6] += 190
    inputs[targets == 1, :, 6:] += 190
    inputs = inputs.to(torch.uint8)
    train, test = Split(inputs[:150], targets[:150]), Split(inputs[150:], targets[150:])
    return Dataset(train, test, ("up", "down"), "builtin", "", {"channels": 1, "size": 12, "classes": 2})


@pytest.fixture
def made(data, home, monkeypatch):
    monkeypatch.setattr(judges, "STEPS", 30)
    monkeypatch.setattr(diffusion, "SAMPLES", 60)

    def make(**options):
        torch.manual_seed(0)
        return diffusion.build(**options)(data, {"model": Net()}, CPU)

    return make


def test_inside_pictures_have_mean_0_and_variance_1_and_come_back(made, data):
    task = made()
    assert task.x.mean().abs() < 1e-5 and task.x.var().item() == pytest.approx(1, abs=1e-3)
    assert torch.allclose(task._pictures(task.x), data.train.inputs / 255, atol=1e-5)


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_right_answer_costs_nothing_and_tells_the_picture(made, answer):
    """Guards the signs: what is learned and how it is used are written down apart."""
    task = made(answer=answer)
    x_0, eps = task.x[:20], torch.randn_like(task.x[:20])
    t = 400
    a = task.abar[t]
    truth = {"velocity": velocity(x_0, eps, a), "noise": eps, "picture": x_0}[answer]
    task.mean_net = lambda x, t: truth
    assert not task._errors(task.mean_net, x_0, eps, torch.full((20,), t)).any()
    assert torch.allclose(task.guess(dissolved(x_0, eps, a), t), x_0, atol=1e-4)
    task.mean_net = lambda x, t: -truth
    assert (task.guess(dissolved(x_0, eps, a), t) - x_0).abs().mean() > 0.3


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_0_has_loss_1(made, answer):
    task = made(answer=answer)
    assert task.loss(torch.arange(150)).item() == pytest.approx(1, abs=0.05)
    assert task._test_loss() == pytest.approx(1, abs=0.05)


def test_a_batch_meets_times_from_end_to_end(made, monkeypatch):
    task, met = made(times=50), []
    monkeypatch.setattr(task, "_errors", lambda net, x_0, eps, t: met.append(t) or torch.zeros(1))
    for _ in range(40):
        task.loss(torch.arange(100))
    for t in met:
        assert t.bincount(minlength=51)[1:].tolist() == pytest.approx([2] * 50, abs=1)  # in each batch, evenly
    assert min(t.min() for t in met) == 1 and max(t.max() for t in met) == 50


def test_what_is_shown_comes_from_the_running_mean(made):
    task = made(average=0.9)
    task.after_step()  # the first copies
    with torch.no_grad():
        task.net.weight += 1
    task.after_step()
    assert task.mean_net.module.weight.item() == pytest.approx(0.1)
    x_t = torch.randn(2, 1, 12, 12)
    a = task.abar[600]
    want = (a.sqrt() * x_t - (1 - a).sqrt() * 0.1 * x_t).clamp(task.black, task.white)
    assert torch.allclose(task.guess(x_t, 600), want)


def knowing(task):
    """The net of one who knows the training pictures by heart: its guess is their mean, weighed by likelihood."""

    def net(x, t):
        a = task.abar[t][:, None]
        known = task.x.flatten(1)
        likely = (x.flatten(1) @ known.T * a.sqrt() - a / 2 * known.square().sum(1)) / (1 - a)  # log p(x | x_0) + const
        return (torch.softmax(likely, 1) @ known).view_as(x)

    net.n_averaged = 1  # it has learned
    return net


@torch.no_grad()
def test_the_best_guess_draws_pictures_and_copies_are_found(made):
    task = made(answer="picture", jumps=20)
    task.mean_net = knowing(task)
    measured = task.evaluate()
    assert measured["nearest_ratio"] < 0.1
    other = made()
    other.after_step()  # of weights that answer 0
    assert measured["fid"] < 0.5 * other.evaluate()["fid"]
    assert set(measured) | {"loss"} == set(diffusion.METRICS)


@torch.no_grad()
def test_before_the_first_step_nothing_is_drawn(made, monkeypatch):
    """Guards the seconds that samples of a net without a weight would cost."""
    task = made()
    monkeypatch.setattr(task, "_drawn", None)
    assert set(task.evaluate()) == {"test_loss"}


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["dpm_solver", "ddim"])
def test_the_sampler_is_the_one_asked_for(made, sampler):
    task = made(sampler=sampler, jumps=6, answer="picture")
    task.mean_net = knowing(task)
    order = {"dpm_solver": 2, "ddim": 1}[sampler]
    *_, (_, want) = way_back(task.guess, task.shown_noise, task.abar, 6, order)
    *_, (_, got) = task._way_back(task.shown_noise)
    assert torch.equal(got, want)


@torch.no_grad()
def test_pictures_lie_as_far_as_test_pictures_where_nothing_is_copied(made):
    task = made()
    task.after_step()
    task._drawn = lambda count: task.test_x[:count]
    assert task.evaluate()["nearest_ratio"] == pytest.approx(1)


@torch.no_grad()
def test_a_strip_leads_from_its_noise_to_its_sample(made):
    task = made(answer="picture", jumps=10)
    task.mean_net = knowing(task)
    strips, samples, errors = (picture.payload for picture in task.pictures())
    parts = strips["pixels"].reshape(diffusion.STRIPS, 12, diffusion.STOPS, 12 + diffusion.GAP)[..., :12] / 255
    noise = task._pictures(task.shown_noise[: diffusion.STRIPS, 0]).numpy()
    assert parts[:, :, 0] == pytest.approx(noise, abs=3e-3)
    drawn = samples["pixels"].reshape(4, 12, 10, 12).swapaxes(1, 2)[0, : diffusion.STRIPS] / 255
    assert (parts[:, :, -1] == drawn).all()
    stops = [int(t) for t in strips["title"].removeprefix("t = ").split(", ")]
    assert stops[0] == 1000 and stops[-1] == 0 and stops == pytest.approx([1000, 667, 333, 0], abs=100)
    net, alone = (curve["y"] for curve in errors["curves"])
    assert net[-1] == pytest.approx(alone[-1], rel=0.1)  # of noise alone nobody can tell more
    assert sum(net) < 0.5 * sum(alone)


@torch.no_grad()
def test_samples_are_pictures_and_as_many_as_asked(made, monkeypatch):
    monkeypatch.setattr(diffusion, "AT_ONCE", 4)
    drawn = made(jumps=3).sample(9)
    assert drawn.shape == (9, 1, 12, 12) and drawn.min() >= 0 and drawn.max() <= 1
