"""Grokking: a net that knows its training rows by heart finds the rule behind them much later (Power et al. 2022,
arXiv:2201.02177), here of addition modulo p by a net of two layers (Gromov 2023, arXiv:2301.02679).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat

NEEDS_DATA = False
METRICS = {
    "loss": Metric("squared error summed over the p outputs, mean of the training rows", better="lower", rows="train"),
    "train_accuracy": Metric("share of the training sums that are right", better="higher", range=(0, 1), rows="train"),
    "test_accuracy": Metric(
        "share of the other sums that are right", better="higher", range=(0, 1), axis="train_accuracy", rows="test"
    ),
    "steps_to_train": Metric(
        "steps until 99 % of the training sums were right; all so far", counter=True, unit="steps", rows="train"
    ),
    "steps_to_test": Metric(
        "steps until 95 % of the other sums were right; all so far", counter=True, unit="steps", rows="test"
    ),
    "delay": Metric("steps_to_test / steps_to_train", range=(0, None), rows="test"),
    "weight_norm": Metric("length of all weights as one vector", side=True),
    "one_frequency": Metric(
        "share of a hidden unit's spectrum that its strongest frequency has, mean of the units by their energy",
        range=(0, 1),
    ),
}
EVERY = 5  # steps between looks at the accuracies
KNOWN, FOUND = 0.99, 0.95  # of the training sums, of the others


def build(
    *, modulus: int = 23, share: float = 0.5, hidden: int = 128, decay: float = 1.0, lr: float = 0.01
) -> Callable[[Context], "Grokking"]:
    """Each step trains on all training sums a + b mod p, which the seed draws.

    modulus: p, at least 5, at most 97; a prime has the neatest frequencies.
    share: of the p^2 sums that are for training, above 0, below 1.
    hidden: units, at least 1.
    decay: weight decay: each step takes lr * decay of every weight (AdamW), at least 0.
    lr: learning rate, above 0.
    """
    return lambda context: Grokking(modulus, share, hidden, decay, lr, context.device)


class Grokking(nn.Module):
    """One-hot a and b (B, 2 p) -> (x W_in)^2 W_out (B, p)."""

    done = False  # it may always go on

    def __init__(self, p: int, share: float, hidden: int, decay: float, lr: float, device: torch.device):
        super().__init__()
        self.p, self.decay, self.lr = p, decay, lr
        a, b = torch.cartesian_prod(torch.arange(p), torch.arange(p)).T
        self.x = torch.cat([one_hot(a, p), one_hot(b, p)], 1).float().to(device)  # (p^2, 2 p)
        self.y = ((a + b) % p).to(device)
        self.register_buffer("order", torch.randperm(p * p).to(device))
        self.known = min(p * p - 1, max(1, round(share * p * p)))
        self.W_in = nn.Parameter(torch.randn(2 * p, hidden, device=device) / (2 * p) ** 0.5)
        self.W_out = nn.Parameter(torch.randn(hidden, p, device=device) / hidden**0.5)
        self.adam = AdamInBuffers(self.parameters(), lr)
        self.to_train, self.to_test = Counter(self, "reached_train"), Counter(self, "reached_test")
        self.way = Trajectory(torch.tensor(self.accuracies(), device=device))

    def outputs(self, x: Tensor) -> Tensor:
        return (x @ self.W_in).square() @ self.W_out

    def step(self) -> dict[str, float]:
        """Moves the weights once by all training sums."""
        train = self.order[: self.known]
        with torch.enable_grad():
            target = one_hot(self.y[train], self.p).float()
            loss = (self.outputs(self.x[train]) - target).square().sum(1).mean()
            with torch.no_grad():
                torch._foreach_mul_([self.W_in.data, self.W_out.data], 1 - self.lr * self.decay)
            self.adam.step(loss)
        if int(self.adam.steps) % EVERY == 0:
            self._look()
        return {"loss": float(loss.detach())}

    def _look(self) -> None:
        taken, found = int(self.adam.steps), self.accuracies()
        self.way.add(taken, torch.tensor(found, device=self.x.device))
        for reached, accuracy, enough in zip((self.to_train, self.to_test), found, (KNOWN, FOUND), strict=True):
            if not int(reached) and accuracy >= enough:
                reached.set(taken)

    @torch.no_grad()
    def accuracies(self) -> tuple[float, float]:
        """Of the training sums, and of the others."""
        right = (self.outputs(self.x).argmax(1) == self.y)[self.order].float()
        return right[: self.known].mean().item(), right[self.known :].mean().item()

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        train, test = self.accuracies()
        taken = int(self.adam.steps)
        to_train, to_test = int(self.to_train) or taken, int(self.to_test) or taken
        spectrum = self.spectrum()
        strongest = spectrum.amax(1).sum() / spectrum.sum()
        return {
            "train_accuracy": train,
            "test_accuracy": test,
            "steps_to_train": to_train,
            "steps_to_test": to_test,
            "delay": to_test / max(1, to_train),
            "weight_norm": torch.cat([self.W_in.flatten(), self.W_out.flatten()]).norm().item(),
            "one_frequency": strongest.item(),
        }

    def spectrum(self) -> Tensor:
        """(hidden, p // 2): the energy of each frequency 1, 2 ... in what a unit makes of a = 0 ... p - 1, and of b."""
        waves = torch.fft.rfft(self.W_in.view(2, self.p, -1), dim=1)[:, 1:]  # (2, p // 2, hidden); 0 is the mean
        return waves.abs().square().sum(0).T

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Both accuracies by steps; and the units' spectra, those of one strongest frequency side by side."""
        values, steps = self.way.values[1:], self.way.steps[1:].clamp(min=1)
        curves = {name: (steps, values[:, side]) for side, name in enumerate(("training", "others"))}
        yield Picture("accuracy", lines(curves, x_title="step", y_title="share that is right", log_x=True))
        shares = self.spectrum()
        shares = shares / shares.sum(1, keepdim=True).clamp(min=1e-12)
        by_frequency = shares[shares.argmax(1).argsort()].T.cpu().numpy()
        yield Picture("spectrum", Heat(values=by_frequency, x_title="hidden unit", y_title="frequency"))
