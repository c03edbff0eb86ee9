"""Adversarial examples: noise that nobody sees and that makes another class of a picture; and training against it."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.attacks import fgsm, pgd
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric(
        "training loss of a batch, attacked where it is trained against attacks", better="lower", progress=True
    ),
    "accuracy": Metric("share of the clean test pictures classified rightly", better="higher", range=(0, 1)),
    "fgsm": Metric("the same of test pictures after one step of FGSM"),
    "pgd": Metric("the same of test pictures after PGD"),
    "noise": Metric("the same of test pictures with random noise of the same size"),
}
LIVE = ("eps",)
ROWS = 500  # test rows looked at together
SHOWN = 3


def build(*, eps: float = 0.016, steps: int = 10, training_steps: int = 0, ramp: int = 0) -> Callable:
    """Returns (data, nets, device) -> Adversarial.

    eps: the most that a pixel may change by, of a range of 1, at least 0, at most 1.
    steps: steps of PGD in the judgement, at least 1.
    training_steps: steps of PGD on every training batch, at least 0; 0 trains on clean pictures.
    ramp: training steps in which the eps trained against grows to its full size, at least 0.
    """
    return partial(Adversarial, eps=eps, steps=steps, training_steps=training_steps, ramp=ramp)


class Adversarial:
    """A classifier of pictures in 0..1, its attackers, and what is left of it under attack."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, eps: float, steps: int,
        training_steps: int, ramp: int,
    ):  # fmt: skip
        if data.train.inputs.dim() != 4:
            raise DltuiError(
                "Attacks are shown on pictures; these data are rows of numbers.",
                "Take pictures, such as cifar10 or mnist.",
                ExitStatus.DATA,
            )
        self.net, self.classes = nets["model"], data.classes
        self.eps, self.steps, self.training_steps, self.ramp = eps, steps, training_steps, ramp
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.place = nets["place"] = Counters(step=0)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """min over the weights of E max over |change| <= eps of L: PGD stands for the inner maximum."""
        x, y = self.inputs[rows], self.targets[rows]
        if self.training_steps:
            self.net.eval()  # an attack moves no mean of a batch normalisation
            eps = self.eps * min(1.0, self.place["step"] / self.ramp) if self.ramp else self.eps
            start = (x + eps * (2 * torch.rand_like(x) - 1)).clamp(0, 1)  # anywhere in the box
            x = pgd(partial(self._loss_of, y=y), x, eps, self.training_steps, start=start)
            self.net.train()
        return self._loss_of(x, y)

    def after_step(self) -> None:
        self.place["step"] += 1

    def _loss_of(self, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(self.net(x), y)

    def evaluate(self) -> dict[str, float]:
        right = {name: 0 for name in ("accuracy", "fgsm", "pgd", "noise")}
        for x, y in zip(self.test_inputs.split(ROWS), self.test_targets.split(ROWS), strict=True):
            loss = partial(self._loss_of, y=y)
            seen = {
                "accuracy": x,
                "fgsm": fgsm(loss, x, self.eps),
                "pgd": pgd(loss, x, self.eps, self.steps),
                "noise": (x + self.eps * torch.randn_like(x).sign()).clamp(0, 1),
            }
            for name, pictures in seen.items():
                right[name] += int((self.net(pictures).argmax(1) == y).sum())
        return {name: count / len(self.test_targets) for name, count in right.items()}

    def pictures(self) -> Iterator[Picture]:
        """A row a test picture: clean, what PGD adds (grey is none), attacked; captions are predictions."""
        x, y = self.test_inputs[:SHOWN], self.test_targets[:SHOWN]
        x_adv = pgd(partial(self._loss_of, y=y), x, self.eps, self.steps)
        times = round(0.5 / self.eps) if self.eps else 1  # the whole eps becomes black or white
        captions = []
        for clean, attacked in zip(self.net(x).argmax(1).tolist(), self.net(x_adv).argmax(1).tolist(), strict=True):
            captions += [self.classes[clean], f"noise x{times}", self.classes[attacked]]
        rows = torch.stack([x, 0.5 + times * (x_adv - x), x_adv], 1)  # (SHOWN, 3, C, H, W)
        title = f"clean, noise, attacked: no pixel by more than {self.eps:g}"
        yield Picture("attack", montage(rows.flatten(0, 1), columns=3, captions=captions, title=title))
