"""The task of diffusion: each prediction type tells the same picture, what is drawn comes from the averaged net, and
guidance goes beyond the prediction for a class."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.layers.diffusion import q_sample, reverse_process, velocity
from dltui.engine.tasks import diffuse
from dltui.engine.tasks.diffuse import build
from tests.engine.conftest import blobs, context

TYPES = ["velocity", "noise", "picture"]


class Net(nn.Module):
    """One weight, so that a step can be followed."""

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
def made(data):
    def make(**options):
        torch.manual_seed(0)
        return build(**options)(context(data, {"model": Net()}))

    return make


def test_scaled_pictures_have_mean_0_and_variance_1_and_come_back(made):
    task = made()
    pictures = task.rows.train.inputs
    x = task.scaled(pictures)
    assert x.mean().abs() < 1e-5 and x.var().item() == pytest.approx(1, abs=1e-3)
    assert torch.allclose(task.unscaled(x), pictures, atol=1e-5)


@pytest.mark.parametrize("prediction_type", TYPES)
def test_the_right_prediction_costs_nothing_and_tells_the_picture(made, prediction_type):
    """Guards the signs: what is learned and how it is used are written down apart."""
    task = made(prediction_type=prediction_type)
    x_0 = task.scaled(task.rows.train.inputs[:20])
    eps = torch.randn_like(x_0)
    t = 400
    a = task.abar[t]
    truth = {"velocity": velocity(x_0, eps, a), "noise": eps, "picture": x_0}[prediction_type]
    task.mean_net = lambda x, t: truth
    assert not task.squared_errors(task.mean_net, x_0, eps, torch.full((20,), t)).any()
    assert torch.allclose(task.predicted_picture(q_sample(x_0, eps, a), t), x_0, atol=1e-4)
    task.mean_net = lambda x, t: -truth
    assert (task.predicted_picture(q_sample(x_0, eps, a), t) - x_0).abs().mean() > 0.3


@pytest.mark.parametrize("prediction_type", TYPES)
def test_a_prediction_of_0_has_loss_1(made, prediction_type):
    task = made(prediction_type=prediction_type)
    assert task.loss(torch.arange(150)).item() == pytest.approx(1, abs=0.05)
    assert task.evaluate()["test_loss"] == pytest.approx(1, abs=0.05)


def test_a_batch_meets_times_from_end_to_end(made, monkeypatch):
    task, met = made(timesteps=50), []
    monkeypatch.setattr(task, "squared_errors", lambda net, x_0, eps, t, labels: met.append(t) or torch.zeros(1))
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
    assert torch.allclose(task.predicted_picture(x_t, 600), want)


def test_the_running_mean_never_stands_still(made):
    """Guards against a mean that takes part in the first steps alone: of what rises by 1 a step it is 9 behind."""
    task = made(average=0.9)
    with torch.no_grad():
        for step in range(300):
            task.net.weight.fill_(step)
            task.after_step()
    assert task.mean_net.module.weight.item() == pytest.approx(299 - 9, abs=1e-2)


def knowing(task):
    """The net of one who knows the training pictures by heart: its guess is their mean, weighed by likelihood."""

    def net(x, t):
        a = task.abar[t][:, None]
        known = task.scaled(task.rows.train.inputs).flatten(1)
        likely = (x.flatten(1) @ known.T * a.sqrt() - a / 2 * known.square().sum(1)) / (1 - a)  # log p(x | x_0) + const
        return (torch.softmax(likely, 1) @ known).view_as(x)

    net.n_averaged = 1  # it has learned
    return net


@torch.no_grad()
def test_who_knows_the_pictures_by_heart_draws_copies_and_a_net_that_learned_nothing_draws_none(made):
    """Before the first step nothing is to be drawn: has_learned says so to the probe of the FID."""
    task = made(prediction_type="picture", sampling_steps=20)
    assert not task.has_learned
    known, other = task.rows.train.inputs.flatten(1), made()
    task.mean_net = knowing(task)
    other.after_step()  # of a weight that predicts 0
    near, far = (torch.cdist(one.sample(40).flatten(1), known).amin(1).median() for one in (task, other))
    assert near < 0.1 * far and other.has_learned


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["dpm_solver", "ddim"])
def test_the_sampler_is_the_one_asked_for(made, sampler):
    task = made(sampler=sampler, sampling_steps=6, prediction_type="picture")
    task.mean_net = knowing(task)
    order = {"dpm_solver": 2, "ddim": 1}[sampler]
    *_, (_, want) = reverse_process(task.predicted_picture, task.shown_noise, task.abar, 6, order)
    *_, (_, got) = task.trajectory(task.shown_noise)
    assert torch.equal(got, want)


@torch.no_grad()
def test_a_strip_leads_from_its_noise_to_its_sample(made):
    task = made(prediction_type="picture", sampling_steps=10)
    task.mean_net = knowing(task)
    strips, samples, errors = (picture.payload for picture in task.pictures())
    parts = strips["pixels"].reshape(diffuse.STRIPS, 12, diffuse.STOPS, 12 + diffuse.GAP)[..., :12] / 255
    noise = task.unscaled(task.shown_noise[: diffuse.STRIPS, 0]).numpy()
    assert parts[:, :, 0] == pytest.approx(noise, abs=3e-3)
    drawn = samples["pixels"].reshape(4, 12, 10, 12).swapaxes(1, 2)[0, : diffuse.STRIPS] / 255
    assert (parts[:, :, -1] == drawn).all()
    stops = [int(t) for t in strips["title"].removeprefix("t = ").split(", ")]
    assert stops[0] == 1000 and stops[-1] == 0 and stops == pytest.approx([1000, 667, 333, 0], abs=100)
    net, alone = (curve["y"] for curve in errors["curves"])
    assert net[-1] == pytest.approx(alone[-1], rel=0.1)  # of noise alone nobody can tell more
    assert sum(net) < 0.5 * sum(alone)


@torch.no_grad()
def test_samples_are_pictures_and_as_many_as_asked(made, monkeypatch):
    monkeypatch.setattr(diffuse, "AT_ONCE", 4)
    drawn = made(sampling_steps=3).sample(9)
    assert drawn.shape == (9, 1, 12, 12) and drawn.min() >= 0 and drawn.max() <= 1


@torch.no_grad()
def test_the_way_ends_at_the_sample(made):
    task = made(prediction_type="picture", sampling_steps=5)
    task.mean_net = knowing(task)
    ends = []
    for draw in (task.sample, lambda count: list(task.way(count))[-1]):
        torch.manual_seed(3)
        ends.append(draw(4))
    assert torch.equal(*ends)


# -- classes, and points -----------------------------------------------------------------------------------------------


class ClassNet(nn.Module):
    """Predicts 1 for class 0, 3 for class 1, 10 where no class is told."""

    conditional = True

    def __init__(self):
        super().__init__()
        self.register_buffer("values", torch.tensor([1.0, 3.0, 10.0]))

    def forward(self, x, t, labels):
        return self.values[labels][:, None, None, None].expand_as(x)


def test_guidance_is_the_papers_and_classes_come_one_by_one(data):
    """Ho and Salimans 2022, eq. 6: (1 + w) of the class less w of none."""
    x_t, labels = torch.randn(2, 1, 12, 12), torch.tensor([0, 1])
    for w in (0.0, 4.0):
        task = build(guidance=w)(context(data, {"model": ClassNet()}))
        found = task.predicted(x_t, 500, labels)[:, 0, 0, 0]
        assert torch.allclose(found, (1 + w) * torch.tensor([1.0, 3.0]) - w * 10)
    asked = build(sampling_steps=2)(context(data, {"model": ClassNet()}))
    turns, told = (draw(torch.Generator().manual_seed(0)) for draw in (
        lambda g: asked.sample(4, g), lambda g: asked.sample_classes(torch.tensor([0, 1, 0, 1]), g)
    ))  # fmt: skip
    assert torch.equal(turns, told)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_labels_is_not_told(data, share):
    torch.manual_seed(0)
    task = build(drop_labels=share)(context(data, {"model": ClassNet()}))
    rows = torch.randint(0, 150, (3000,))
    told = task._labels_told(rows)
    assert (told == 2).float().mean().item() == pytest.approx(share, abs=0.03)
    assert ((told == 2) | (told == task.rows.train.targets[rows])).all()


@torch.no_grad()
def test_points_are_drawn_as_they_lie():
    """Guards against the bounds of pixels: blobs lie beyond 1."""
    data = Dataset(blobs(200, 0), blobs(50, 1), ("low", "high"), "builtin", "", {"inputs": 2, "classes": 2})
    torch.manual_seed(0)
    task = build(prediction_type="picture")(context(data, {"model": Net()}))
    task.mean_net = knowing(task)
    drawn = task.sample(100)
    assert torch.cdist(drawn, task.rows.train.inputs).amin(1).median() < 0.1 and drawn.max() > 1.5
    [shown] = task.pictures()
    assert shown.payload["type"] == "scatter" and len(shown.payload["paths"]) == 4
