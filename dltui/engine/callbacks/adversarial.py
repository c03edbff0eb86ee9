"""Adversarial examples and training on them: FGSM (Goodfellow et al. 2015, arXiv:1412.6572) and PGD (Madry et al. 2018,
arXiv:1706.06083).

Pictures are in 0..1, eps is the most that any pixel's channel may change by, and what is made stays in 0..1.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
LIVE = ("eps",)
METRICS = {
    "fgsm_accuracy": Metric(
        "share of the test pictures classified rightly after one step of FGSM", range=(0, 1), rows="test"
    ),
    "pgd_accuracy": Metric("share of the test pictures classified rightly after PGD", range=(0, 1), rows="test"),
    "noise_accuracy": Metric(
        "accuracy on test pictures under random noise of the same size", range=(0, 1), rows="test"
    ),
}
ROWS = 500  # test rows looked at together
SHOWN = 3


def build(
    *, eps: float = 0.016, steps: int = 10, training_steps: int = 0, ramp: int = 0
) -> Callable[[Classify], "Adversarial"]:
    """Attacks the test pictures, and where it is asked to the training pictures.

    eps: the most that a pixel may change by, of a range of 1, at least 0, at most 1.
    steps: steps of PGD on test pictures, at least 1.
    training_steps: steps of PGD on every training batch, at least 0; 0 trains on clean pictures.
    ramp: training steps in which the eps trained against grows to its full size, at least 0.
    """
    return partial(Adversarial, eps=eps, steps=steps, training_steps=training_steps, ramp=ramp)


class Adversarial:
    """See contracts.callback.Callback."""

    def __init__(self, task: Classify, eps: float, steps: int, training_steps: int, ramp: int):
        self.task, self.rows = task, task.rows.pictures()
        self.eps, self.steps, self.training_steps, self.ramp = eps, steps, training_steps, ramp
        self.share = 1.0  # of eps that is trained against
        if training_steps:
            task.batch_transforms.append(self.attacked)

    def before_step(self, step: int) -> None:
        self.share = min(1.0, (step - 1) / self.ramp) if self.ramp else 1.0

    def attacked(self, x: Tensor, y: Tensor) -> Tensor:
        """min over the weights of E max over |change| <= eps of L: PGD stands for the inner maximum.

        x (B, C, H, W), y (B,) -> (B, C, H, W).
        """
        self.task.net.eval()  # an attack moves no mean of a batch normalisation
        eps = self.eps * self.share
        start = (x + eps * (2 * torch.rand_like(x) - 1)).clamp(0, 1)  # anywhere in the box
        x = pgd(self._loss_of(y), x, eps, self.training_steps, start=start)
        self.task.net.train()
        return x

    def _loss_of(self, y: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda x: self.task.criterion(self.task.net(x), y)

    def evaluate(self) -> dict[str, float]:
        attacks: dict[str, Callable] = {
            "fgsm_accuracy": lambda x, y: fgsm(self._loss_of(y), x, self.eps),
            "pgd_accuracy": lambda x, y: pgd(self._loss_of(y), x, self.eps, self.steps),
            "noise_accuracy": lambda x, y: (x + self.eps * torch.randn_like(x).sign()).clamp(0, 1),
        }
        test = self.rows.test
        right = dict.fromkeys(attacks, 0)
        for x, y in test.parts(ROWS):
            for name, attack in attacks.items():
                right[name] += int((self._predictions(attack(x, y)) == y).sum())
        return {name: count / len(test) for name, count in right.items()}

    def _predictions(self, x: Tensor) -> Tensor:
        return self.task.predictions(self.task.logits(x))

    def pictures(self) -> Iterator[Picture]:
        """A row a test picture: clean, what PGD adds (grey is none), attacked; captions are predictions."""
        x, y, classes = self.rows.test.inputs[:SHOWN], self.rows.test.targets[:SHOWN], self.rows.classes
        x_adv = pgd(self._loss_of(y), x, self.eps, self.steps)
        times = round(0.5 / self.eps) if self.eps else 1  # the whole eps becomes black or white
        captions = []
        for clean, attacked in zip(self._predictions(x).tolist(), self._predictions(x_adv).tolist(), strict=True):
            captions += [classes[clean], f"noise x{times}", classes[attacked]]
        rows = torch.stack([x, 0.5 + times * (x_adv - x), x_adv], 1)  # (SHOWN, 3, C, H, W)
        title = f"clean, noise, attacked: no pixel by more than {self.eps:g}"
        yield Picture("attack", montage(rows.flatten(0, 1), columns=3, captions=captions, title=title))


def fgsm(loss: Callable[[Tensor], Tensor], x: Tensor, eps: float) -> Tensor:
    """Returns x + eps sign(dL/dx): one step of the full size, to where the loss rises fastest under |change| <= eps.

    loss: pictures (B, C, H, W) -> scalar. A sum or a mean over the batch: only the gradient's sign is used.
    """
    return (x + eps * _gradient(loss, x).sign()).clamp(0, 1)


def pgd(loss: Callable[[Tensor], Tensor], x: Tensor, eps: float, steps: int, *, start: Tensor | None = None) -> Tensor:
    """Returns pictures (B, C, H, W) after `steps` small FGSM steps from `start`, each put back into |change| <= eps.

    start: where to begin, such as x and uniform noise in -eps..eps; x itself where it is None.
    """
    step = 2.5 * eps / steps  # reaches the border of the box from anywhere in it, and can turn round there
    x_adv = x if start is None else start
    for _ in range(steps):
        x_adv = x_adv + step * _gradient(loss, x_adv).sign()
        x_adv = x_adv.clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


def _gradient(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """dL/dx, wherever gradients are off; weights get none."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(loss(x), x)[0]
