"""Batches: every row once an epoch, any step reached again."""

import torch

from dltui.engine.contracts.batch_sampler import BatchSampler

CPU = torch.device("cpu")


def test_an_epoch_gives_every_row_once():
    batch_sampler = BatchSampler(60, 20, 0, CPU)
    rows = torch.cat([batch_sampler.next() for _ in range(3)])
    assert sorted(rows.tolist()) == list(range(60))


def test_epochs_differ_and_seeds_differ():
    batch_sampler, other = BatchSampler(64, 64, 0, CPU), BatchSampler(64, 64, 1, CPU)
    first, second = batch_sampler.next(), batch_sampler.next()
    assert not torch.equal(first, second)
    assert not torch.equal(first, other.next())


def test_seek_goes_to_the_batch_of_any_step():
    whole = BatchSampler(50, 8, 3, CPU)
    batches = [whole.next() for _ in range(40)]
    for step in (0, 5, 6, 7, 39):
        assert torch.equal(BatchSampler(50, 8, 3, CPU, step).next(), batches[step])


def test_a_batch_larger_than_the_data_is_the_data():
    assert len(BatchSampler(10, 64, 0, CPU).next()) == 10
