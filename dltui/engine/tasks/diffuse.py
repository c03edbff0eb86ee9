"""Denoising diffusion: a net learns to see the picture, or the point of a plane, in noise, and so leads noise to it.

Ho et al. 2020, arXiv:2006.11239; classes with classifier-free guidance, Ho and Salimans 2022, arXiv:2207.12598. Rows
x_0 are scaled to mean 0 and variance 1, so that x_t has both: see layers/diffusion.py.
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dltui.engine.contracts.batch_share import places
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.diffusion import SCHEDULES, q_sample, reverse_process, velocity
from dltui.engine.layers.moving_average import moving_average
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.point_paths import point_paths
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
AT_ONCE = 250  # pictures that go through the net together
COLUMNS = 10  # of samples, where there are no classes
SHOWN, STRIPS, POINTS = 40, 4, 300  # samples; those whose way is shown; samples of points
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
    guidance: float = 0.0,
    drop_labels: float = 0.1,
    samples_first: bool = True,
) -> Callable[[Context], "Diffuse"]:
    """Noise is added to pictures, or to points of a plane, and a net predicts it.

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
    guidance: w of a net that is told classes, at least 0: it draws by (1 + w) times its prediction for the class, less
        w times that without a class; 0 takes the first alone.
    drop_labels: share of the labels that such a net is not told in training, at least 0, at most 1.
    samples_first: whether samples are shown before what the probes show; a probe such as guidance shows them else.
    """
    return partial(
        Diffuse,
        abar=SCHEDULES[schedule](timesteps),
        prediction_type=prediction_type,
        reverse=partial(reverse_process, steps=min(sampling_steps, timesteps), order=ORDERS[sampler], eta=eta),
        average=average,
        guidance=guidance,
        drop_labels=drop_labels,
        samples_first=samples_first,
    )


class Diffuse:
    """A net: x_t (B, ...), t (B,) -> its prediction, of the shape of x_t; one that is `conditional` is given classes
    (B,) too, the number of classes standing for none."""

    def __init__(
        self,
        context: Context,
        abar: Tensor,
        prediction_type: str,
        reverse: Callable,
        average: float,
        guidance: float,
        drop_labels: float,
        samples_first: bool,
    ):
        self.net, self.rows, self.device = context.nets["model"], context.rows, context.device
        self.of_plane = self.rows.train.stored.shape[1:] == (2,)
        if not self.of_plane:
            self.rows.pictures()
        self.conditional = getattr(self.net, "conditional", False)
        if self.conditional:
            self.rows.labelled()
        self.guidance, self.drop_labels, self.no_class = guidance, drop_labels, len(self.rows.classes)
        self.mean_net = context.nets["average"] = moving_average(self.net, average)
        self.abar, self.T = abar.to(self.device), len(abar) - 1
        self.prediction_type, self.reverse, self.samples_first = prediction_type, reverse, samples_first
        train = self.rows.train.inputs
        self.mean, self.deviation = train.mean(), train.std().clamp(min=1e-6)
        self.black, self.white = (self.scaled(torch.tensor(light, device=self.device)) for light in (0.0, 1.0))
        shape = train.shape[1:]
        self.columns = self.no_class if self.conditional else COLUMNS
        self.shown_noise = self._noise_shown(shape).to(self.device)
        self.watched = self.scaled(self.rows.test.inputs[:WATCHED])
        self.watched_labels = self.rows.test.targets[:WATCHED] if self.conditional else None
        self.watched_noise = torch.randn(WATCHED, *shape).to(self.device)[: len(self.watched)]

    def _noise_shown(self, shape: tuple[int, ...]) -> Tensor:
        """Noise of what is shown; of classes the same down each row."""
        if self.conditional and not self.of_plane:
            return torch.randn(max(SHOWN // self.columns, 1), *shape).repeat_interleave(self.columns, 0)
        return torch.randn(POINTS if self.of_plane else SHOWN, *shape)

    def scaled(self, rows: Tensor) -> Tensor:
        """Pictures in 0..1, or points -> x of mean 0 and variance 1."""
        return (rows - self.mean) / self.deviation

    def unscaled(self, x: Tensor) -> Tensor:
        """x -> pictures in 0..1, or points."""
        rows = x * self.deviation + self.mean
        return rows if self.of_plane else rows.clamp(0, 1)

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
        labels = self._labels_told(rows) if self.conditional else None
        return self.squared_errors(self.net, x_0, torch.randn_like(x_0), t, labels).mean()

    def _labels_told(self, rows: Tensor) -> Tensor:
        """rows (B,) -> their classes (B,), of some of them none: so one net learns with a class and without."""
        untold = torch.rand(len(rows), device=self.device) < self.drop_labels
        return self.rows.train.targets[rows].where(~untold, self.no_class)

    def squared_errors(
        self, net: nn.Module, x_0: Tensor, eps: Tensor, t: Tensor, labels: Tensor | None = None
    ) -> Tensor:
        """x_0, eps (B, ...), times t (B,), classes (B,) -> squared errors of the prediction, of the shape of x_0."""
        abar_t = self.abar[t].view(-1, *[1] * (x_0.dim() - 1))
        x_t = q_sample(x_0, eps, abar_t)
        predicted = net(x_t, t) if labels is None else net(x_t, t, labels)
        target = {"velocity": velocity(x_0, eps, abar_t), "noise": eps, "picture": x_0}[self.prediction_type]
        return (predicted - target).square()

    def after_step(self) -> None:
        self.mean_net.update_parameters(self.net)

    def evaluate(self) -> dict[str, float]:
        """The loss on WATCHED test rows, at the middles of MOMENTS equal parts of 1 ... T."""
        moments = [1 + (2 * part + 1) * (self.T - 1) // (2 * MOMENTS) for part in range(MOMENTS)]
        at = [torch.full((len(self.watched),), t, device=self.device) for t in moments]
        given = self.mean_net, self.watched, self.watched_noise
        losses = [self.squared_errors(*given, t, self.watched_labels).mean() for t in at]
        return {"test_loss": torch.stack(losses).mean().item()}

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def has_learned(self) -> bool:
        """Whether a step was taken: a net that predicts 0 draws nothing, and many samples take long."""
        return bool(self.mean_net.n_averaged)

    def predicted(self, x_t: Tensor, t: int, labels: Tensor | None = None) -> Tensor:
        """x_t (B, ...), classes (B,) -> what the averaged net predicts; of classes with guidance."""
        at = torch.full((len(x_t),), t, device=self.device)
        if labels is None:
            return self.mean_net(x_t, at)
        of_class = self.mean_net(x_t, at, labels)
        if not self.guidance:
            return of_class
        of_any = self.mean_net(x_t, at, torch.full_like(labels, self.no_class))
        return (1 + self.guidance) * of_class - self.guidance * of_any

    def predicted_picture(self, x_t: Tensor, t: int, labels: Tensor | None = None) -> Tensor:
        """x_t (B, ...) -> the x_0 that the averaged net takes it for, pictures between black and white."""
        abar_t, predicted = self.abar[t], self.predicted(x_t, t, labels)
        x_0 = {
            "velocity": lambda: abar_t.sqrt() * x_t - (1 - abar_t).sqrt() * predicted,
            "noise": lambda: (x_t - (1 - abar_t).sqrt() * predicted) / abar_t.sqrt(),
            "picture": lambda: predicted,
        }[self.prediction_type]()
        return x_0 if self.of_plane else x_0.clamp(self.black, self.white)

    def trajectory(self, noise: Tensor, labels: Tensor | None = None) -> Iterator[tuple[int, Tensor]]:
        """noise x_T (B, ...) -> (t, x_t) from t = T to t = 0; of classes (B,), where they are told, one by one."""
        if self.conditional and labels is None:
            labels = torch.arange(len(noise), device=self.device) % self.no_class
        return self.reverse(partial(self.predicted_picture, labels=labels), noise, self.abar)

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1, or points (count, 2)."""
        return self._drawn(count, None, generator)

    def sample_classes(self, labels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """As `sample`, a row of each class asked for, (N,)."""
        return self._drawn(len(labels), labels, generator)

    def _drawn(self, count: int, labels: Tensor | None, generator: torch.Generator | None) -> Tensor:
        noise = torch.randn(count, *self.shown_noise.shape[1:], device=self.device, generator=generator)
        if self.conditional and labels is None:
            labels = torch.arange(count, device=self.device) % self.no_class
        drawn = []
        for first in range(0, count, AT_ONCE):
            some = slice(first, first + AT_ONCE)
            *_, (_, x_0) = self.trajectory(noise[some], labels[some] if self.conditional else None)
            drawn.append(x_0)
        return self.unscaled(torch.cat(drawn))

    def way(self, count: int, labels: Tensor | None = None) -> Iterator[Tensor]:
        """Yields `count` pictures (count, C, H, W) in 0..1, or points, as they come out of noise; classes (count,)."""
        noise = torch.randn(count, *self.shown_noise.shape[1:], device=self.device)
        for _, x in self.trajectory(noise, labels):
            yield self.unscaled(x)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        return self.of_samples() if self.samples_first else iter(())

    def of_samples(self) -> Iterator[Picture]:
        """The noise behind what is shown stays the same: one sees each sample change."""
        way = list(self.trajectory(self.shown_noise))
        if self.of_plane:
            ways = torch.stack([self.unscaled(x) for _, x in way])
            yield Picture("out of noise", point_paths(ways, self.rows.train.inputs))
            return
        yield Picture("out of noise", self._strips(way))
        yield Picture("samples", montage(self.unscaled(way[-1][1]), columns=self.columns))
        if not self.conditional:
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
