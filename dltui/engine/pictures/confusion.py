"""What was taken for what: the confusion matrix, and the worst mistakes as pictures."""

import torch
from torch import Tensor

from dltui.engine.pictures.montage import montage

MOST_MISTAKES = 24


def confusion(targets: Tensor, predictions: Tensor, classes: tuple[str, ...]) -> dict:
    """Returns the payload `matrix` of counts, rows the truth, columns the prediction; both (N,) int64."""
    n = len(classes)
    counts = torch.bincount(targets * n + predictions, minlength=n * n).view(n, n)
    return {
        "type": "matrix",
        "values": counts.cpu().numpy(),
        "rows": list(classes),
        "columns": list(classes),
        "row_title": "true",
        "column_title": "predicted",
    }


def worst_mistakes(pictures: Tensor, targets: Tensor, probabilities: Tensor, classes: tuple[str, ...]) -> dict | None:
    """Returns the payload `image` of the test pictures (N, C, H, W) that were most surely taken for something else.

    None where there is no mistake. A caption says "truth as prediction".
    """
    sure, predictions = probabilities.max(1)
    wrong = (predictions != targets).nonzero()[:, 0]
    if not len(wrong):
        return None
    worst = wrong[sure[wrong].argsort(descending=True)][:MOST_MISTAKES]
    captions = [f"{classes[targets[row]]} as {classes[predictions[row]]}" for row in worst.tolist()]
    columns = min(8, len(worst))
    return montage(pictures[worst], columns=columns, captions=captions, title="worst mistakes")
