"""What the threshold of a two-class decision trades, as curves: ROC, precision and recall.

Fawcett 2006, doi:10.1016/j.patrec.2005.10.010.
"""

from torch import Tensor

from dltui.runs.payloads import Curve, Lines


def roc_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """The ROC curve of scores (N,) and targets (N,) in {0, 1}, that of guessing, and where the threshold stands."""
    from sklearn.metrics import auc, roc_curve  # 1.8 s

    false_rate, true_rate, _ = roc_curve(targets.cpu().numpy(), scores.cpu().numpy(), drop_intermediate=False)
    curves = [
        Curve(name=f"ROC, area {auc(false_rate, true_rate):.3f}", x=false_rate, y=true_rate),
        Curve(name="guessing", x=[0.0, 1.0], y=[0.0, 1.0]),
    ]
    if threshold is not None:
        positive = scores >= threshold
        x, y = (positive[targets == kind].double().mean().item() for kind in (0, 1))
        curves.append(Curve(name=f"threshold {threshold:g}", x=[x, x], y=[0.0, y]))
    return Lines(curves=curves, x_title="false positive rate", y_title="true positive rate")


def precision_recall_picture(scores: Tensor, targets: Tensor, threshold: float | None = None) -> Lines:
    """Precision and recall of scores (N,), targets (N,) in {0, 1} against the threshold, the one in use upright."""
    from sklearn.metrics import precision_recall_curve  # 1.8 s

    precision, recall, thresholds = precision_recall_curve(targets.cpu().numpy(), scores.cpu().numpy())
    curves = [  # the last point, precision 1 at recall 0, has no threshold
        Curve(name="precision", x=thresholds, y=precision[:-1]),
        Curve(name="recall", x=thresholds, y=recall[:-1]),
    ]
    if threshold is not None:
        curves.append(Curve(name=f"threshold {threshold:g}", x=[threshold, threshold], y=[0.0, 1.0]))
    return Lines(curves=curves, x_title="threshold", y_title="precision, recall")
