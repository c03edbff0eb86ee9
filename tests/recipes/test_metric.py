"""What a metric declares: it is told as an event and read again, and it says no other rows than its words do."""

import re

import pytest

from dltui.recipes import schema
from dltui.recipes.metric import Metric, of_event

OF_TEST = re.compile(r"\btest\b(?! was over)")  # the learning-rate range test is no test on rows


def test_an_event_holds_the_rows_and_an_older_one_has_none():
    metric = Metric("accuracy", better="higher", range=(0, 1), rows="validation")
    assert metric.as_event()["rows"] == "validation" and "rows" not in Metric("lr").as_event()
    told = {"new": metric.as_event() | {"range": (0, 1)}, "old": {"meaning": "test accuracy"}}
    assert of_event(told) == {"new": metric, "old": Metric("test accuracy")}


@pytest.mark.parametrize("section", ["algorithm", "callback", "comparison", "probe", "task"])
def test_what_is_described_as_of_test_rows_is_declared_so(section):
    """A search would choose by it unasked."""
    found = [
        (kind, name)
        for kind in schema.own_kinds(section)
        for name, metric in schema.find(section, kind).metrics.items()
        if OF_TEST.search(metric.meaning) and metric.rows != "test"
    ]
    assert found == []
