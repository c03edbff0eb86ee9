"""Random restarts: copies of a net trained from first weights of their own, of which the best one counts.

Rumelhart, Hinton, Williams 1986, doi:10.1038/323533a0, met the local minima that they are for on XOR.
"""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from dltui.engine.algorithms.threshold_units import Unit, formula
from dltui.engine.contracts.task import Picture
from dltui.engine.models.mlp import MLP
from dltui.engine.pictures.plane import decision_field
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Path, Scatter

TASKS = ("classify",)
METRICS = {
    "least_loss": Metric("loss on the training rows of the copy with the least", better="lower", rows="train"),
    "solved": Metric(
        "share of the copies that classify every test row rightly", better="higher", range=(0, 1), rows="test"
    ),
    "product_weight": Metric(
        "weight of x1 x2 in the best copy, where those of x1 and x2 are 1 on the mean; of a linear net with products"
    ),
}
LEVELS = {"all of them": 1.0, "three quarters": 0.7, "half": 0.45, "a quarter": 0.0}  # test rows right, at least
POINTS = 200  # of a drawn border


def build(*, copies: int = 16) -> Callable[[Classify], "RandomRestarts"]:
    """Trains copies of a net of kind mlp that has one logit; the task judges the one with the least training loss.

    copies: how many, at least 1, at most 256.
    """
    return lambda task: RandomRestarts(task, copies)


class Copies(nn.Module):
    """Rows (B, ...) -> logits of all copies of a net (copies, B, outputs), in evaluation of the best one (B, outputs).

    No copy knows of the others. They share the arithmetic: each weight of the net is a stack (copies, ...) here.
    """

    def __init__(self, net: nn.Module, count: int, best: Callable[[], Tensor]):
        """best: the number of the copy that counts now, a 0-d tensor."""
        super().__init__()
        self.nets, self.best = [net], best  # a list: the net itself is no part of this module
        self.names = [name for name, _ in net.named_parameters()]
        begun = [net, *(begun_anew(net) for _ in range(count - 1))]
        stacks = zip(*(one.parameters() for one in begun), strict=True)
        self.stacks = nn.ParameterList(nn.Parameter(torch.stack([w.detach() for w in stack])) for stack in stacks)

    def all(self, rows: Tensor) -> Tensor:
        """rows (B, ...) -> (copies, B, outputs)."""
        stacks = dict(zip(self.names, self.stacks, strict=True))
        return vmap(lambda weights: functional_call(self.nets[0], weights, (rows,)))(stacks)

    def best_net(self) -> nn.Module:
        """The net, with the weights of the best copy."""
        best = self.best()
        for weights, stack in zip(self.nets[0].parameters(), self.stacks, strict=True):
            weights.data.copy_(stack[best])
        return self.nets[0]

    def forward(self, rows: Tensor) -> Tensor:
        return self.all(rows) if self.nets[0].training else self.best_net()(rows)


class EachCopy:
    """A loss (contracts.loss.ClassLoss) that takes logits of all copies too, and is the mean of their losses then."""

    def __init__(self, criterion: Callable):
        self.criterion, self.probabilities = criterion, criterion.probabilities
        self.binary, self.multi_label = criterion.binary, criterion.multi_label

    def of_each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (copies, B, outputs), targets (B,) -> (copies,)."""
        return vmap(self.criterion, (0, None))(logits, targets)

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        return self.of_each(logits, targets).mean() if logits.dim() == 3 else self.criterion(logits, targets)


class RandomRestarts(nn.Module):
    """See contracts.callback.Callback. For two classes of points (N, 2)."""

    def __init__(self, task: Classify, copies: int):
        super().__init__()
        self.task, self.rows = task, task.rows.plane().labelled(2)
        self.criterion = task.criterion = EachCopy(task.criterion)
        self.copies = task.net = Copies(task.net, copies, lambda: self.losses().argmin())

    def parameter_groups(self, role: str) -> list[dict]:
        return [{"params": list(self.copies.parameters())}]

    def losses(self) -> Tensor:
        """(copies,): of each copy on the training rows."""
        train = self.rows.train
        return self.criterion.of_each(self.copies.all(train.inputs), train.targets)

    def accuracies(self) -> Tensor:
        """(copies,): of each copy on the test rows."""
        test = self.rows.test
        predictions = torch.stack([self.task.predictions(logits) for logits in self.copies.all(test.inputs)])
        return (predictions == test.targets).float().mean(1)

    def evaluate(self) -> dict[str, float]:
        net, solved = self.copies.best_net(), (self.accuracies() == 1).float().mean().item()
        values = {"least_loss": self.losses().amin().item(), "solved": solved}
        if feature_names(net) == ["x1", "x2", "x1 x2"]:
            w1, w2, product = net.head.weight[0].tolist()
            values["product_weight"] = product / ((w1 + w2) / 2)
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        test, classes = self.rows.test, self.rows.classes
        net = self.copies.best_net()
        field = decision_field(
            lambda plane: self.criterion.probabilities(net(plane))[:, 1], test.inputs, test.targets, classes
        )
        yield Picture("field", field)
        yield Picture("last layer", last_layer(net, test.inputs, test.targets, classes))
        yield Picture("restarts", self._levels())

    def _levels(self) -> Bars:
        """How many copies have got how far."""
        least = list(LEVELS.values())
        reached = [next(k for k, bound in enumerate(least) if value >= bound) for value in self.accuracies().tolist()]
        title = f"rows that each of {len(reached)} restarts has right"
        return Bars(labels=list(LEVELS), values=[reached.count(k) for k in range(len(least))], title=title)


def begun_anew(net: nn.Module) -> nn.Module:
    """Returns a net of the same form, with first weights as torch's layers draw them."""
    other = copy.deepcopy(net)
    for module in other.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return other


