"""Units that die: nets of one hidden layer, trained at many rates at once, once with ReLU and once with a leak."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
LIVE = ("rate", "leak")
METRICS = {
    "loss_relu": Metric("mean loss of the ReLU nets on a batch, over all rates", better="lower", progress=True),
    "loss_leaky": Metric("the same for leaky ReLU", better="lower", progress=True),
    "dead_slowest": Metric("share of the ReLU units that no training row moves any more, at the lowest rate"),
    "dead_fastest": Metric("the same at the highest rate"),
    "dead_leaky": Metric("the same for leaky ReLU, at the rate where it is greatest"),
    "silent_leaky": Metric("share of the leaky units that are below 0 on every training row, where it is greatest"),
    "revived_relu": Metric("times that a ReLU unit came back that had been below 0 on every training row"),
    "revived_leaky": Metric("the same for leaky ReLU"),
    "accuracy_relu": Metric(
        "share of the test rows classified rightly at the highest rate", better="higher", range=(0, 1)
    ),
    "accuracy_leaky": Metric("the same for leaky ReLU", better="higher", range=(0, 1)),
}
EVERY = 5  # steps between two looks at who is silent
WIDE = 12  # times that the column of a rate is drawn: eight narrow ones would leave the picture empty


def build(
    *,
    rates: list[float] = (0.1, 0.2, 0.4, 0.8, 1.1, 1.6, 2.3, 3.2),
    hidden: int = 48,
    batch: int = 64,
    leak: float = 0.01,
    rate: float = 1.0,
    shift: float = 0.0,
) -> Callable:
    """Returns (data, nets, device) -> DyingReLU.

    rates: learning rates, each for a net of both kinds, above 0.
    hidden: units of the hidden layer, at least 1.
    batch: rows that a step looks at, at least 1.
    leak: slope of leaky ReLU for negative sums, at least 0, at most 1.
    rate: by how much all the rates are multiplied, above 0.
    shift: what is taken from every input, at least -1, at most 1; half of a pixel's range centres it.
    """
    return partial(DyingReLU, rates=list(rates), hidden=hidden, batch=batch, leak=leak, rate=rate, shift=shift)


class DyingReLU:
    """All nets begin with the same weights and see the same batches. R rates: nets 0..R-1 are ReLU, R..2R-1 leaky."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        rates: list[float],
        hidden: int,
        batch: int,
        leak: float,
        rate: float,
        shift: float,
    ):
        self.inputs = as_floats(data.train.inputs).flatten(1).to(device) - shift
        self.test_inputs = as_floats(data.test.inputs).flatten(1).to(device) - shift
        self.targets, self.test_targets = data.train.targets.to(device), data.test.targets.to(device)
        self.rates, self.rate, self.leak, self.batch = rates, rate, leak, batch
        state = State(self.inputs.shape[1], hidden, len(data.classes), 2 * len(rates))
        self.state = nets["state"] = state.to(device)

    def advance(self, step: int) -> dict[str, float]:
        rows = torch.randint(len(self.inputs), (self.batch,)).to(self.inputs.device)
        weights = self.state.weights()
        with torch.enable_grad():
            for each in weights:
                each.requires_grad_()
            logits = self.logits(self.sums(self.inputs[rows]))  # (K, B, classes)
            targets = self.targets[rows].expand(len(logits), -1)
            losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none").mean(1)  # (K,)
            gradients = torch.autograd.grad(losses.sum(), weights)
        speed = self.rate * torch.tensor(self.rates * 2, device=rows.device)[:, None, None]
        for each, gradient in zip(weights, gradients, strict=True):
            each.requires_grad_(False).sub_(speed * gradient)
        if step % EVERY == 0:
            silent = self.silent()
            self.state.revived += self.state.silent & ~silent
            self.state.silent.copy_(silent)
        relu, leaky = losses.detach().chunk(2)
        return {"loss_relu": relu.mean().item(), "loss_leaky": leaky.mean().item()}

    @property
    def slopes(self) -> Tensor:
        """(K, 1, 1): what each net's units have below 0."""
        slopes = torch.zeros(2, len(self.rates))
        slopes[1] = self.leak
        return slopes.flatten()[:, None, None].to(self.inputs.device)

    def sums(self, inputs: Tensor) -> Tensor:
        """inputs (B, D) -> what comes into the hidden units (K, B, H)."""
        return inputs @ self.state.W + self.state.b

    def logits(self, sums: Tensor) -> Tensor:
        """(K, B, H) -> (K, B, classes)."""
        hidden = torch.where(sums > 0, sums, self.slopes * sums)
        return hidden @ self.state.V + self.state.c

    def answers(self) -> Tensor:
        """(K, H): the share of the training rows that lift a unit above 0."""
        return (self.sums(self.inputs) > 0).float().mean(1)

    def silent(self) -> Tensor:
        """(K, H): whether a unit is below 0 on every training row."""
        return self.answers() == 0

    def dead(self) -> Tensor:
        """(K, H): whether the slope is 0 on every training row: no gradient comes through, the unit stays as it is."""
        return self.silent() & (self.slopes[:, 0] == 0)

    def accuracies(self) -> Tensor:
        """(K,): shares of the test rows."""
        return (self.logits(self.sums(self.test_inputs)).argmax(2) == self.test_targets).float().mean(1)

    def evaluate(self) -> dict[str, float]:
        dead, dead_leaky = self.dead().float().mean(1).chunk(2)  # (R,) each
        revived, revived_leaky = self.state.revived.chunk(2)
        accuracy, accuracy_leaky = self.accuracies().chunk(2)
        return {
            "dead_slowest": dead[0].item(),
            "dead_fastest": dead[-1].item(),
            "dead_leaky": dead_leaky.max().item(),
            "silent_leaky": self.silent().float().mean(1).chunk(2)[1].max().item(),
            "revived_relu": revived.sum().item(),
            "revived_leaky": revived_leaky.sum().item(),
            "accuracy_relu": accuracy[-1].item(),
            "accuracy_leaky": accuracy_leaky[-1].item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The share of dead units over the rates; every unit of both kinds; what the nets are worth."""
        dead, dead_leaky = self.dead().float().mean(1).chunk(2)
        silent = self.silent().float().mean(1).chunk(2)[1]
        curves = {"ReLU: dead": dead, "leaky: dead": dead_leaky, "leaky: silent": silent}
        yield Picture("dead units", self._over_rates(curves, "share of the units"))
        for name, answers in zip(("ReLU units", "leaky units"), self.answers().chunk(2), strict=True):
            values = answers.sort(1, descending=True).values.T  # (H, R), the busiest unit at the top
            values = values.repeat_interleave(WIDE, 1)
            titles = {"x_title": f"rate {self.rates[0]:g} to {self.rates[-1]:g}", "y_title": "rows that lift each unit"}
            yield Picture(name, {"type": "heat", "values": values.cpu().numpy(), **titles})
        accuracy, accuracy_leaky = self.accuracies().chunk(2)
        yield Picture("accuracy", self._over_rates({"ReLU": accuracy, "leaky ReLU": accuracy_leaky}, "accuracy"))

    def _over_rates(self, values: dict[str, Tensor], title: str) -> dict:
        """The payload `lines` of values (R,) by name."""
        rates = (self.rate * torch.tensor(self.rates)).numpy()
        curves = [{"name": name, "x": rates, "y": each.cpu().numpy()} for name, each in values.items()]
        return {"type": "lines", "curves": curves, "x_title": "learning rate", "y_title": title, "log_x": True}


class State(nn.Module):
    """The weights of all K nets, who of them was silent when last looked at, and how often each came back."""

    def __init__(self, inputs: int, hidden: int, classes: int, nets: int):
        super().__init__()
        first, last = nn.Linear(inputs, hidden), nn.Linear(hidden, classes)
        for layer in (first, last):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)
        for name, one in {"W": first.weight.T, "b": first.bias[None], "V": last.weight.T, "c": last.bias[None]}.items():
            self.register_buffer(name, one.detach().repeat(nets, 1, 1))  # (K, inputs or 1 or hidden, units)
        self.register_buffer("silent", torch.zeros(nets, hidden, dtype=torch.bool))
        self.register_buffer("revived", torch.zeros(nets, hidden, dtype=torch.int64))

    def weights(self) -> list[Tensor]:
        return [self.W, self.b, self.V, self.c]
