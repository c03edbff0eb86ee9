"""An ensemble: its members' probabilities averaged, what each makes of the plane, how good teams of every size are.

Hansen and Salamon 1990, doi:10.1109/34.58871.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field
from dltui.runs.payloads import Lines

MOST_TEAMS = 200  # of one size that are looked at
COLUMNS = 3
LEAST = 8  # points of the terminal in which a border can be seen
ENDS = torch.tensor([[0.12, 0.41, 0.61], [0.61, 0.41, 0.0]])  # the colours of both classes; between them it is black


def averaged(logits: Tensor) -> Tensor:
    """logits (K, N, classes) of K members -> probabilities (N, classes): the mean of theirs."""
    return logits.softmax(-1).mean(0)


def accuracies(logits: Tensor, targets: Tensor) -> Tensor:
    """logits (K, N, classes), targets (N,) -> share of rows that each member classifies rightly, (K,)."""
    return (logits.argmax(-1) == targets).float().mean(-1)


def by_size(logits: Tensor, targets: Tensor) -> Tensor:
    """Returns the mean accuracy of all teams of 1, 2 .. K members, (K,); of MOST_TEAMS where there are more."""
    probabilities, found = logits.softmax(-1), []
    for size in range(1, len(logits) + 1):
        teams = [team for team, _ in zip(combinations(range(len(logits)), size), range(MOST_TEAMS), strict=False)]
        answers = torch.stack([probabilities[list(team)].mean(0).argmax(-1) for team in teams])  # (teams, N)
        found.append((answers == targets).float().mean())
    return torch.stack(found)


def measured(logits: Tensor, targets: Tensor) -> dict[str, float]:
    """Metrics of an ensemble by its members' logits (K, N, classes), targets (N,)."""
    probabilities = averaged(logits)
    return {
        "ensemble_accuracy": (probabilities.argmax(-1) == targets).float().mean().item(),
        "mean_accuracy": accuracies(logits, targets).mean().item(),
        "ensemble_loss": nll_loss(probabilities.clamp(min=1e-30).log(), targets).item(),
        "mean_loss": cross_entropy(logits.flatten(0, 1), targets.repeat(len(logits))).item(),
    }


def ensemble_pictures(nets: list[nn.Module], logits: Tensor, rows: Rows, pane: str) -> Iterator[Picture]:
    """On a plane the average and each member, the latter in `pane`; then teams. logits (K, N, classes) of test rows."""
    train, single = rows.train, accuracies(logits, rows.test.targets)
    if train.stored.shape[1:] == (2,) and len(rows.classes) == 2:
        points = train.inputs, train.targets, rows.classes
        yield Picture(
            "average", decision_field(lambda plane: averaged(torch.stack([net(plane) for net in nets]))[:, 1], *points)
        )
        names = [f"{k}: {share:.3f}" for k, share in enumerate(single.tolist(), 1)]
        yield Picture(pane, members_on_the_plane(nets, *points, names))
    yield Picture("how many", teams(by_size(logits, rows.test.targets), single))


def members_on_the_plane(
    nets: Iterable[nn.Module], points: Tensor, labels: Tensor, classes: tuple[str, ...], names: list[str]
) -> dict:
    """Returns the payload `image`: the field of each net over the plane of the points (N, 2).

    nets: rows (M, 2) -> logits (M, 2). names: what stands under each.
    """
    fields = []
    for net in nets:
        field = decision_field(lambda rows, net=net: net(rows).softmax(-1)[:, 1], points, labels, classes)
        fields.append(torch.as_tensor(field["values"]))
    p = torch.stack(fields)[:, None]  # (members, 1, H, W)
    colour = torch.where(p > 0.5, ENDS[1].view(3, 1, 1), ENDS[0].view(3, 1, 1))
    return montage(
        (2 * p - 1).abs() * colour, columns=COLUMNS, captions=names, title="each member by itself", least=LEAST
    )


def teams(accuracy: Tensor, members: Tensor) -> Lines:
    """The mean accuracy of teams of 1, 2 .. K (K,), and that of the best and the worst member (members)."""
    curves = {"averaged": (list(range(1, len(accuracy) + 1)), accuracy.tolist())}
    for name, level in {"best member": members.max(), "worst": members.min()}.items():
        curves[name] = [1, len(accuracy)], [level.item()] * 2
    return lines(curves, x_title="members averaged", y_title="accuracy")
