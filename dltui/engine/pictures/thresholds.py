"""What the threshold of a two-class decision trades: the ROC curve, precision and recall."""

import torch
from torch import Tensor


def roc(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, float]:
    """Returns (false positive rate, true positive rate, area under the curve) of scores (N,), targets (N,) in {0, 1}.

    Both rates are (K,), from (0, 0) to (1, 1), one point for each distinct score
    (Fawcett 2006, doi:10.1016/j.patrec.2005.10.010).
    """
    false, true, _ = _counts(scores, targets)
    false_rate, true_rate = false / false[-1].clamp(min=1), true / true[-1].clamp(min=1)
    return false_rate, true_rate, torch.trapezoid(true_rate, false_rate).item()


def roc_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> dict:
    """Returns the payload `lines` of the ROC curve beside that of guessing, and where the threshold in use stands."""
    false_rate, true_rate, area = roc(scores, targets)
    curves = [
        {"name": f"ROC, area {area:.3f}", "x": false_rate.cpu().numpy(), "y": true_rate.cpu().numpy()},
        {"name": "guessing", "x": [0.0, 1.0], "y": [0.0, 1.0]},
    ]
    if threshold is not None:
        said = scores >= threshold
        x, y = (said[targets == kind].double().mean().item() for kind in (0, 1))
        curves.append({"name": f"threshold {threshold:g}", "x": [x, x], "y": [0.0, y]})
    return {"type": "lines", "curves": curves, "x_title": "false positive rate", "y_title": "true positive rate"}


def precision_recall_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> dict:
    """Returns the payload `lines` of precision and recall against the threshold, and the one in use upright."""
    false, true, thresholds = _counts(scores, targets)
    false, true = false[1:], true[1:]  # at the first, infinite threshold nothing is called positive
    precision, recall = true / (true + false), true / true[-1].clamp(min=1)
    x = thresholds.cpu().numpy()
    curves = [
        {"name": "precision", "x": x, "y": precision.cpu().numpy()},
        {"name": "recall", "x": x, "y": recall.cpu().numpy()},
    ]
    if threshold is not None:
        curves.append({"name": f"threshold {threshold:g}", "x": [threshold, threshold], "y": [0.0, 1.0]})
    return {"type": "lines", "curves": curves, "x_title": "threshold", "y_title": "precision, recall"}


def _counts(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(false positives, true positives) with (K + 1,) points, and the (K,) thresholds from high to low."""
    order = scores.argsort(descending=True)
    ordered, hits = scores[order].double(), targets[order].double()
    last = torch.cat([(ordered.diff() != 0).nonzero()[:, 0], torch.tensor([len(scores) - 1], device=scores.device)])
    true = torch.cat([hits.new_zeros(1), hits.cumsum(0)[last]])
    false = torch.cat([hits.new_zeros(1), (1 - hits).cumsum(0)[last]])
    return false, true, ordered[last]
