"""Batches: every row once an epoch, any step reached again."""

import torch

from dltui.engine.feed import Feed

CPU = torch.device("cpu")


def test_an_epoch_gives_every_row_once():
    feed = Feed(60, 20, 0, CPU)
    rows = torch.cat([feed.next() for _ in range(3)])
    assert sorted(rows.tolist()) == list(range(60))


def test_epochs_differ_and_seeds_differ():
    feed, other = Feed(64, 64, 0, CPU), Feed(64, 64, 1, CPU)
    first, second = feed.next(), feed.next()
    assert not torch.equal(first, second)
    assert not torch.equal(first, other.next())


def test_seek_goes_to_the_batch_of_any_step():
    whole = Feed(50, 8, 3, CPU)
    batches = [whole.next() for _ in range(40)]
    for step in (0, 5, 6, 7, 39):
        assert torch.equal(Feed(50, 8, 3, CPU, step).next(), batches[step])


def test_a_batch_larger_than_the_data_is_the_data():
    assert len(Feed(10, 64, 0, CPU).next()) == 10
