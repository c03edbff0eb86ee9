"""Units that die: nets of one hidden layer, trained at many learning rates at once, with ReLU or with a leak.

Maas, Hannun, Ng 2013 (leaky ReLU); Lu, Shin, Su, Karniadakis 2019, "Dying ReLU and initialization", arXiv:1903.06733.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, leaky_relu

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat, Lines

LIVE = ("lr_factor", "leak")
METRICS = {
    "loss": Metric(
        "mean loss of the nets on a batch, over all learning rates", better="lower", progress=True, rows="train"
    ),
    "dead_lowest_lr": Metric(
        "share of dead units at the lowest learning rate: no training row moves them any more", rows="train"
    ),
    "dead_highest_lr": Metric(
        "share of dead units at the highest learning rate: no training row moves them any more", rows="train"
    ),
    "dead": Metric("share of dead units at the learning rate where it is greatest", rows="train"),
    "silent": Metric(
        "share of units below 0 on every training row, at the learning rate where it is greatest", rows="train"
    ),
    "revived": Metric(
        "times that a unit came back that had been below 0 on every training row", whole=True, rows="train"
    ),
    "accuracy": Metric(
        "accuracy on the test rows at the highest learning rate", better="higher", range=(0, 1), rows="test"
    ),
}
EVERY = 5  # steps between two looks at who is silent
WIDE = 12  # times that the column of a net is drawn: eight narrow ones would leave the picture empty


def build(
    *,
    leak: float = 0.0,
    lrs: list[float] = (0.1, 0.2, 0.4, 0.8, 1.1, 1.6, 2.3, 3.2),
    hidden: int = 48,
    batch: int = 64,
    lr_factor: float = 1.0,
    shift: float = 0.0,
) -> Callable[[Context], "DyingReLU"]:
    """Each step trains all nets on one batch; they begin with the same weights.

    leak: slope of the units for negative sums, 0 for ReLU, at least 0, at most 1.
    lrs: learning rates, each for a net of its own, above 0.
    hidden: units of the hidden layer, at least 1.
    batch: rows that a step looks at, at least 1.
    lr_factor: what all the learning rates are multiplied by, above 0.
    shift: what is taken from every input, at least -1, at most 1; half of a pixel's range centres it.
    """
    return lambda context: DyingReLU(context.rows.labelled(), leak, list(lrs), hidden, batch, lr_factor, shift)


class DyingReLU(nn.Module):
    """K nets, one a learning rate, side by side: W (K, D, H), b (K, 1, H), V (K, H, classes), c (K, 1, classes)."""

    done = False

    def __init__(
        self, rows: Rows, leak: float, lrs: list[float], hidden: int, batch: int, lr_factor: float, shift: float
    ):
        super().__init__()
        self.inputs, self.test_inputs = (split.inputs.flatten(1) - shift for split in (rows.train, rows.test))
        self.targets, self.test_targets = rows.train.targets, rows.test.targets
        self.leak, self.lrs, self.batch, self.lr_factor = leak, lrs, batch, lr_factor
        first, last = nn.Linear(self.inputs.shape[1], hidden), nn.Linear(hidden, len(rows.classes))
        for layer in (first, last):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)
        for name, one in {"W": first.weight.T, "b": first.bias[None], "V": last.weight.T, "c": last.bias[None]}.items():
            self.register_buffer(name, one.detach().repeat(len(lrs), 1, 1).to(rows.device))
        self.register_buffer("was_silent", torch.zeros(len(lrs), hidden, dtype=torch.bool, device=rows.device))
        self.register_buffer("revived", torch.tensor(0))
        self.register_buffer("steps", torch.tensor(0))

    def step(self) -> dict[str, float]:
        """One step of all nets on one batch."""
        rows = torch.randint(len(self.inputs), (self.batch,)).to(self.inputs.device)
        weights = [self.W, self.b, self.V, self.c]
        with torch.enable_grad():
            for each in weights:
                each.requires_grad_()
            logits = self.logits(self.sums(self.inputs[rows]))  # (K, B, classes)
            targets = self.targets[rows].expand(len(logits), -1)
            losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none").mean(1)  # (K,)
            gradients = torch.autograd.grad(losses.sum(), weights)
        lrs = self.lr_factor * torch.tensor(self.lrs, device=rows.device)[:, None, None]
        for each, gradient in zip(weights, gradients, strict=True):
            each.requires_grad_(False).sub_(lrs * gradient)
        self.steps += 1
        if self.steps % EVERY == 0:
            silent = self.silent()
            self.revived += (self.was_silent & ~silent).sum().cpu()
            self.was_silent = silent
        return {"loss": losses.mean().item()}

    def sums(self, inputs: Tensor) -> Tensor:
        """inputs (B, D) -> what comes into the hidden units (K, B, H)."""
        return inputs @ self.W + self.b

    def logits(self, sums: Tensor) -> Tensor:
        """(K, B, H) -> (K, B, classes)."""
        return leaky_relu(sums, self.leak) @ self.V + self.c

    def lifted(self) -> Tensor:
        """(K, H): the share of the training rows that lift a unit above 0."""
        return (self.sums(self.inputs) > 0).float().mean(1)

    def silent(self) -> Tensor:
        """(K, H): whether a unit is below 0 on every training row."""
        return self.lifted() == 0

    @property
    def dies(self) -> bool:
        """Whether a silent unit is dead: its slope is 0, so no gradient comes through and the unit stays as it is."""
        return self.leak == 0

    def accuracies(self) -> Tensor:
        """(K,): shares of the test rows."""
        return (self.logits(self.sums(self.test_inputs)).argmax(2) == self.test_targets).float().mean(1)

    def evaluate(self) -> dict[str, float]:
        """Who is dead, who has come back, and what the net of the highest rate is worth."""
        silent = self.silent().float().mean(1)  # (K,)
        dead = silent * self.dies
        return {
            "dead_lowest_lr": dead[0].item(),
            "dead_highest_lr": dead[-1].item(),
            "dead": dead.max().item(),
            "silent": silent.max().item(),
            "revived": self.revived.item(),
            "accuracy": self.accuracies()[-1].item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Shares of dead and of silent units over the learning rates; every unit; what the nets are worth."""
        lifted = self.lifted()  # (K, H)
        silent = (lifted == 0).float().mean(1)
        yield Picture("dead units", self._over_lrs(silent * self.dies, "share of the units"))
        yield Picture("silent units", self._over_lrs(silent, "share of the units"))
        values = lifted.sort(1, descending=True).values.T  # (H, K), the busiest unit at the top
        titles = {"x_title": f"rate {self.lrs[0]:g} to {self.lrs[-1]:g}", "y_title": "rows that lift each unit"}
        yield Picture("units", Heat(values=values.repeat_interleave(WIDE, 1).cpu().numpy(), **titles))
        yield Picture("accuracy", self._over_lrs(self.accuracies(), "accuracy"))

    def _over_lrs(self, values: Tensor, title: str) -> Lines:
        """values (K,)."""
        lrs = self.lr_factor * torch.tensor(self.lrs)
        return lines({f"leak {self.leak:g}": (lrs, values)}, x_title="learning rate", y_title=title, log_x=True)
