"""An ensemble on the plane: what each member makes of it, in small; and how good teams of every size are."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field

COLUMNS = 3
LEAST = 8  # points of the terminal in which a border can be seen
ENDS = torch.tensor([[0.12, 0.41, 0.61], [0.61, 0.41, 0.0]])  # the colours of both classes; between them it is black


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


def teams(accuracy: Tensor, members: Tensor) -> dict:
    """Returns the payload `lines` of the mean accuracy of teams of 1, 2 .. K (K,), and of the best member (members)."""
    sizes = list(range(1, len(accuracy) + 1))
    curves = [
        {"name": "averaged", "x": sizes, "y": accuracy.tolist()},
        {"name": "best member", "x": [1, len(sizes)], "y": [members.max().item()] * 2},
        {"name": "worst", "x": [1, len(sizes)], "y": [members.min().item()] * 2},
    ]
    return {"type": "lines", "curves": curves, "x_title": "members averaged", "y_title": "accuracy"}
