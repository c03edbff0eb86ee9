"""Diffusion: noise by the formula, a reverse process that is exact where the best prediction is known, and the task:
each prediction type tells the same picture, and what is drawn comes from the averaged net."""

import math

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.tasks import diffuse
from dltui.engine.tasks.diffuse import (
    build,
    extrapolated,
    log_ratio,
    q_sample,
    reverse_process,
    sampling_times,
    step_back,
    velocity,
)
from tests.engine.conftest import context

TYPES = ["velocity", "noise", "picture"]
T = 1000
MU, VARIANCE = 0.6, 0.25  # of a Gaussian whose best guess is known


@pytest.fixture(params=["cosine", "linear"])
def abar(request):
    return getattr(diffuse, request.param)(T)


def best_guess(abar, sign=1):
    """(x_t, t) -> E[x_0 | x_t] where x_0 is drawn from N(MU, VARIANCE)."""

    def guess(x, t):
        a = abar[t]
        return MU + sign * VARIANCE * a.sqrt() / (a * VARIANCE + 1 - a) * (x - a.sqrt() * MU)

    return guess


def test_a_schedule_leads_from_the_picture_to_noise(abar):
    assert abar.shape == (T + 1,) and abar[0] == 1 and 0 < abar[-1] < 1e-4
    assert (abar.diff() < 0).all()


def test_linear_betas_are_those_of_the_paper():
    abar = diffuse.linear(T)
    betas = 1 - abar[1:].double() / abar[:-1]
    assert betas[0].item() == pytest.approx(1e-4, rel=1e-2) and betas[-1].item() == pytest.approx(0.02, rel=1e-4)
    assert betas[499].item() == pytest.approx((1e-4 + 0.02) / 2, rel=1e-2)


