"""Denoising diffusion: a net learns to see the picture in noise, and so leads noise to pictures.

Ho et al. 2020, arXiv:2006.11239. alpha_bar_t, here abar[t], is how much of the picture's variance is left at time
t = 0 ... T: abar[0] = 1, abar[T] is nearly 0. Pictures x_0 are scaled to mean 0 and variance 1, so that x_t has both.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dltui.engine.contracts.batch_share import places
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.moving_average import moving_average
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

ANSWERS = ("sample",)
METRICS = {
    "loss": Metric(
        "mean squared error of the net's prediction on a training batch; that of 0 is 1",
        better="lower",
        progress=True,
        rows="train",
    ),
    "test_loss": Metric(
        "mean squared error of the averaged net's prediction on test pictures", better="lower", axis="loss", rows="test"
    ),
}
ORDERS = {"dpm_solver": 2, "ddim": 1}
LARGEST_BETA = 0.999  # without this bound the cosine's last step would divide by 0
FIRST, LAST = -5.0, 3.0  # lambda: e^5 times as much noise as picture, and e^3 times as much picture as noise
AT_ONCE = 250  # pictures that go through the net together
SHOWN, STRIPS = 40, 4  # samples; those whose way is shown
STOPS, GAP = 4, 2  # times at which a strip is seen; dark columns of pixels between
WATCHED, MOMENTS = 60, 10  # test pictures and times for the error against time


def build(
    *,
    schedule: Literal["cosine", "linear"] = "cosine",
    timesteps: int = 1000,
    prediction_type: Literal["velocity", "noise", "picture"] = "velocity",
    sampler: Literal["dpm_solver", "ddim"] = "dpm_solver",
    sampling_steps: int = 20,
    eta: float = 0.0,
    average: float = 0.99,
) -> Callable[[Context], "Diffuse"]:
    """Noise is added to pictures, and a net predicts it.

    schedule: how the noise grows: cosine, evenly (Nichol and Dhariwal 2021); linear, early (Ho et al. 2020).
    timesteps: steps T from a picture to noise, at least 2.
    prediction_type: what the net predicts: velocity, a mixture of both (Salimans and Ho 2022); noise, as in the paper;
        picture. Each of them tells the others.
    sampler: how a step of the reverse process is taken: dpm_solver, with an eye on how the prediction changes (Lu et
        al. 2022); ddim, as if it would not change (Song et al. 2021).
    sampling_steps: steps of the reverse process, at least 1, at most `timesteps`.
    eta: noise that is drawn anew in the reverse process, at least 0, at most 1: 0 none, 1 as in the paper.
    average: share of the old weights kept at each step in the averaged net that draws what is seen and measured, at
        least 0, below 1.
    """
    return partial(
        Diffuse,
        abar=SCHEDULES[schedule](timesteps),
        prediction_type=prediction_type,
        reverse=partial(reverse_process, steps=min(sampling_steps, timesteps), order=ORDERS[sampler], eta=eta),
        average=average,
    )


class Diffuse:
    """A net: x_t (B, C, H, W), t (B,) -> its prediction, of the shape of x_t."""

    def __init__(self, context: Context, abar: Tensor, prediction_type: str, reverse: Callable, average: float):
        self.net, self.rows, self.device = context.nets["model"], context.rows.pictures(), context.device
        self.mean_net = context.nets["average"] = moving_average(self.net, average)
        self.abar, self.T = abar.to(self.device), len(abar) - 1
        self.prediction_type, self.reverse = prediction_type, reverse
        train = self.rows.train.inputs
        self.mean, self.deviation = train.mean(), train.std().clamp(min=1e-6)
        self.black, self.white = (self.scaled(torch.tensor(light, device=self.device)) for light in (0.0, 1.0))
        shape = train.shape[1:]
        self.shown_noise = torch.randn(SHOWN, *shape).to(self.device)
        self.watched = self.scaled(self.rows.test.inputs[:WATCHED])
        self.watched_noise = torch.randn(WATCHED, *shape).to(self.device)[: len(self.watched)]

    def scaled(self, pictures: Tensor) -> Tensor:
        """Pictures in 0..1 -> x of mean 0 and variance 1."""
        return (pictures - self.mean) / self.deviation

    def unscaled(self, x: Tensor) -> Tensor:
        """x -> pictures in 0..1."""
        return (x * self.deviation + self.mean).clamp(0, 1)

    # -- training --------------------------------------------------------------------------------------------------

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> |v - v_net(x_t, t)|^2 a pixel, or of what else is predicted, a time for each picture.

        The times of a batch are spread evenly, and shifted together at random: the loss jumps less (Kingma et al.
        2021, arXiv:2107.00630, appendix I.1).
        """
        x_0, (place, count) = self.scaled(self.rows.train.batch(rows)), places(len(rows), self.device)
        shares = (place / count + torch.rand((), device=self.device)) % 1
        t = 1 + (shares * self.T).long().clamp(max=self.T - 1)  # 1 .. T
        return self.squared_errors(self.net, x_0, torch.randn_like(x_0), t).mean()

    def squared_errors(self, net: nn.Module, x_0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """x_0, eps (B, C, H, W), times t (B,) -> squared errors of the net's prediction, of the shape of x_0."""
        abar_t = self.abar[t][:, None, None, None]
        predicted = net(q_sample(x_0, eps, abar_t), t)
        target = {"velocity": velocity(x_0, eps, abar_t), "noise": eps, "picture": x_0}[self.prediction_type]
        return (predicted - target).square()

    def after_step(self) -> None:
        self.mean_net.update_parameters(self.net)

    def evaluate(self) -> dict[str, float]:
        """The loss on WATCHED test pictures, at the middles of MOMENTS equal parts of 1 ... T."""
        moments = [1 + (2 * part + 1) * (self.T - 1) // (2 * MOMENTS) for part in range(MOMENTS)]
        at = [torch.full((len(self.watched),), t, device=self.device) for t in moments]
        losses = [self.squared_errors(self.mean_net, self.watched, self.watched_noise, t).mean() for t in at]
        return {"test_loss": torch.stack(losses).mean().item()}

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def has_learned(self) -> bool:
        """Whether a step was taken: a net that predicts 0 draws nothing, and many samples take long."""
        return bool(self.mean_net.n_averaged)

    def predicted_picture(self, x_t: Tensor, t: int) -> Tensor:
        """x_t (B, C, H, W) -> the picture x_0 that the averaged net takes it for, between black and white."""
        abar_t = self.abar[t]
        predicted = self.mean_net(x_t, torch.full((len(x_t),), t, device=self.device))
        x_0 = {
            "velocity": lambda: abar_t.sqrt() * x_t - (1 - abar_t).sqrt() * predicted,
            "noise": lambda: (x_t - (1 - abar_t).sqrt() * predicted) / abar_t.sqrt(),
            "picture": lambda: predicted,
        }[self.prediction_type]()
        return x_0.clamp(self.black, self.white)

    def trajectory(self, noise: Tensor) -> Iterator[tuple[int, Tensor]]:
        """noise x_T (B, C, H, W) -> (t, x_t) from t = T to t = 0."""
        return self.reverse(self.predicted_picture, noise, self.abar)

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1."""
        noise = torch.randn(count, *self.shown_noise.shape[1:], device=self.device, generator=generator)
        parts = []
        for part in noise.split(AT_ONCE):
            *_, (_, x_0) = self.trajectory(part)
            parts.append(x_0)
        return self.unscaled(torch.cat(parts))

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        way = list(self.trajectory(self.shown_noise))
        yield Picture("out of noise", self._strips(way))
        yield Picture("samples", montage(self.unscaled(way[-1][1]), columns=10))
        yield Picture("the guess against time", self._error_by_time())

    def _strips(self, way: list[tuple[int, Tensor]]) -> dict:
        """A row each: one noise at STOPS times, about evenly apart, the last of which is the sample.

        A strip is one picture: a montage of its parts would lose the last, the digit, in a narrow pane.
        """
        wanted = torch.linspace(self.T, 0, STOPS).tolist()
        stops = [min(way, key=lambda stop, t=t: abs(stop[0] - t)) for t in wanted]
        parts = [pad(self.unscaled(x[:STRIPS]), (0, GAP)) for _, x in stops]
        return montage(torch.cat(parts, 3), columns=1, title="t = " + ", ".join(str(t) for t, _ in stops))

    @cached_property
    def pixel_variance(self) -> Tensor:
        """The variance of each pixel (C, H, W) of the scaled training pictures."""
        return self.rows.train.inputs.var(0) / self.deviation.square()

    def _error_by_time(self) -> Lines:
        """The error of the predicted picture, and that of the best linear prediction that looks at one pixel.

        The latter knows each pixel's mean and variance V: where x_t holds 1 - a of noise, V (1 - a) / (a V + 1 - a)
        of the variance is left.
        """
        x_0, V = self.watched, self.pixel_variance
        moments = torch.linspace(1, self.T, MOMENTS).long().tolist()
        net, alone = [], []
        for t in moments:
            a = self.abar[t]
            predicted = self.predicted_picture(q_sample(x_0, self.watched_noise, a), t)
            net.append((predicted - x_0).square().mean().item())
            alone.append((V * (1 - a) / (a * V + 1 - a)).mean().item())
        curves = [Curve(name="the net", x=moments, y=net), Curve(name="one pixel", x=moments, y=alone)]
        titles = {"x_title": "time t: 0 picture, the last noise", "y_title": "error of the guessed picture"}
        return Lines(curves=curves, **titles)


# -- the forward process -----------------------------------------------------------------------------------------------


def cosine(T: int) -> Tensor:
    """Returns abar (T + 1,) that falls like a squared cosine (Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17)."""
    s = 0.008
    f = torch.cos((torch.linspace(0, 1, T + 1, dtype=torch.float64) + s) / (1 + s) * math.pi / 2).square()
    return _from_betas((1 - f[1:] / f[:-1]).clamp(max=LARGEST_BETA))


def linear(T: int) -> Tensor:
    """Returns abar (T + 1,) of betas that grow evenly, for T = 1000 from 1e-4 to 0.02 (Ho et al. 2020, section 4)."""
    return _from_betas((torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * 1000 / T).clamp(max=LARGEST_BETA))


def _from_betas(betas: Tensor) -> Tensor:
    return torch.cat([torch.ones(1), (1 - betas).cumprod(0)]).float()


SCHEDULES = {"cosine": cosine, "linear": linear}


def q_sample(x_0: Tensor, eps: Tensor, abar_t: Tensor) -> Tensor:
    """x_0, eps (B, ...) -> x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps (Ho et al. 2020, eq. 4), t steps at once."""
    return abar_t.sqrt() * x_0 + (1 - abar_t).sqrt() * eps


def velocity(x_0: Tensor, eps: Tensor, abar_t: Tensor) -> Tensor:
    """x_0, eps (B, ...) -> v = sqrt(abar_t) eps - sqrt(1 - abar_t) x_0 (Salimans and Ho 2022, arXiv:2202.00512).

    It has variance 1 at every t, and a pixel of x_t tells nothing of the same pixel of v: to know v is to know digits.
    """
    return abar_t.sqrt() * eps - (1 - abar_t).sqrt() * x_0


# -- the reverse process -----------------------------------------------------------------------------------------------


def log_ratio(abar: Tensor) -> Tensor:
    """Returns lambda = log(sqrt(abar) / sqrt(1 - abar)), like abar: how much more picture there is than noise."""
    return (abar.log() - (1 - abar).log()) / 2


def sampling_times(abar: Tensor, steps: int) -> list[int]:
    """Returns times from T to 0, `steps` steps apart or, where some would fall together, fewer.

    Between the two ends they lie evenly in lambda, from FIRST to LAST (Lu et al. 2022, arXiv:2206.00927, section 3.4):
    there the prediction changes, and before and after hardly any more.
    """
    wanted = torch.linspace(FIRST, LAST, steps, device=abar.device)[1:, None]
    nearest = 1 + (log_ratio(abar[1:]) - wanted).abs().argmin(1)
    return list(dict.fromkeys([len(abar) - 1, *nearest.tolist(), 0]))


def step_back(x_t: Tensor, x_0: Tensor, abar_t: Tensor, abar_s: Tensor, eta: float) -> Tensor:
    """Returns x_s, s < t, where x_0 is the picture that x_t is taken for (Song et al. 2021, arXiv:2010.02502, eq. 12).

    eta: 0 keeps the noise that x_t holds (DDIM); 1 draws as much of it anew as Ho et al. do.
    """
    eps = (x_t - abar_t.sqrt() * x_0) / (1 - abar_t).sqrt()
    sigma = eta * ((1 - abar_s) / (1 - abar_t) * (1 - abar_t / abar_s)).sqrt()
    x_s = abar_s.sqrt() * x_0 + (1 - abar_s - sigma.square()).clamp(min=0).sqrt() * eps
    return x_s + sigma * torch.randn_like(x_t) if eta else x_s


def extrapolated(x_0: Tensor, before: Tensor, h: Tensor, h_before: Tensor) -> Tensor:
    """Returns D = (1 + 1 / 2r) x_0 - 1 / 2r before, r = h_before / h: the prediction halfway through a step of h.

    This is DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095, algorithm 2), h being measured in lambda. Its step is
    that of DDIM towards D; x_0 is the prediction at the step's start, `before` the one h_before earlier.
    """
    r = h_before / h
    return (1 + 1 / (2 * r)) * x_0 - 1 / (2 * r) * before


def reverse_process(
    predict: Callable[[Tensor, int], Tensor], x_T: Tensor, abar: Tensor, steps: int, order: int = 2, eta: float = 0.0
) -> Iterator[tuple[int, Tensor]]:
    """Leads noise x_T (B, ...) back, in `steps` steps at most. Yields (t, x_t) from t = T to t = 0.

    predict: (x_t, t) -> the picture x_0 that x_t is taken for, (B, ...).
    order: 1, each step believes the prediction at its start (DDIM); 2, it extrapolates (DPM-Solver++).
    """
    times, x = sampling_times(abar, steps), x_T
    at = log_ratio(abar)
    yield times[0], x
    before = h_before = None
    for t, s in itertools.pairwise(times):
        x_0, h = predict(x, t), at[s] - at[t]
        towards = x_0
        if order == 2 and before is not None and s > 0:  # at t = 0 lambda is infinite
            towards = extrapolated(x_0, before, h, h_before)
        x = step_back(x, towards, abar[t], abar[s], eta)
        before, h_before = x_0, h
        yield s, x
