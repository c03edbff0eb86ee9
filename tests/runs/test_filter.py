"""The filter of runs: what each part means, names by their beginnings, and errors that say where and what."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import filter as filters
from dltui.runs.annotations import Annotations
from dltui.runs.filter import Filter, FilterError


class Run(NamedTuple):
    """What a filter asks of a run."""

    id: str = "gan-mnist-20261120-200330-e3ed"
    recipe: str = "gan-mnist"
    topic: str = "12_generative"
    status: str = "done"
    claim: str = "met"
    imported: bool = False
    annotations: Annotations = Annotations("Best so far", ("baseline", "lr-0.1"), "", "lr-study", True)
    numbers: dict = {"accuracy": 0.95, "test_loss": 0.2, "step": 100, "steps": 100, "seconds": 42.0}  # noqa: RUF012


RUN = Run()
VARIANTS = Run(numbers={"line.accuracy": 0.88, "net.accuracy": 0.99, "net.loss": float("nan"), "fid.first": 300.0})


def holds(text: str, run: Run = RUN) -> bool:
    return filters.parse(text).resolved(run.numbers).holds(run)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "gan", "GAN e3ed", "gan mnist 2026", "topic:gan", "topic:12_generative", "topic:12", "topic:GENER",
        "status:done", "Status:DO", "recipe:mnist", "claim:met", "seconds<60", "seconds < 60", "acc > 0.9",
        "accuracy>=0.95", "accuracy >=0.95", "accuracy= 0.95", "accuracy == .95", "acc != 1", "Acc > 9e-1",
        "acc > 0.9 topic:gan e3ed", "sec > -inf", "step = 100", "best", "name:BEST", "name:far", "tag:baseline",
        "tag:#Baseline", "tag:lr-*", "tag:*", "group:lr-study", "group:*", "pinned", "pinned:yes", "pinned:y",
        "seconds < 1m", "sec > 0.5min", "seconds<1h",
    ],
)  # fmt: skip
def test_what_holds(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "moons", "gan moons", "topic:1", "topic:120", "topic:segmentation", "status:failed", "status:live",
        "recipe:mlp", "claim:missed", "claim:none", "seconds<42", "acc > 0.95", "acc < nan", "acc = nan",
        "acc > 0.9 status:stopped", "name:worst", "tag:base", "tag:lr", "group:lr", "pinned:no", "status:imported",
        "seconds > 1m",
    ],
)  # fmt: skip
def test_what_does_not_hold(text):
    assert not holds(text)


def test_a_topics_number_is_a_whole_number():
    run = RUN._replace(topic="01_foundations")
    assert holds("topic:1", run) and holds("topic:01", run) and not holds("topic:0", run)


def test_live_is_starting_running_or_paused():
    assert all(holds("status:live", RUN._replace(status=status)) for status in filters.LIVE)
    assert not holds("status:li", RUN._replace(status="lost")) and holds("status:l", RUN._replace(status="lost"))


def test_one_variant_is_enough_and_can_be_named():
    assert holds("acc > 0.9", VARIANTS) and holds("accuracy < 0.9", VARIANTS)
    assert holds("net.acc > 0.9", VARIANTS) and not holds("line.acc > 0.9", VARIANTS)
    assert not holds("accuracy > 0.99", VARIANTS)


def test_a_value_that_is_no_number_can_be_looked_for():
    assert holds("loss = nan", VARIANTS) and not holds("loss != nan", VARIANTS) and not holds("loss < 1", VARIANTS)


def test_a_statistic_is_named_with_its_metric():
    assert holds("fid.first > 200", VARIANTS)
    with pytest.raises(FilterError, match='no run has a value "first"'):
        holds("first > 200", VARIANTS)


def test_a_run_without_the_value_does_not_hold():
    assert not filters.parse("fid < 100").resolved(["fid"]).holds(RUN)


def test_the_very_name_is_meant_before_longer_ones():
    known = ["loss", "loss_real", "test_loss", "line.auc"]
    assert filters.parse("loss < 1").resolved(known).metrics == ["loss"]
    assert filters.parse("au > 1 loss_r<1").resolved(known).metrics == ["auc", "loss_real"]


def test_a_metric_is_meant_before_a_variant_that_begins_so():
    assert filters.parse("a > 0").resolved(["adam.loss", "accuracy"]).metrics == ["accuracy"]
    assert filters.parse("ad > 0").resolved(["adam.loss", "accuracy"]).metrics == ["adam.loss"]


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("mlp acc >", 9, 'there is no number after ">"'),
        ("acc > much", 6, '"much" is no number. Example: acc > 0.9'),
        ("acc > 1_0", 6, '"1_0" is no number'),
        ("mlp > 0.9 < 1", 10, '"<" has no name before it'),
        ("mlp =5 !", 7, '"!" has no name before it'),
        ("mlp tpic:gan", 4, '"tpic:" is unknown. Did you mean "topic"?'),
        ("mlp topic:", 10, 'nothing stands after "topic:". Example: topic:generative'),
        ("status:dnoe", 7, 'there is no status "dnoe". Did you mean "done"?'),
        ("claim:yes", 6, 'there is no claim "yes"'),
        ("tag:", 4, 'nothing stands after "tag:". Example: tag:baseline'),
        ("pinned:maybe", 7, 'there is no pinned "maybe"'),
        ("seconds < 5y", 10, '"5y" is no number'),
        ("x s > 1", 2, '"s" begins several names: seconds, step, steps'),
        ("acuracy > 1", 0, 'no run has a value "acuracy". Did you mean "accuracy"?'),
    ],
)
def test_what_is_wrong_and_where(text, position, said):
    with pytest.raises(FilterError) as wrong:
        filters.parse(text).resolved(["accuracy"])
    assert said in str(wrong.value) and f"column {position + 1}:" in str(wrong.value)
    assert wrong.value.position == position and wrong.value.status == ExitStatus.USAGE


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_an_error_within_it(text):
    try:
        found = filters.parse(text)
    except DltuiError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert isinstance(found.holds(RUN), bool)


def test_the_parts_that_need_no_log():
    assert Filter().holds(RUN)
    asked = filters.parse("mlp status:done topic:gan claim:met recipe:x acc > 1 tag:a pinned")
    assert asked.of_names == filters.parse("mlp topic:gan recipe:x tag:a pinned")


def test_a_log_of_another_trainer_is_imported_and_done():
    run = RUN._replace(imported=True)
    assert holds("status:imported", run) and holds("status:imp", run) and holds("status:done", run)


def test_what_was_not_noted_does_not_hold():
    run = RUN._replace(annotations=Annotations())
    assert holds("pinned:no", run)
    assert not any(holds(text, run) for text in ("pinned", "tag:*", "group:*", "name:best", "best"))


# -- settings ----------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A run of two variants, as far as its settings are asked for."""

    settings: dict = {  # noqa: RUF012
        "optimizer.lr": [0.1, 0.001], "optimizer.kind": ["adam", "adam"], "model.hidden": [[], [16, 16]],
        "model.batch_norm": [True, False], "train.steps": [300, 300],
    }  # fmt: skip

    def values_of_setting(self, key: str) -> list:
        return self.settings.get(key, [])


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("optimizer.lr > 0.01", True), ("optimizer.lr>=0.1", True), ("optimizer.lr < 0.0001", False),
        ("optimizer.lr=1e-3", True), ("optimizer.kind=adam", True), ("optimizer.kind = ADAM", True),
        ("optimizer.kind != adam", False), ("optimizer.kind=sgd", False), ("model.hidden=[16,16]", True),
        ("model.hidden=[16]", False), ("model.batch_norm=true", True), ("train.steps=300 optimizer.lr<1", True),
        ("train.steps > 300", False), ("train.steps=adam", False),
    ],
)  # fmt: skip
def test_a_run_is_chosen_by_what_it_was_told_to_do(text, holds):
    assert filters.parse(text).holds(Told()) is holds


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("optimizer.lr > fast", 15, '"fast" is no number.'),
        ("mlp optimizer.kind=", 19, 'nothing stands after "=".'),
        ("mlp optimizer.lrr=1", 4, 'no run has "optimizer.lrr". Did you mean "optimizer.lr"?'),
    ],
)
def test_a_wrong_setting_is_told_with_its_place(text, position, said):
    with pytest.raises(FilterError) as caught:
        filters.parse(text).check_settings([Told()], lambda: Told().settings)
    assert caught.value.position == position and said in str(caught.value)
