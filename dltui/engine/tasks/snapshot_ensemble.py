"""A snapshot ensemble: one net, a rate that falls and jumps up again, a member kept at the end of each fall."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from dltui.engine.algorithms.ensemble import accuracies, averaged, by_size
from dltui.engine.algorithms.snapshots import Snapshots, flat, losses_at, plane_through
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.members import members_on_the_plane, teams
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "now_loss": Metric("loss of the net of now on the test rows", better="lower"),
    "snapshots": Metric("snapshots taken and kept"),
    "accuracy": Metric(
        "share of the test rows that the average of the snapshots classifies rightly; from the second on",
        better="higher",
        range=(0, 1),
    ),
    "last_accuracy": Metric(
        "the same by the last snapshot alone: the net that training would have given", better="higher", range=(0, 1)
    ),
    "mean_accuracy": Metric("the same by a snapshot, mean of all", better="higher", range=(0, 1)),
    "test_loss": Metric("loss of the average on the test rows", better="lower"),
    "last_test_loss": Metric("loss of the last snapshot on the test rows", better="lower"),
}
WIDE, HIGH, MARGIN = 36, 24, 0.15  # of the map: its points, and its edge as a share of the way's reach
MOST_WEIGHTS = 20_000  # of a net whose way is drawn


def build(*, every: int = 200, keep: int = 6) -> Callable:
    """Returns (data, nets, device) -> SnapshotEnsemble.

    every: steps from one snapshot to the next, at least 1: train.steps / schedule.cycles.
    keep: newest snapshots that are averaged, at least 2.
    """
    return partial(SnapshotEnsemble, every=every, keep=keep)


class SnapshotEnsemble:
    """A net that gives logits (B, classes)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, every: int, keep: int):
        self.net, self.classes, self.every = nets["model"], data.classes, every
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.snapshots = nets["snapshots"] = Snapshots(self.net, keep)
        self.place = nets["place"] = Counters(step=0)
        start = flat(self.net)
        self.way = Trajectory(start.double()) if len(start) <= MOST_WEIGHTS else None
        if self.way is not None:
            nets["way"] = self.way

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.net(self.inputs[rows]), self.targets[rows])

    def after_step(self) -> None:
        self.place["step"] += 1
        if self.way is not None:
            self.way.add(self.place["step"], flat(self.net))
        if self.place["step"] % self.every == 0:
            self.snapshots.take(self.net)

    def logits(self) -> Tensor:
        """Of the snapshots for the test rows, (snapshots, N, classes)."""
        return torch.stack([net(self.test_inputs) for net in self.snapshots.taken])

    def evaluate(self) -> dict[str, float]:
        count, targets = len(self.snapshots.taken), self.test_targets
        values = {"now_loss": cross_entropy(self.net(self.test_inputs), targets).item(), "snapshots": float(count)}
        if count < 2:
            return values
        logits = self.logits()
        probabilities, single = averaged(logits), accuracies(logits, targets)
        return values | {
            "accuracy": (probabilities.argmax(-1) == targets).float().mean().item(),
            "last_accuracy": single[-1].item(),
            "mean_accuracy": single.mean().item(),
            "test_loss": nll_loss(probabilities.clamp(min=1e-30).log(), targets).item(),
            "last_test_loss": cross_entropy(logits[-1], targets).item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        if self.way is not None:
            yield Picture("valleys", self._map())
        taken = self.snapshots.taken
        if not taken:
            return
        logits = self.logits()
        single = accuracies(logits, self.test_targets)
        if self.inputs.shape[1:] == (2,) and len(self.classes) == 2:
            points = self.inputs, self.targets, self.classes
            names = [f"{k}: {share:.3f}" for k, share in enumerate(single.tolist(), 1)]
            yield Picture("snapshots", members_on_the_plane(taken, *points, names))

            def probability(rows: Tensor) -> Tensor:
                return averaged(torch.stack([net(rows) for net in taken]))[:, 1]

            yield Picture("average", decision_field(probability, *points))
        yield Picture("how many", teams(by_size(logits, self.test_targets), single))

    def _map(self) -> dict:
        """The payload `contour`: training loss over a plane of weights, the shadow of the way, a dot a snapshot.

        The plane lies nearest to the snapshots; while there are not three, to the whole way.
        """
        way = torch.cat([self.way.values.float(), flat(self.net).cpu()[None]])  # (T, P)
        taken = [flat(net).cpu() for net in self.snapshots.taken]
        middle, directions = plane_through(torch.stack(taken) if len(taken) >= 3 else way)
        if len(directions) < 2:  # a way of a single point
            directions = torch.eye(2, way.shape[1])
        x, y = ((way - middle) @ directions.T).T  # (T,)
        ends = [_ends(x), _ends(y)]
        xs, ys = torch.linspace(*ends[0], WIDE), torch.linspace(*ends[1][::-1], HIGH)
        places = middle + torch.cartesian_prod(ys, xs).flip(1) @ directions
        device = self.inputs.device
        heights = losses_at(self.net, places.to(device), cross_entropy, self.inputs, self.targets).view(HIGH, WIDE)
        # a trail that stays at its point is drawn as a dot; the way lies beneath them
        dots = [((place - middle) @ directions.T).expand(len(x), 2) for place in taken]
        trail_x, trail_y = torch.stack([torch.stack([x, y], 1), *dots]).unbind(-1)
        return {
            "type": "contour", "values": heights.cpu().numpy(), "x": ends[0], "y": ends[1],
            "names": ["now", *(f"snapshot {k}" for k in range(1, len(taken) + 1))],
            "trail_x": trail_x.numpy(), "trail_y": trail_y.numpy(),
        }  # fmt: skip


def _ends(along: Tensor) -> list[float]:
    """Least and greatest, and some room beyond."""
    low, high = along.min().item(), along.max().item()
    room = MARGIN * (high - low) or 1.0
    return [low - room, high + room]


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
