"""A snapshot ensemble: one net, a member kept at the end of each fall of the learning rate, and all averaged.

Huang et al. 2017, arXiv:1704.00109. The rate falls like half a cosine from its full height to 0, again and again; where
it ends, a snapshot is taken.
"""

import copy
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.utils import parameters_to_vector

from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.ensemble import ensemble_pictures, measured
from dltui.engine.pictures.plane import plane_through
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Contour

TASKS = ("classify",)
METRICS = {
    "snapshots": Metric("snapshots taken and kept", range=(0, None), counter=True),
    "ensemble_accuracy": Metric(
        "accuracy of the average of two or more snapshots", better="higher", range=(0, 1), rows="test"
    ),
    "last_accuracy": Metric(
        "accuracy of the last snapshot, what training alone gives", better="higher", range=(0, 1), rows="test"
    ),
    "mean_accuracy": Metric(
        "accuracy of a snapshot on the test rows, mean of all", better="higher", range=(0, 1), rows="test"
    ),
    "ensemble_loss": Metric("loss of the average of the snapshots on the test rows", better="lower", rows="test"),
    "last_loss": Metric(
        "loss of the last snapshot on the test rows", better="lower", axis="ensemble_loss", rows="test"
    ),
    "mean_loss": Metric(
        "loss of a snapshot on the test rows, mean of all", better="lower", axis="ensemble_loss", rows="test"
    ),
}
WIDE, HIGH, MARGIN = 36, 24, 0.15  # of the map: its points, and its edge as a share of the trajectory's reach
ROWS = 10_000  # test rows looked at together
MOST_WEIGHTS = 20_000  # of a net whose trajectory is drawn


def build(*, every: int = 200, keep: int = 6) -> Callable[[Classify], "Snapshots"]:
    """Averages snapshots of the net; a logit a class.

    every: steps from one snapshot to the next, at least 1: train.steps / schedule.cycles.
    keep: newest snapshots that are averaged, at least 2.
    """
    return partial(Snapshots, every=every, keep=keep)


class Snapshots(nn.Module):
    """See contracts.probe.Probe. The newest snapshots, oldest first, are frozen nets, which a checkpoint holds."""

    def __init__(self, task: Classify, every: int, keep: int):
        super().__init__()
        self.task, self.rows, self.every = task, task.rows, every
        self.nets = nn.ModuleList(copy.deepcopy(task.net) for _ in range(keep)).requires_grad_(False).eval()
        self.register_buffer("count", torch.tensor(0))
        start = flat(task.net)
        self.trajectory = Trajectory(start.double()) if len(start) <= MOST_WEIGHTS else None

    @property
    def taken(self) -> list[nn.Module]:
        return list(self.nets)[: int(self.count)]

    def after_step(self, step: int) -> None:
        if self.trajectory is not None:
            self.trajectory.add(step, flat(self.task.net))
        if step % self.every == 0:
            self.take(self.task.net)

    def take(self, net: nn.Module) -> None:
        """Keeps the weights of now; where there is no room the oldest go."""
        if self.count == len(self.nets):
            for older, newer in zip(self.nets, list(self.nets)[1:], strict=False):
                older.load_state_dict(newer.state_dict())
        else:
            self.count += 1
        self.taken[-1].load_state_dict(net.state_dict())

    def logits(self) -> Tensor:
        """Of the snapshots for the test rows, (snapshots, N, classes)."""
        of_all = (torch.cat([net(part) for part in self.rows.test.inputs.split(ROWS)]) for net in self.taken)
        return torch.stack(list(of_all))

    def evaluate(self) -> dict[str, float]:
        values = {"snapshots": float(self.count)}
        if self.count < 2:
            return values
        logits, targets = self.logits(), self.rows.test.targets
        last = measured(logits[-1:], targets)
        return (
            values
            | measured(logits, targets)
            | {
                "last_accuracy": last["ensemble_accuracy"],
                "last_loss": last["mean_loss"],
            }
        )

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        if self.trajectory is not None:
            yield Picture("valleys", self._map())
        if self.count:
            yield from ensemble_pictures(self.taken, self.logits(), self.rows, "snapshots")

    def _map(self) -> Contour:
        """Training loss over a plane of weights, the shadow of the trajectory, a dot a snapshot.

        The plane lies nearest to the snapshots; while there are not three, to the whole trajectory.
        """
        train = self.rows.train
        trajectory = torch.cat([self.trajectory.values.float(), flat(self.task.net)[None]]).cpu()  # (T, P)
        taken = [flat(net).cpu() for net in self.taken]
        middle, directions = plane_through(torch.stack(taken) if len(taken) >= 3 else trajectory)
        if len(directions) < 2:  # a trajectory of a single point
            directions = torch.eye(2, trajectory.shape[1])
        x, y = ((trajectory - middle) @ directions.T).T  # (T,)
        ends = [_ends(x), _ends(y)]
        xs, ys = torch.linspace(*ends[0], WIDE), torch.linspace(*ends[1][::-1], HIGH)
        places = (middle + torch.cartesian_prod(ys, xs).flip(1) @ directions).to(train.inputs.device)
        heights = losses_at(self.task.net, places, self.task.criterion, train.inputs, train.targets).view(HIGH, WIDE)
        # a trail that stays at its point is drawn as a dot; the trajectory lies beneath them
        dots = [((place - middle) @ directions.T).expand(len(x), 2) for place in taken]
        trail_x, trail_y = torch.stack([torch.stack([x, y], 1), *dots]).unbind(-1)
        names = ["now", *(f"snapshot {k}" for k in range(1, len(taken) + 1))]
        trails = {"names": names, "trail_x": trail_x.numpy(), "trail_y": trail_y.numpy()}
        titles = {"x_title": "direction 1", "y_title": "direction 2"}
        return Contour(values=heights.cpu().numpy(), x=ends[0], y=ends[1], **titles, **trails)


def flat(net: nn.Module) -> Tensor:
    """Returns all weights of the net as one row (P,)."""
    return parameters_to_vector(net.parameters()).detach()


def losses_at(net: nn.Module, places: Tensor, loss, inputs: Tensor, targets: Tensor) -> Tensor:
    """places (M, P) of weights -> the loss of the net with each of them, (M,). loss: (logits, targets) -> scalar."""
    shapes = {name: weight.shape for name, weight in net.named_parameters()}

    def at(place: Tensor) -> Tensor:
        parts = place.split([shape.numel() for shape in shapes.values()])
        weights = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return loss(functional_call(net, weights, (inputs,)), targets)

    return vmap(at, chunk_size=100)(places)


def _ends(along: Tensor) -> list[float]:
    """Least and greatest, and some room beyond."""
    low, high = along.min().item(), along.max().item()
    room = MARGIN * (high - low) or 1.0
    return [low - room, high + room]
