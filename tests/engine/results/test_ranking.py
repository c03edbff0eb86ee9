"""A ranking as a result: what was planted is found, the best stand on top, a colour for each kind."""

import pytest
import torch

from dltui.engine.algorithms import filters
from dltui.engine.data import planted
from dltui.engine.results import ranking
from tests.engine.conftest import context


@pytest.fixture
def data():
    return planted.build(rows=150, rise=2, skew=0, bump=1, wide=0, noise=5).builtin()


def made(data, **options):
    algorithm = filters.build(**options)(context(data))
    return algorithm, ranking.build()(algorithm, context(data))


def test_what_was_planted_is_found(data):
    algorithm, result = made(data)
    while not algorithm.done:
        list(result.pictures())
        algorithm.step()
    found = result.evaluate()
    assert found["information_gain"] == found["rising"] == 1
    assert set(found) <= {*ranking.METRICS, *filters.METRICS}


def test_ranks_have_the_best_on_top_and_a_colour_for_each_kind(data):
    _, result = made(data, rows_a_step=500)
    [picture] = result.pictures()
    payload = picture.payload
    order = payload["orders"][payload["columns"].index("gain")]
    assert set(order[:3]) == {"rise1", "rise2", "bump1"} == set(payload["groups"]) and payload["cut"] == 3
    assert payload["groups"]["rise1"] == payload["groups"]["rise2"] != payload["groups"]["bump1"]


def test_a_table_of_which_nothing_is_known_has_no_such_metrics(data):
    _, result = made(data._replace(columns=()))
    assert result.evaluate() == {}
    [picture] = result.pictures()
    assert sorted(picture.payload["orders"][0]) == [str(number) for number in range(1, 9)]
    assert not {"cut", "groups"} & set(picture.payload)


class Spread:
    """All that a new ranking must have: it measures how far a column is spread."""

    def __init__(self, context):
        self.x, _ = context.rows.train.table()

    def scores(self):
        return {"spread": self.x.std(0)}


def test_a_new_ranking_needs_scores_alone(data):
    wide = data._replace(train=data.train._replace(inputs=data.train.inputs * 2 ** torch.arange(8)))
    result = ranking.build()(Spread(context(wide)), context(wide))
    [picture] = result.pictures()
    assert picture.payload["orders"] == [list(reversed(wide.columns))]
    assert set(result.evaluate()) == {"spread", "rising"}
