"""Eight optimizers train the same net on the same batches: who is quick, and how long each one's steps are."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.recipes.metric import Metric

MODELS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw")
METRICS = {
    "loss_sgd": Metric("training loss of a batch of the net of this name, so for all", better="lower", progress=True),
    "loss_momentum": Metric("the same", better="lower", progress=True),
    "loss_nesterov": Metric("the same", better="lower", progress=True),
    "loss_adagrad": Metric("the same", better="lower", progress=True),
    "loss_rmsprop": Metric("the same", better="lower", progress=True),
    "loss_adadelta": Metric("the same", better="lower", progress=True),
    "loss_adam": Metric("the same", better="lower", progress=True),
    "loss_adamw": Metric("the same", better="lower", progress=True),
    "accuracy_sgd": Metric("share of the test rows classified rightly, so for all", better="higher", range=(0, 1)),
    "accuracy_momentum": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_nesterov": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_adagrad": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_rmsprop": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_adadelta": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_adam": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_adamw": Metric("the same", better="higher", range=(0, 1)),
    "steps_sgd": Metric(
        "steps until `goal` of a thousand test rows were right; all so far where it is not yet; so for all"
    ),
    "steps_momentum": Metric("the same"),
    "steps_nesterov": Metric("the same"),
    "steps_adagrad": Metric("the same"),
    "steps_rmsprop": Metric("the same"),
    "steps_adadelta": Metric("the same"),
    "steps_adam": Metric("the same"),
    "steps_adamw": Metric("the same"),
}
# what each keeps beside every weight
REMEMBERED = {
    "sgd": "nothing", "momentum": "v", "nesterov": "v", "adagrad": "G", "rmsprop": "E", "adadelta": "E, D",
    "adam": "m, b", "adamw": "m, b",
}  # fmt: skip
ROWS = 1000  # test rows that tell who has arrived
EVERY = 5  # steps between two looks at them
WINDOW = 15  # steps whose mean length is drawn


def build(*, goal: float = 0.9) -> Callable:
    """Returns (data, nets, device) -> Optimizers.

    goal: share of test rows classified rightly that the nets race to, above 0, at most 1.
    """
    return partial(Optimizers, goal=goal)


class Optimizers:
    """A classifier a role, each with `[optimizer.<role>]`; all begin with the first one's weights."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, goal: float):
        self.nets = {role: nets[role] for role in MODELS}
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.goal = len(self.inputs), goal
        first = [weights.detach() for weights in self.nets[MODELS[0]].parameters()]
        for net in self.nets.values():
            for own, weights in zip(net.parameters(), first, strict=False):
                if own.shape == weights.shape:
                    own.data.copy_(weights)
        self.place = nets["place"] = Counters(step=0, **dict.fromkeys(MODELS, 0))  # a role's: the step it arrived at
        self.before = {role: flat(net) for role, net in self.nets.items()}
        nowhere = torch.full((len(MODELS),), torch.nan)
        self.lengths = nets["lengths"] = Trajectory(nowhere).to(device)
        self.accuracies = nets["accuracies"] = Trajectory(self.accuracy_now()).to(device)

    def objectives(self) -> list[Objective]:
        return [Objective(f"loss_{role}", role, partial(self.loss, role)) for role in MODELS]

    def loss(self, role: str, rows: Tensor) -> Tensor:
        self.before[role] = flat(self.nets[role])
        return cross_entropy(self.nets[role](self.inputs[rows]), self.targets[rows])

    def after_step(self) -> None:
        """Notes how far each weight was moved, and who has arrived."""
        step = self.place["step"] = self.place["step"] + 1
        moved = [(flat(net) - self.before[role]).square().mean().sqrt() for role, net in self.nets.items()]
        self.lengths.add(step, torch.stack(moved))
        if step % EVERY:
            return
        accuracy = self.accuracy_now()
        self.accuracies.add(step // EVERY, accuracy)
        for role, value in zip(MODELS, accuracy.tolist(), strict=True):
            if not self.place[role] and value >= self.goal:
                self.place[role] = step

    @torch.no_grad()
    def accuracy_now(self) -> Tensor:
        """(nets,): on the first thousand test rows."""
        right = []
        for net in self.nets.values():
            training = net.training
            right.append(net.eval()(self.test_inputs[:ROWS]).argmax(1) == self.test_targets[:ROWS])
            net.train(training)
        return torch.stack(right).float().mean(1)

    def evaluate(self) -> dict[str, float]:
        found = {}
        for role, net in self.nets.items():
            right = torch.cat([net(rows) for rows in self.test_inputs.split(ROWS)]).argmax(1) == self.test_targets
            found[f"accuracy_{role}"] = right.float().mean().item()
            found[f"steps_{role}"] = self.place[role] or self.place["step"]
        return found

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The race; its table; and how long each one's steps are."""
        steps, wrong = self.accuracies.steps.cpu().numpy() * EVERY, 1 - self.accuracies.values.cpu().numpy()
        curves = [{"name": role, "x": steps, "y": wrong[:, k]} for k, role in enumerate(MODELS)]
        curves.append({"name": "goal", "x": steps[[0, -1]], "y": np.full(2, 1 - self.goal)})
        titles = {"x_title": "step", "y_title": "share of mistakes", "log_y": True}
        yield Picture("race", {"type": "lines", "curves": curves, **titles})
        yield Picture("table", self._table(1 - wrong[-1]))
        steps, lengths = self.lengths.steps.cpu().numpy(), self.lengths.values.cpu().numpy()
        curves = [{"name": role, "x": mean(steps), "y": mean(lengths[:, k])} for k, role in enumerate(MODELS)]
        titles = {"x_title": "step", "y_title": "how far a weight is moved", "log_y": True}
        yield Picture("steps", {"type": "lines", "curves": curves, **titles})

    def _table(self, accuracies: np.ndarray) -> dict:
        """Who has arrived first stands first; the others by how near they are."""
        order = sorted(range(len(MODELS)), key=lambda k: (self.place[MODELS[k]] or 1e9, -accuracies[k]))
        columns = ["", f"to {self.goal:g}", "now", "keeps"]
        rows = [
            [MODELS[k], str(self.place[MODELS[k]] or "-"), float(accuracies[k]), REMEMBERED[MODELS[k]]] for k in order
        ]
        return {"type": "table", "columns": columns, "rows": rows}


def flat(net: nn.Module) -> Tensor:
    """All weights of a net in a row, copied."""
    return nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def mean(values: np.ndarray) -> np.ndarray:
    """(T,) -> the running mean of WINDOW values, as it is where there are fewer."""
    return np.convolve(values, np.full(WINDOW, 1 / WINDOW), "valid") if len(values) > 2 * WINDOW else values
