"""Clusters of points in the plane, and the tree in which they meet."""

import torch
from torch import Tensor

SIGNS = {"noise": "×"}  # of points that belong to no cluster; dots of the others


def clusters_picture(
    points: Tensor,
    labels: Tensor,
    *,
    loose: tuple[str, ...] = (),
    marks: tuple[Tensor, Tensor] | None = None,
    paths: Tensor | None = None,
    shares: Tensor | None = None,
    titles: tuple[str, str] = ("x1", "x2"),
) -> dict:
    """Returns the payload `scatter` of points (N, 2) in their clusters (N,): from 0, or -1, -2 ... for `loose`.

    marks: places (M, 2) and their clusters (M,). paths: (steps, M, 2), the newest last. shares: (N, clusters), how
    much each point is of each: colours are mixed by them. titles: of the axes.
    """
    count = max(0, int(labels.max()) + 1)
    numbers = torch.where(labels < 0, count - 1 - labels, labels)  # -1, -2 come after the clusters
    names = [str(number + 1) for number in range(count)] + list(loose[: max(0, -int(labels.min()))])
    payload: dict[str, object] = {
        "type": "scatter",
        "x": points[:, 0].numpy(),
        "y": points[:, 1].numpy(),
        "label": numbers.numpy(),
        "classes": names,
        "x_title": titles[0],
        "y_title": titles[1],
        "behind": {name: SIGNS.get(name, "") for name in names[count:]},
    }
    if marks is not None and len(marks[0]):
        (x, y), owners = marks[0].T.numpy(), marks[1].numpy()
        payload["marks"] = {"x": x, "y": y, "label": owners, "signs": True}
    if paths is not None:
        payload["paths"] = [{"x": path[:, 0].numpy(), "y": path[:, 1].numpy()} for path in paths.unbind(1)]
    if shares is not None:
        payload["shares"] = shares.numpy()
    return payload


def tree_picture(Z: Tensor, labels: Tensor, shown: tuple[int, int], cut: float | None) -> dict:
    """Returns the payload `tree` of merges Z (N - 1, 4), branches in the colours of the clusters (N,), -1 for none.

    shown: the first row drawn and the one after the last. cut: the height of a dashed line.
    """
    payload: dict[str, object] = {
        "type": "tree",
        "merges": Z[:, :2].long().numpy(),
        "heights": Z[:, 2].numpy(),
        "label": labels.numpy(),
        "shown": list(shown),
        "y_title": "height",
    }
    return payload if cut is None else payload | {"cut": cut}