def feature_names(net: MLP) -> list[str]:
    """What the last layer is given: inputs and their products, or hidden units."""
    width = net.head.in_features
    if any(isinstance(layer, nn.Linear) for layer in net.layers):
        return [f"h{i + 1}" for i in range(width)]
    names = [f"x{i + 1}" for i in range(net.latent)]
    pairs = torch.combinations(torch.arange(net.latent)).tolist() if width > len(names) else ()
    return names + [f"x{i + 1} x{j + 1}" for i, j in pairs]


def last_layer(net: MLP, points: Tensor, targets: Tensor, classes: tuple[str, ...]) -> Scatter:
    """The points (N, 2) as the last layer is given them, and its border, which is straight there."""
    features, v, c = net.layers(points), net.head.weight[0], net.head.bias[0]  # features (N, D)
    titles = feature_names(net)
    if len(titles) != 2:
        title = formula(Unit("", tuple(range(len(titles))), *scaled(v, c)), titles)
        features, v, c = flattened(features, v, c)
        titles = ["along it", title]
    shown = features.cpu()
    return Scatter(
        x=shown[:, 0].numpy(), y=shown[:, 1].numpy(), label=targets.cpu().numpy(), classes=list(classes),
        paths=[border(shown, v.cpu(), c.cpu())], x_title=titles[0], y_title=titles[1],
    )  # fmt: skip


def scaled(v: Tensor, c: Tensor) -> tuple[tuple[float, ...], float]:
    """Weights (D,) and bias with the first weight 1 or -1: the border is the same, and easier to read."""
    size = v[0].abs().clamp(min=1e-9)
    return tuple((v / size).tolist()), (c / size).item()


def flattened(features: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Points (N, D) -> (N, 2): what differs most along the border v f + c = 0, and distance from it; the border there.

    The border of a plane in space stays a straight line when one looks along it.
    """
    normal = v / v.norm().clamp(min=1e-9)
    distance = features @ normal + c / v.norm().clamp(min=1e-9)
    along = features - (features @ normal)[:, None] * normal
    direction = torch.linalg.svd(along - along.mean(0), full_matrices=False).Vh[0]
    direction = direction * direction[direction.abs().argmax()].sign()  # the same side up in every picture
    return torch.stack([along @ direction, distance], 1), v.new_tensor([0.0, 1.0]), c.new_zeros(())


def border(points: Tensor, v: Tensor, c: Tensor) -> Path:
    """Returns the path v f + c = 0, NaN where it leaves the rectangle that the points (N, 2) take up."""
    low, high = points.amin(0), points.amax(0)
    square = v.square().sum().clamp(min=1e-12)
    middle = (low + high) / 2
    nearest = middle - (v @ middle + c) / square * v
    along = torch.stack([-v[1], v[0]]) / square.sqrt()
    path = nearest + torch.linspace(-1, 1, POINTS)[:, None] * (high - low).norm() * along
    path = path.where(((path >= low) & (path <= high)).all(1, keepdim=True), torch.nan)
    return Path(x=path[:, 0].numpy(), y=path[:, 1].numpy(), name="border")