def test_the_cosine_is_half_gone_in_the_middle_and_the_linear_long_before():
    assert diffuse.cosine(T)[T // 2].item() == pytest.approx(0.5, abs=0.02)
    assert diffuse.linear(T)[T // 2] < 0.1


def test_many_small_steps_of_noise_equal_one_large(abar):
    """x_s = sqrt(1 - beta_s) x_(s-1) + sqrt(beta_s) noise: mean and variance after t of them are q_sample's."""
    mean, variance = 1.0, 0.0
    for t in range(1, 301):
        beta = 1 - (abar[t] / abar[t - 1]).double().item()
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    one, none = torch.ones(()), torch.zeros(())
    assert q_sample(one, none, abar[300]).item() == pytest.approx(mean, rel=1e-3)
    assert q_sample(none, one, abar[300]).item() ** 2 == pytest.approx(variance, rel=1e-3)


def test_variance_stays_and_the_velocity_tells_picture_and_noise(abar):
    torch.manual_seed(0)
    x_0, eps = torch.randn(2, 100_000)
    for a in abar[[1, 200, 500, 900]]:
        x_t, v = q_sample(x_0, eps, a), velocity(x_0, eps, a)
        assert x_t.var().item() == pytest.approx(1, abs=0.02) and v.var().item() == pytest.approx(1, abs=0.02)
        assert (x_t * v).mean().abs() < 0.02  # a number by itself tells nothing of its velocity
        assert torch.allclose(a.sqrt() * x_t - (1 - a).sqrt() * v, x_0, atol=1e-5)
        assert torch.allclose((1 - a).sqrt() * x_t + a.sqrt() * v, eps, atol=1e-5)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_best_guess_of_a_gaussian_leads_noise_back_to_it(abar, eta):
    torch.manual_seed(0)
    *_, (t, x_0) = reverse_process(best_guess(abar), torch.randn(20_000), abar, 200, eta=eta)
    assert t == 0
    assert x_0.mean().item() == pytest.approx(MU, abs=0.02)
    assert x_0.var().item() == pytest.approx(VARIANCE, rel=0.08)


def test_a_flipped_sign_does_not(abar):
    torch.manual_seed(0)
    *_, (_, x_0) = reverse_process(best_guess(abar, sign=-1), torch.randn(20_000), abar, 200)
    assert abs(x_0.var().item() - VARIANCE) > 0.5 * VARIANCE


def test_one_step_with_eta_1_is_the_papers(abar):
    """Ho et al. 2020, eq. 7: the mean and variance of q(x_(t-1) | x_t, x_0)."""
    for t in (2, 300, 999):
        a, b = abar[t].double(), abar[t - 1].double()
        beta = 1 - a / b
        x_0, x_t = torch.tensor(0.7).double(), torch.tensor(-0.4).double()
        mean = b.sqrt() * beta / (1 - a) * x_0 + (1 - beta).sqrt() * (1 - b) / (1 - a) * x_t
        torch.manual_seed(t)
        got = step_back(x_t.expand(50_000), x_0, a, b, 1.0)
        deviation = ((1 - b) / (1 - a) * beta).sqrt().item()
        assert got.mean().item() == pytest.approx(mean.item(), abs=0.02 * deviation)
        assert got.std().item() == pytest.approx(deviation, rel=0.02)


def test_without_fresh_noise_the_way_is_the_same_each_time(abar):
    noise = torch.linspace(-2, 2, 5)
    ways = [torch.stack([x for _, x in reverse_process(best_guess(abar), noise, abar, 10)]) for _ in range(2)]
    assert torch.equal(*ways)
    assert (ways[0][-1].diff() > 0).all()  # and neighbours stay neighbours


def exact(abar, x_T):
    """Where the way without fresh noise leads if no jump is too long: each x keeps its place in its Gaussian."""
    a = abar[-1]
    return MU + math.sqrt(VARIANCE) * (x_T - a.sqrt() * MU) / (a * VARIANCE + 1 - a).sqrt()


def test_the_second_order_needs_fewer_steps(abar):
    """Twice the steps halve the error of DDIM and quarter that of DPM-Solver++."""
    noise = torch.linspace(-2, 2, 9)

    def error(order, steps):
        *_, (_, x_0) = reverse_process(best_guess(abar), noise, abar, steps, order)
        return (x_0 - exact(abar, noise)).abs().max().item()

    assert error(2, 12) < 0.25 * error(1, 12)
    assert error(2, 12) < error(1, 36)
    assert error(1, 24) > 0.4 * error(1, 12) and error(2, 24) < 0.4 * error(2, 12)


def test_the_extrapolated_prediction_is_the_one_halfway_where_it_changes_evenly():
    def at(lam):
        return 0.3 + 0.7 * lam

    h_before, h = torch.tensor(0.4), torch.tensor(1.0)
    got = extrapolated(at(torch.tensor(2.0)), at(2.0 - h_before), h, h_before)
    assert got.item() == pytest.approx(at(2.5))


def test_a_jump_is_the_papers(abar):
    """Lu et al. 2022, algorithm 2: x_s = sigma_s / sigma_t x_t - alpha_s (exp(-h) - 1) D."""
    x_t, D = torch.randn(2, 50).double()
    a, b = abar[[700, 400]].double()
    h = log_ratio(b) - log_ratio(a)
    want = ((1 - b) / (1 - a)).sqrt() * x_t - b.sqrt() * torch.expm1(-h) * D
    assert torch.allclose(step_back(x_t, D, a, b, 0.0), want)


def test_steps_are_even_in_lambda_between_the_ends(abar):
    times = sampling_times(abar, 12)
    assert len(times) == 13 and times[0] == T and times[-1] == 0
    assert times == sorted(times, reverse=True)
    steps = log_ratio(abar)[times[1:-1]].diff()
    assert steps.tolist() == pytest.approx([(diffuse.LAST - diffuse.FIRST) / 11] * 10, rel=0.2)


def test_steps_that_fall_together_are_one():
    abar = diffuse.cosine(4)
    assert sampling_times(abar, 100) == [4, 3, 2, 1, 0]
    assert sampling_times(abar, 1) == [4, 0]


def test_the_way_ends_at_the_guess():
    way = list(reverse_process(lambda x, t: torch.full_like(x, 3.0), torch.randn(4), diffuse.cosine(10), 5, eta=1.0))
    assert way[0][0] == 10 and way[-1][0] == 0
    assert torch.allclose(way[-1][1], torch.full((4,), 3.0))


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
    monkeypatch.setattr(task, "squared_errors", lambda net, x_0, eps, t: met.append(t) or torch.zeros(1))
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
