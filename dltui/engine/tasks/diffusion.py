"""Diffusion: a net learns to see the picture in noise, and so leads noise to pictures (Ho et al. 2020)."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dltui.engine.algorithms import diffusion
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric(
        "mean square of what the answer lacks, on a training batch; an answer of 0 has 1", better="lower", progress=True
    ),
    "test_loss": Metric("the same on test pictures, by the averaged net", better="lower"),
    "fid": Metric(
        "Frechet distance between features of samples and of test pictures, by a small classifier trained here",
        better="lower",
    ),
    "nearest_ratio": Metric(
        "distance of a sample to the nearest training picture over that of a test picture, medians; near 0: copied"
    ),
}
SCHEDULES = {"cosine": diffusion.cosine, "linear": diffusion.linear}
SAMPLES = 2000  # for the judgement, as many as the GAN's
COMPARED = 500  # samples, and test pictures, whose nearest training picture is looked for
AT_ONCE = 250  # pictures that go through the net together
SHOWN, STRIPS = 40, 4  # samples; those whose way is shown
STOPS, GAP = 4, 2  # times at which a strip is seen; dark columns of pixels between
WATCHED, MOMENTS = 60, 10  # test pictures and times for the error against time


def build(
    *,
    schedule: Literal["cosine", "linear"] = "cosine",
    times: int = 1000,
    answer: Literal["velocity", "noise", "picture"] = "velocity",
    sampler: Literal["dpm_solver", "ddim"] = "dpm_solver",
    jumps: int = 20,
    eta: float = 0.0,
    average: float = 0.99,
) -> Callable:
    """Returns (data, nets, device) -> Diffusion.

    schedule: how the noise grows: cosine, evenly (Nichol and Dhariwal 2021); linear, early (Ho et al. 2020).
    times: steps T from a picture to noise, at least 2.
    answer: what the net is asked for: velocity, a mixture of both (Salimans and Ho 2022); noise, as in the paper;
        picture. Each of them tells the others.
    sampler: how a jump of the way back is taken: dpm_solver, with an eye on how the guess changes (Lu et al. 2022);
        ddim, as if it would not change (Song et al. 2021).
    jumps: steps in which noise is led back, at least 1, at most `times`.
    eta: noise that is drawn anew on the way back, at least 0, at most 1: 0 none, 1 as in the paper.
    average: share of the old weights kept each step in the averaged net that draws what is seen and judged, at
        least 0, below 1.
    """
    order = {"dpm_solver": 2, "ddim": 1}[sampler]
    return partial(
        Diffusion, schedule=schedule, times=times, answer=answer, order=order, jumps=jumps, eta=eta, average=average
    )


class Diffusion:
    """A net: x_t (B, C, H, W), t (B,) -> its answer, like x_t. Inside, pictures have mean 0 and variance 1."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        schedule: str,
        times: int,
        answer: str,
        order: int,
        jumps: int,
        eta: float,
        average: float,
    ):
        self.net, self.device, self.data = nets["model"], device, data
        self.mean_net = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(average), use_buffers=True)
        nets["average"] = self.mean_net.requires_grad_(False)
        self.T, self.answer = times, answer
        self.order, self.jumps, self.eta = order, min(jumps, times), eta
        self.abar = SCHEDULES[schedule](times).to(device)
        train = as_floats(data.train.inputs).to(device)
        self.mean, self.deviation = train.mean(), train.std().clamp(min=1e-6)
        self.x, self.test_x = self._inside(train), self._inside(as_floats(data.test.inputs).to(device))
        self.black, self.white = (self._inside(torch.tensor(light, device=device)) for light in (0.0, 1.0))
        self.rows = len(self.x)
        self.shown_noise = torch.randn(SHOWN, *self.x.shape[1:]).to(device)
        self.watched_noise = torch.randn(WATCHED, *self.x.shape[1:]).to(device)

    def _inside(self, pictures: Tensor) -> Tensor:
        return (pictures - self.mean) / self.deviation

    def _pictures(self, x: Tensor) -> Tensor:
        return (x * self.deviation + self.mean).clamp(0, 1)

    @cached_property
    def extractor(self) -> FIDFeatureExtractor:
        """Made when it is first asked: training one takes seconds, and whoever only looks at the layers needs none."""
        return FIDFeatureExtractor(self.data, self.device)

    @cached_property
    def real(self) -> Gaussian:
        """The features of the test pictures."""
        return Gaussian.of(self.extractor.features(self._pictures(self.test_x)))

    @cached_property
    def test_distance(self) -> float:
        """How far a test picture lies from the nearest training picture, the median."""
        return self._nearest(self.test_x[:COMPARED])

    # -- learning --------------------------------------------------------------------------------------------------

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """|v - v_net(x_t, t)|^2 a pixel, or of what else is asked for, each picture at a time of its own.

        The times of a batch are spread evenly, and shifted together at random: the loss jumps less (Kingma et al.
        2021, arXiv:2107.00630, appendix I.1).
        """
        x_0, count = self.x[rows], len(rows)
        shares = (torch.arange(count, device=self.device) / count + torch.rand((), device=self.device)) % 1
        t = 1 + (shares * self.T).long().clamp(max=self.T - 1)  # 1 .. T
        return self._errors(self.net, x_0, torch.randn_like(x_0), t).mean()

    def _errors(self, net: nn.Module, x_0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """Squares of what the answer lacks at times t (B,), like x_0."""
        abar_t = self.abar[t][:, None, None, None]
        said = net(diffusion.dissolved(x_0, eps, abar_t), t)
        wanted = {"velocity": diffusion.velocity(x_0, eps, abar_t), "noise": eps, "picture": x_0}[self.answer]
        return (said - wanted).square()

    def after_step(self) -> None:
        self.mean_net.update_parameters(self.net)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def guess(self, x_t: Tensor, t: int) -> Tensor:
        """The picture x_0 that the averaged net takes x_t (B, C, H, W) for, between black and white."""
        abar_t = self.abar[t]
        said = self.mean_net(x_t, torch.full((len(x_t),), t, device=self.device))
        x_0 = {
            "velocity": lambda: abar_t.sqrt() * x_t - (1 - abar_t).sqrt() * said,
            "noise": lambda: (x_t - (1 - abar_t).sqrt() * said) / abar_t.sqrt(),
            "picture": lambda: said,
        }[self.answer]()
        return x_0.clamp(self.black, self.white)

    def _way_back(self, noise: Tensor) -> Iterator[tuple[int, Tensor]]:
        return diffusion.way_back(self.guess, noise, self.abar, self.jumps, self.order, self.eta)

    def _drawn(self, count: int) -> Tensor:
        """New pictures (count, C, H, W), inside."""
        parts = []
        for noise in torch.randn(count, *self.x.shape[1:], device=self.device).split(AT_ONCE):
            *_, (_, x_0) = self._way_back(noise)
            parts.append(x_0)
        return torch.cat(parts)

    def sample(self, count: int) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1."""
        return self._pictures(self._drawn(count))

    # -- judging ---------------------------------------------------------------------------------------------------

    def evaluate(self) -> dict[str, float]:
        """The test loss alone before the first step: a net that answers 0 draws nothing, and 2000 samples take long."""
        if not self.mean_net.n_averaged:
            return {"test_loss": self._test_loss()}
        fakes = self._drawn(SAMPLES)
        return {
            "test_loss": self._test_loss(),
            "fid": frechet_distance(Gaussian.of(self.extractor.features(self._pictures(fakes))), self.real),
            "nearest_ratio": self._nearest(fakes[:COMPARED]) / self.test_distance,
        }

    def _nearest(self, x: Tensor) -> float:
        return torch.cdist(x.flatten(1), self.x.flatten(1)).amin(1).median().item()

    def _test_loss(self) -> float:
        """The loss on WATCHED test pictures, at the middles of MOMENTS equal parts of 1 ... T."""
        x_0 = self.test_x[:WATCHED]
        eps = self.watched_noise[: len(x_0)]
        moments = [1 + (2 * part + 1) * (self.T - 1) // (2 * MOMENTS) for part in range(MOMENTS)]
        at = [torch.full((len(x_0),), t, device=self.device) for t in moments]
        return torch.stack([self._errors(self.mean_net, x_0, eps, t).mean() for t in at]).mean().item()

    # -- looking ---------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        way = list(self._way_back(self.shown_noise))
        yield Picture("out of noise", self._strips(way))
        yield Picture("samples", montage(self._pictures(way[-1][1]), columns=10))
        yield Picture("the guess against time", self._guess_error())

    def _strips(self, way: list[tuple[int, Tensor]]) -> dict:
        """A row each: one noise at STOPS times, about evenly apart, the last of which is the sample.

        A strip is one picture: a montage of its parts would lose the last, the digit, in a narrow pane.
        """
        wanted = torch.linspace(self.T, 0, STOPS).tolist()
        stops = [min(way, key=lambda stop, t=t: abs(stop[0] - t)) for t in wanted]
        parts = [pad(self._pictures(x[:STRIPS]), (0, GAP)) for _, x in stops]
        return montage(torch.cat(parts, 3), columns=1, title="t = " + ", ".join(str(t) for t, _ in stops))

    def _guess_error(self) -> dict:
        """How far the guess of the picture is off, and how far the best linear guess that looks at one pixel is.

        The latter knows each pixel's mean and variance V: where x_t holds 1 - a of noise, V (1 - a) / (a V + 1 - a)
        of the variance is left.
        """
        x_0, V = self.test_x[:WATCHED], self.x.var(0)
        eps = self.watched_noise[: len(x_0)]
        moments = torch.linspace(1, self.T, MOMENTS).long().tolist()
        net, alone = [], []
        for t in moments:
            a = self.abar[t]
            net.append((self.guess(diffusion.dissolved(x_0, eps, a), t) - x_0).square().mean().item())
            alone.append((V * (1 - a) / (a * V + 1 - a)).mean().item())
        return {
            "type": "lines",
            "curves": [{"name": "the net", "x": moments, "y": net}, {"name": "one pixel", "x": moments, "y": alone}],
            "x_title": "time t: 0 picture, the last noise",
            "y_title": "error of the guessed picture",
        }
