"""What the threshold of a two-class decision trades: ROC, precision, recall, histograms as curves, scores as a table.

Fawcett 2006, doi:10.1016/j.patrec.2005.10.010.
"""

import torch
from torch import Tensor

from dltui.engine.pictures.lines import lines
from dltui.runs.payloads import Lines, Table

BINS = 40  # of the histogram
SPANNED = 0.99  # of the scores, by the histogram


def roc_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """The ROC curve of scores (N,) and targets (N,) in {0, 1}, that of guessing, and where the threshold stands."""
    from sklearn.metrics import auc, roc_curve  # 1.8 s

    false_rate, true_rate, _ = roc_curve(targets.cpu().numpy(), scores.cpu().numpy(), drop_intermediate=False)
    curves = {f"ROC, area {auc(false_rate, true_rate):.3f}": (false_rate, true_rate)}
    curves["guessing"] = [0.0, 1.0], [0.0, 1.0]
    if threshold is not None:
        positive = scores >= threshold
        x, y = (positive[targets == kind].double().mean().item() for kind in (0, 1))
        curves[f"threshold {threshold:g}"] = [x, x], [0.0, y]
    return lines(curves, x_title="false positive rate", y_title="true positive rate")


def precision_over_recall(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """Precision of scores (N,), targets (N,) in {0, 1} against recall, that of guessing, and the threshold in use."""
    from sklearn.metrics import average_precision_score, precision_recall_curve  # 1.8 s

    y, p = targets.cpu().numpy(), scores.cpu().numpy()
    precision, recall, _ = (values[::-1][1:] for values in precision_recall_curve(y, p))  # the first has no threshold
    share = y.mean().item()
    curves = {f"all, area {average_precision_score(y, p):.2f}": (recall, precision)}
    curves["guessing"] = [0.0, 1.0], [share, share]
    if threshold is not None:
        found = p >= threshold
        true, positive = int((found & (y == 1)).sum()), max(1, int(found.sum()))
        x = true / max(1, int(y.sum()))
        curves = {f"threshold {threshold:g}": ([x, x], [0.0, true / positive]), **curves}
    return lines(curves, x_title="recall", y_title="precision")


def precision_recall_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """Precision and recall of scores (N,), targets (N,) in {0, 1} against the threshold, the one in use upright."""
    from sklearn.metrics import precision_recall_curve  # 1.8 s

    precision, recall, thresholds = precision_recall_curve(targets.cpu().numpy(), scores.cpu().numpy())
    # the last point, precision 1 at recall 0, has no threshold
    curves = {"precision": (thresholds, precision[:-1]), "recall": (thresholds, recall[:-1])}
    if threshold is not None:
        curves[f"threshold {threshold:g}"] = [threshold, threshold], [0.0, 1.0]
    return lines(curves, x_title="threshold", y_title="precision, recall")


def histogram(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """The share of each class, targets (N,) in {0, 1}, in every range of scores (N,); the threshold in use upright."""
    edges = torch.linspace(min(0.0, scores.min().item()), scores.quantile(SPANNED).item(), BINS + 1)
    curves = {}
    for name, kind in (("positive", 1), ("negative", 0)):
        of_class = scores[targets == kind].cpu()
        curves[name] = (edges[1:] + edges[:-1]) / 2, torch.histogram(of_class, edges)[0] / max(1, len(of_class))
    if threshold is not None:
        curves[f"threshold {threshold:g}"] = [threshold] * 2, [0.0, max(y.max().item() for _, y in curves.values())]
    return lines(curves, x_title="score", y_title="share of the class")


def scores_table(targets: Tensor, predictions: Tensor, classes: tuple[str, ...]) -> Table:
    """Scores of predictions (N,) for targets (N,) in {0, 1} beside those of always predicting the first class."""
    from sklearn.metrics import precision_recall_fscore_support  # 1.8 s

    y, predicted = targets.cpu().numpy(), predictions.cpu().numpy()
    values = precision_recall_fscore_support(y, predicted, average="binary", zero_division=0)
    now = {"accuracy": (y == predicted).mean(), **dict(zip(("precision", "recall", "f1"), values, strict=False))}
    rows = [[name, float(1 - y.mean()) if name == "accuracy" else 0.0, float(value)] for name, value in now.items()]
    return Table(columns=["", f"always {classes[0]}", "the net"], rows=rows)
