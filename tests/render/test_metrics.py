"""Which metrics share a plot."""

from array import array

from dltui.render.metrics import groups, is_rate, is_side, most_frequent_first
from dltui.runs.history import Curve


def test_losses_first_then_what_is_claimed_then_scores_then_the_rest():
    found = groups(
        ["test_loss", "loss", "grad_norm", "perplexity", "accuracy", "fid", "auc", "lr"], roles=(), claimed=("fid",)
    )
    assert found == [["loss", "test_loss"], ["fid"], ["accuracy", "auc"], ["perplexity"], ["grad_norm"], ["lr"]]


def test_a_rate_that_a_claim_is_about_stands_beside_the_loss():
    found = groups(["loss", "accuracy", "lr", "grad_norm"], roles=(), claimed=("lr", "loss"))
    assert found == [["loss"], ["lr"], ["accuracy"], ["grad_norm"]]


def test_the_losses_of_two_nets_bear_their_names():
    found = groups(["discriminator", "generator", "real_score", "fake_score"], ("generator", "discriminator"), ())
    assert found == [["discriminator", "generator"], ["real_score", "fake_score"]]


def test_side_curves_of_a_role_are_side_curves():
    assert is_side("generator_grad_norm") and is_side("optimizer.lr") and not is_side("colour")


def test_only_rates_are_drawn_as_they_are():
    assert is_rate("lr") and is_rate("generator_lr") and not is_rate("grad_norm")


def test_what_is_measured_at_every_step_comes_first_and_series_stand_together():
    def curve(count: int) -> Curve:
        return Curve(array("q", range(count)), array("d", range(count)))

    curves = {
        ("a", "accuracy"): curve(3), ("a", "loss"): curve(50), ("a", "lr"): curve(50), ("b", "accuracy"): curve(2),
        ("b", "loss"): curve(40), ("b", "fid"): curve(0),
    }  # fmt: skip
    assert most_frequent_first(curves) == [("a", "loss"), ("b", "loss"), ("a", "accuracy"), ("b", "accuracy")]
