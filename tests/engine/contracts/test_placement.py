"""Where rows are kept is decided by their bytes and those that are free on the device."""

import pytest
import torch

from dltui.engine.contracts.placement import ON_DEVICE, placed, placement_of
from dltui.engine.device import device
from tests.engine.conftest import CPU


@pytest.mark.parametrize(
    ("train", "others", "train_on_host", "others_on_host"),
    [(40, 10, False, False), (41, 10, True, False), (1, 50, True, True), (100, 25, True, False), (100, 26, True, True)],
)
def test_rows_may_take_half_of_what_is_free(train, others, train_on_host, others_on_host):
    assert placed(train, others, free=100)[:2] == (train_on_host, others_on_host)


def test_where_the_machine_does_not_tell_they_are_on_the_device():
    assert placed(1 << 60, 1 << 60, None) == ON_DEVICE


def test_what_was_decided_is_told_in_words(data):
    """256 + 128 rows of two float32, and an int64 each: 16 bytes a row."""
    assert placement_of(data, CPU, 2 * 16 * 384) == ON_DEVICE
    found = placement_of(data, CPU, 2 * 16 * 384 - 1)
    assert found[:2] == (True, False) and found.words.startswith("training rows are read batch by batch: 6.14e-06 GB")
    on_gpu = placement_of(data, torch.device("cuda:0"), 1000).words
    assert "stay on the host, and batches of them are copied ahead" in on_gpu and on_gpu.endswith("free on cuda:0")


def test_pictures_that_are_looked_at_together_count_as_floats(data):
    pictures = data.test._replace(inputs=torch.zeros(128, 1, 8, 8, dtype=torch.uint8))
    free = 2 * (16 * 256 + 128 * (8 * 8 * 5 + 8))
    placements = [placement_of(data._replace(test=pictures), CPU, bytes_) for bytes_ in (free, free - 1)]
    assert [one.train for one in placements] == [False, True]


def test_free_memory_of_this_machine_is_a_number_of_bytes():
    free = device.free_bytes(CPU)
    assert free is None or free > 1 << 20
