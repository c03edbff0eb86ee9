"""Planted columns tell of the class in the way that their names say, and noise does not."""

import pytest
import torch

from dltui.engine.contracts.identity import identity_of
from dltui.engine.data import planted


@pytest.fixture
def columns():
    """name -> (values of the three classes), of many rows."""
    data = planted.build(rows=9000, pairs=1, noise=3, seed=1).builtin()
    x, y = torch.cat([data.train.inputs, data.test.inputs]), torch.cat([data.train.targets, data.test.targets])
    return {name: [x[y == c, at] for c in range(3)] for at, name in enumerate(data.columns)}


def test_each_kind_is_what_it_says(columns):
    means = {name: [part.mean().item() for part in parts] for name, parts in columns.items()}
    assert means["rise1"] == sorted(means["rise1"]) and means["rise1"][2] - means["rise1"][0] > 1.2
    medians = [part.median().item() for part in columns["skew2"]]
    assert medians == sorted(medians) and max(part.abs().max() for part in columns["skew2"]) > 20
    low, middle, high = means["bump1"]
    assert middle - max(low, high) > 1 and abs(low - high) < 0.1
    assert max(means["wide1"]) - min(means["wide1"]) < 0.15
    spread = [part.std().item() for part in columns["wide1"]]
    assert spread[2] > 2.5 * spread[0] and spread[0] == pytest.approx(spread[1], rel=0.1)
    for name in ("noise1", "pair1a", "pair1b"):
        assert max(map(abs, means[name])) < 0.06


def test_a_pair_tells_only_together(columns):
    agree = [
        (a.sign() == b.sign()).float().mean().item() for a, b in zip(columns["pair1a"], columns["pair1b"], strict=True)
    ]
    assert agree[1] > 0.95 and max(agree[0], agree[2]) < 0.05


def test_what_is_planted_is_known_and_columns_are_mixed():
    data = planted.build().builtin()
    known = planted.planted(data.columns)
    assert sum(known) == 8 and len(known) == 24 == data.train.inputs.shape[1]
    assert known != sorted(known, reverse=True)
    assert planted.planted(("radius", "area")) == [] == planted.planted(())


def test_copies_of_a_rising_column_are_one_signal_with_it():
    data = planted.build(rows=9000, rise=2, copies=2, skew=0, bump=1, wide=0, noise=2).builtin()
    found = {name: data.train.inputs[:, at] for at, name in enumerate(data.columns)}
    assert torch.corrcoef(torch.stack([found["rise1"], found["rise1-copy1"], found["rise1-copy2"]])).min() > 0.99
    assert torch.corrcoef(torch.stack([found["rise1"], found["rise2"]]))[0, 1] < 0.9
    carried = [
        {name for name, carries in zip(data.columns, signal, strict=True) if carries}
        for signal in planted.signals(data.columns)
    ]
    groups = [{"bump1"}, *({f"rise{k}", f"rise{k}-copy1", f"rise{k}-copy2"} for k in (1, 2))]
    assert sorted(carried, key=min) == groups and planted.signals(("radius", "area")) == []


def test_every_table_of_every_seed_is_another_draw():
    """Guards a mean over tables: seeds that follow each other share no table, or they would be no new evidence."""
    drawn = [planted.build(rows=60, noise=3, tables=3, seed=seed).builtin() for seed in (4, 5, 6)]
    tables = [table for first in drawn for table in (first, *first.draws)]
    assert len({table.train.inputs.numpy().tobytes() for table in tables}) == len(tables) == 9
    assert all(sorted(table.columns) == sorted(tables[0].columns) for table in tables)
    alone = planted.build(rows=60, noise=3, seed=4).builtin()
    assert torch.equal(alone.train.inputs, drawn[0].train.inputs) and alone.draws == ()
    assert "3 such tables" in drawn[0].detail and "such" not in alone.detail


def test_rows_are_known_again_by_all_tables():
    """Guards a resume: of a run on several tables the second and third decide its metrics too."""
    data = planted.build(rows=60, noise=3, tables=3).builtin()
    other = data._replace(draws=(data.draws[0], planted.build(rows=60, noise=3, seed=9).builtin()))
    assert identity_of(data) == identity_of(planted.build(rows=60, noise=3, tables=3).builtin())
    assert identity_of(data) != identity_of(other)


def test_a_binary_column_has_two_values_and_the_greater_grows_more_frequent():
    data = planted.build(rows=9000, rise=0, skew=0, bump=0, wide=0, binary=1, noise=1).builtin()
    values = data.train.inputs[:, data.columns.index("binary1")]
    assert len(values.unique()) == 2 and sum(planted.planted(data.columns)) == 1
    share = [(values[data.train.targets == c] > 0).float().mean().item() for c in range(3)]
    assert share == pytest.approx([0.35, 0.5, 0.65], abs=0.03)
