"""Which metrics share a plot, by what their parts declare of them."""

from array import array

from dltui.recipes.metric import Metric
from dltui.render.metrics import counters, groups, most_frequent_first
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


def test_what_is_claimed_first_then_losses_then_scores_then_the_rest():
    names = ["test_loss", "loss", "grad_norm", "perplexity", "accuracy", "fid", "auc", "lr", "told by nobody"]
    assert groups(names, DECLARED, claimed=("fid",)) == [
        ["fid"], ["loss", "test_loss"], ["accuracy", "auc"], ["perplexity"], ["told by nobody"], ["grad_norm"], ["lr"]
    ]  # fmt: skip


def test_plots_stand_in_the_order_of_the_claims_about_them():
    found = groups(["loss", "accuracy", "lr", "grad_norm"], DECLARED, claimed=("lr", "loss"))
    assert found == [["lr"], ["loss"], ["accuracy"], ["grad_norm"]]


def test_a_counter_has_no_plot_even_where_a_claim_is_about_it():
    declared = DECLARED | {"cases": Metric("", counter=True)}
    assert groups(["cases", "loss"], declared, claimed=("cases",)) == [["loss"]]
    told = {("", "cases"): Curve(array("q", [1, 2]), array("d", [20, 40])), ("", "loss"): Curve(array("q", [1]))}
    assert counters(told, declared) == {"cases": [("", 40)]}


def test_distances_from_a_reference_share_the_plot_before_the_side_curves_whatever_is_claimed():
    declared = DECLARED | {name: Metric("", better="lower", check=True) for name in ("error", "value_error")}
    found = groups(["error", "lr", "value_error", "fid"], declared, claimed=("error", "value_error"))
    assert found == [["fid"], ["error", "value_error"], ["lr"]]


def test_a_baseline_joins_the_scores_whose_axis_it_shares():
    declared = DECLARED | {"lookup": Metric("", range=(0, 1), axis="accuracy")}
    assert groups(["loss", "lookup", "accuracy"], declared, ()) == [["loss"], ["lookup", "accuracy"]]


def test_metrics_of_variants_share_no_plot_and_what_is_measured_over_all_of_them_does():
    found = groups(["loss", "test_loss", "accuracy", "auc"], DECLARED, (), apart=("loss", "test_loss"))
    assert found == [["loss"], ["accuracy", "auc"], ["test_loss"]]


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
