"""Which metrics share a plot, by what their parts declare of them."""

from array import array

from dltui.recipes.metric import Metric
from dltui.render.metrics import groups, most_frequent_first
from dltui.runs.history import Curve

DECLARED = {
    "loss": Metric("", better="lower", progress=True),
    "test_loss": Metric("", better="lower", axis="loss"),
    "perplexity": Metric("", better="lower"),
    "accuracy": Metric("", better="higher", range=(0, 1)),
    "auc": Metric("", better="higher", range=(0, 1)),
    "fid": Metric("", better="lower"),
    "generator": Metric("", axis="discriminator"),
    "discriminator": Metric(""),
    "grad_norm": Metric("", side=True),
    "lr": Metric("", side=True),
}


def test_losses_first_then_what_is_claimed_then_scores_then_the_rest():
    names = ["test_loss", "loss", "grad_norm", "perplexity", "accuracy", "fid", "auc", "lr", "told by nobody"]
    assert groups(names, DECLARED, claimed=("fid",)) == [
        ["loss", "test_loss"], ["fid"], ["accuracy", "auc"], ["perplexity"], ["told by nobody"], ["grad_norm"], ["lr"]
    ]  # fmt: skip


def test_a_rate_that_a_claim_is_about_stands_beside_the_loss():
    found = groups(["loss", "accuracy", "lr", "grad_norm"], DECLARED, claimed=("lr", "loss"))
    assert found == [["loss"], ["lr"], ["accuracy"], ["grad_norm"]]


def test_metrics_of_one_axis_share_a_plot():
    found = groups(["discriminator", "generator", "fid"], DECLARED, ("fid",))
    assert found == [["fid"], ["discriminator", "generator"]]


def test_what_is_measured_at_every_step_comes_first_and_series_stand_together():
    def curve(count: int) -> Curve:
        return Curve(array("q", range(count)), array("d", range(count)))

    curves = {
        ("a", "accuracy"): curve(3), ("a", "loss"): curve(50), ("a", "lr"): curve(50), ("b", "accuracy"): curve(2),
        ("b", "loss"): curve(40), ("b", "fid"): curve(0),
    }  # fmt: skip
    assert most_frequent_first(curves, DECLARED) == [
        ("a", "loss"), ("b", "loss"), ("a", "accuracy"), ("b", "accuracy")
    ]  # fmt: skip
