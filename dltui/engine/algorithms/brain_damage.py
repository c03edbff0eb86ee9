"""Optimal brain damage and optimal brain surgeon: what the loss grows by if a weight is pruned, beside its magnitude.

LeCun, Denker, Solla 1990, "Optimal brain damage"; Hassibi, Stork 1993, "Second order derivatives for network pruning".
At a minimum the gradient is 0, and the loss around the weights a is L + 1/2 da^T H da, with the second derivatives H.
"""

import copy
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.models import mlp
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

METRICS = {
    "sparsity": Metric("share of the weights that are pruned", range=(0, 1)),
    "loss_magnitude": Metric("mean loss on the test rows, the smallest weights pruned", better="lower", rows="test"),
    "loss_obd": Metric(
        "mean loss on the test rows, pruned by a^2 H_ii", better="lower", axis="loss_magnitude", rows="test"
    ),
    "loss_obs": Metric(
        "mean loss on the test rows, pruned by a^2 / [H^-1]_ii, the others moved",
        better="lower",
        axis="loss_magnitude",
        rows="test",
    ),
    "accuracy_magnitude": Metric(
        "test accuracy, the smallest weights pruned", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_obd": Metric("test accuracy, pruned by a^2 H_ii", better="higher", range=(0, 1), rows="test"),
    "accuracy_obs": Metric("test accuracy, pruned by a^2 / [H^-1]_ii", better="higher", range=(0, 1), rows="test"),
}
RULES = ("magnitude", "obd", "obs")
LR, DECAY = 0.01, 1e-4  # of the training before
ROWS = 300  # training rows that second derivatives are measured on
LARGEST = 5000  # weights whose second derivatives, one of each with each, have room
LOWEST = 1e-9  # saliency that is drawn
UNITS = 8  # of the first layer that are drawn


def build(
    *, hidden: int = 12, learn: int = 400, share: float = 0.02, damping: float = 1e-5
) -> Callable[[Context], "BrainDamage"]:
    """Each step prunes some weights of three copies of a trained net by a rule each; nothing is learned any more.

    hidden: units of the hidden layer, at least 1, at most 200.
    learn: steps of training before the first weight is pruned, at least 1.
    share: of the weights pruned at each step, above 0, at most 1.
    damping: added to every second derivative H_ii, so that H can be inverted, above 0.
    """

    def begin(context: Context) -> BrainDamage:
        rows = context.rows.labelled()
        inputs, classes = rows.train.stored[0].numel(), len(rows.classes)
        if (inputs + classes) * hidden > LARGEST:
            what = f"A net of {(inputs + classes) * hidden:,} weights has too many pairs of them; {LARGEST:,} at most."
            raise DltuiError(what, "Make algorithm.hidden smaller, or take data.kind=digits.", ExitStatus.USAGE)
        net = mlp.build(inputs=inputs, hidden=[hidden], outputs=classes).to(context.device)
        trained(net, rows, learn)
        return BrainDamage(rows, net, share, damping)

    return begin


def trained(net: nn.Module, rows: Rows, steps: int) -> None:
    """Trains a net by all rows at once, then holds it still."""
    optimizer = torch.optim.Adam(net.parameters(), LR, weight_decay=DECAY)
    with torch.enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            cross_entropy(net(rows.train.inputs), rows.train.targets).backward()
            optimizer.step()
    net.requires_grad_(False)


def hessian_factor(net: nn.Module, names: list[str], inputs: Tensor) -> Tensor:
    """Returns A (N K, P) with H = A^T A, of the cross-entropy's mean over inputs (N, ...) by the P weights named.

    H = 1/N sum of J^T (diag(p) - p p^T) J, J (K, P) being the logits' derivatives and p the K probabilities: of the
    second derivatives the Gauss-Newton part, which is never negative; the rest vanishes as the net learns.
    """
    fixed = dict(net.named_parameters())
    moved = {name: fixed.pop(name).detach() for name in names}

    def logits(moved: dict[str, Tensor], row: Tensor) -> Tensor:
        return functional_call(net, {**moved, **fixed}, (row[None],))[0]

    slopes = vmap(jacrev(logits), (None, 0))(moved, inputs)
    J = torch.cat([slopes[name].flatten(2) for name in names], 2)  # (N, K, P)
    p = net(inputs).detach().softmax(1)
    # diag(p) - p p^T = S S^T, where S = diag(sqrt p) - p sqrt(p)^T
    S = torch.diag_embed(p.sqrt()) - p[:, :, None] * p.sqrt()[:, None, :]
    return (S.transpose(1, 2) @ J).flatten(0, 1).detach() / len(inputs) ** 0.5


def obd_saliency(a: Tensor, diagonal: Tensor) -> Tensor:
    """a (P), H_ii (P) -> a_i^2 H_ii / 2: what the loss grows by if weight i is pruned and nothing else moves."""
    return a.square() * diagonal / 2


def obs_saliency(a: Tensor, inverse: Tensor) -> Tensor:
    """a (P), H^-1 (P, P) -> a_i^2 / (2 [H^-1]_ii): what it grows by if the others move to make up for weight i."""
    return a.square() / (2 * inverse.diagonal())


def obs_prune(a: Tensor, inverse: Tensor, count: int) -> Tensor:
    """Prunes `count` of the weights a (P), each time the least salient; returns a with these 0, the others moved.

    inverse (P, P): H^-1 of these weights. After each it is made that of the weights that are left.
    """
    a, inverse = a.clone(), inverse.clone()
    left = torch.ones_like(a, dtype=torch.bool)
    for _ in range(count):
        q = int(torch.where(left, obs_saliency(a, inverse), torch.inf).argmin())
        column = inverse[:, q] / inverse[q, q]
        a -= a[q] * column
        inverse -= torch.outer(column, inverse[q].clone())
        left[q] = False
        a[~left] = 0  # what rounding has left of them
        inverse[q, q] = 1  # its own place in the diagonal is divided by
    return a


class BrainDamage(nn.Module):
    """A trained net and a copy for each rule. H is measured anew at each step, where the weights are. Biases stay."""

    def __init__(self, rows: Rows, net: nn.Module, share: float, damping: float):
        super().__init__()
        self.rows, self.whole, self.share, self.damping = rows, net, share, damping
        self.names = [name for name, p in net.named_parameters() if p.dim() > 1]
        self.nets = nn.ModuleDict({rule: copy.deepcopy(net) for rule in RULES})
        a = self.weights("magnitude")
        self.began = a.abs(), obd_saliency(a, self._diagonal(net))  # of the whole net's weights
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("losses", self._measure()[0][None])  # (steps + 1, rules)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be pruned."""
        return int(self.steps) >= math.ceil(1 / self.share)

    @torch.no_grad()
    def step(self) -> None:
        """Prunes the next share of each copy."""
        self.steps += 1
        count = round(min(1.0, int(self.steps) * self.share) * len(self.began[0]))
        for rule in RULES:
            weights = weights_of(self.nets[rule])
            vector_to_parameters(self._pruned(rule, self.weights(rule), count).to(weights[0].dtype), weights)
        self.losses = torch.cat([self.losses, self._measure()[0][None]])

    def _pruned(self, rule: str, a: Tensor, count: int) -> Tensor:
        """a (P) -> the weights of which `count` are 0, by the rule."""
        if rule == "obs":
            left = a != 0
            a[left] = obs_prune(a[left], self._inverse(self.nets[rule], left), count - int((~left).sum()))
            return a
        saliency = a.abs() if rule == "magnitude" else obd_saliency(a, self._diagonal(self.nets[rule]))
        a[saliency.argsort(stable=True)[:count]] = 0
        return a

    def _diagonal(self, net: nn.Module) -> Tensor:
        """H_ii (P)."""
        return hessian_factor(net, self.names, self.rows.train.inputs[:ROWS]).square().sum(0) + self.damping

    def _inverse(self, net: nn.Module, left: Tensor) -> Tensor:
        """H^-1 of the weights that are left."""
        A = hessian_factor(net, self.names, self.rows.train.inputs[:ROWS])[:, left].double()
        H = A.T @ A
        H.diagonal().add_(self.damping)
        return torch.cholesky_inverse(torch.linalg.cholesky(H))

    def weights(self, rule: str) -> Tensor:
        """(P,), float64: two second derivatives can differ by more than float32 holds."""
        return parameters_to_vector(weights_of(self.nets[rule])).detach().double()

    def _measure(self) -> tuple[Tensor, Tensor]:
        """(rules,) mean losses and (rules,) accuracies on the test rows."""
        logits = torch.stack([net(self.rows.test.inputs) for net in self.nets.values()])
        losses = torch.stack([cross_entropy(each, self.rows.test.targets) for each in logits])
        return losses.cpu(), (logits.argmax(2) == self.rows.test.targets).float().mean(1).cpu()

    def evaluate(self) -> dict[str, float]:
        """How much is pruned, and what the three nets are worth."""
        losses, accuracies = (dict(zip(RULES, values.tolist(), strict=True)) for values in self._measure())
        values = {"sparsity": (self.weights("magnitude") == 0).double().mean().item()}
        for rule in RULES:
            values |= {f"loss_{rule}": losses[rule], f"accuracy_{rule}": accuracies[rule]}
        return values

    def pictures(self) -> Iterator[Picture]:
        """The loss by each rule, which weights each has pruned, and the weights of their first units as pictures."""
        x = (torch.arange(len(self.losses)) * self.share).clamp(max=1).tolist()
        curves = {rule: (x, losses.tolist()) for rule, losses in zip(RULES, self.losses.T, strict=True)}
        yield Picture("loss", lines(curves, x_title="share pruned", y_title="test loss", log_y=True))
        yield Picture("magnitude and saliency", self._choices())
        shape = self.rows.train.stored.shape[1:]
        if len(shape) == 3 and shape[0] == 1:
            first = [weights_of(net)[0][:UNITS] for net in self.nets.values()]
            scale = weights_of(self.whole)[0].abs().max()
            pictures = torch.cat([0.5 + 0.5 * rows / scale for rows in first]).view(-1, *shape)  # grey for 0
            yield Picture("first units", montage(pictures, columns=len(first[0]), row_titles=list(RULES)))

    def _choices(self) -> Scatter:
        """Each weight of the whole net: its magnitude, its saliency, and which of two rules has pruned it."""
        magnitudes, saliencies = self.began
        by_magnitude, by_obd = (self.weights(rule) == 0 for rule in ("magnitude", "obd"))
        return Scatter(
            x=magnitudes.clamp(min=1e-3).log10().tolist(),
            y=saliencies.clamp(min=LOWEST).log10().tolist(),
            label=(by_magnitude.long() + 2 * by_obd.long()).tolist(),
            classes=["left by both", "pruned by magnitude", "pruned by obd", "pruned by both"],
            x_title="log10 |a|",
            y_title="log10 a^2 H_ii / 2",
        )
