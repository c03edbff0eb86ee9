"""Rows on the host give what rows on the device give, and never too many at a time."""

import pytest
import torch

from dltui.engine.contracts import host_inputs
from dltui.engine.contracts.batch_sampler import BatchSampler
from dltui.engine.contracts.dataset import Split, as_floats
from dltui.engine.contracts.host_inputs import HostInputs
from dltui.engine.contracts.placement import Placement
from dltui.engine.contracts.rows import Rows, RowSplit
from dltui.errors import DltuiError, ExitStatus
from tests.engine.conftest import CPU

PICTURES = torch.randint(256, (50, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


STORED = {
    "pictures": PICTURES,
    "channels last": PICTURES.contiguous(memory_format=torch.channels_last),
    "numbers": torch.randn(50, 7, generator=torch.Generator().manual_seed(1)),
}


@pytest.fixture(params=STORED.values(), ids=STORED)
def stored(request) -> torch.Tensor:
    return request.param


@pytest.mark.parametrize("rows", [3, slice(2, 5), slice(None), torch.tensor([4, 0, 4]), torch.arange(50) > 40])
def test_some_rows_are_those_of_the_tensor(stored, rows):
    inputs, whole = HostInputs(stored, CPU), as_floats(stored)
    assert torch.equal(inputs[rows], whole[rows])
    assert inputs.shape == whole.shape and len(inputs) == 50 and inputs.dtype == whole.dtype and inputs.device == CPU


@pytest.mark.parametrize("chunk", [1 << 28, 10 * 3 * 16 * 4, 1])
def test_a_part_is_never_larger_than_a_chunk(monkeypatch, chunk):
    """Guards parts of as many rows as were asked for, however large these are; at least one row goes."""
    monkeypatch.setattr(host_inputs, "CHUNK", chunk)
    parts = list(HostInputs(PICTURES, CPU).split(20))
    assert torch.equal(torch.cat(parts), as_floats(PICTURES))
    assert max(map(len, parts)) == {1 << 28: 20, 10 * 3 * 16 * 4: 10, 1: 1}[chunk]
    split = RowSplit(Split(PICTURES, torch.arange(50)), CPU, on_host=True)
    assert torch.equal(torch.cat([targets for _, targets in split.parts(20)]), torch.arange(50))
    assert all(len(inputs) == len(targets) for inputs, targets in split.parts(20))


def test_batches_ahead_are_those_that_are_asked_for(stored):
    """Three batches of 16 an epoch, the order of the next one anew. Guards a buffer that is filled while it is used."""
    inputs, sampler, again = HostInputs(stored, CPU), BatchSampler(50, 16, 0, CPU), BatchSampler(50, 16, 0, CPU)
    kept = []
    for _ in range(10):
        rows, same = sampler.next(), again.next()
        assert torch.equal(rows, same)
        batch = inputs.batch(rows)
        kept.append((batch, same))
        inputs.ahead(*sampler.ahead(), rows)
        assert len(inputs._ahead) == 1 and inputs._ahead[0].rows is sampler.ahead()[0]
    for batch, rows in kept:
        there = as_floats(stored[rows])
        assert torch.equal(batch, there)
        assert batch.stride() == there.stride(), "another layout takes another convolution, with other last digits"


def test_a_batch_ahead_is_not_gathered_again(stored, monkeypatch):
    inputs, sampler = HostInputs(stored, CPU), BatchSampler(50, 16, 0, CPU)
    inputs.ahead(*sampler.ahead(), torch.tensor([0]))
    monkeypatch.setattr(HostInputs, "__getitem__", lambda *_: pytest.fail("it was copied already"))
    rows = sampler.next()
    first, second = inputs.batch(rows), inputs.batch(rows)  # of two objectives
    first += 1
    assert torch.equal(first, second + 1), "what one changes the other does not see"


def test_rows_that_the_task_looks_for_itself_are_not_copied_in_vain(stored):
    inputs, sampler = HostInputs(stored, CPU), BatchSampler(50, 16, 0, CPU)
    for _ in range(3):
        rows = sampler.next()
        assert torch.equal(inputs.batch(rows.flip(0)), as_floats(stored)[rows.flip(0)])
        inputs.ahead(*sampler.ahead(), rows)
    assert not inputs.ahead_useful and not inputs._ahead


@pytest.mark.parametrize("chunk", [1 << 28, 13 * 48 * 4])
def test_means_and_bounds_of_all_rows(monkeypatch, chunk):
    monkeypatch.setattr(host_inputs, "CHUNK", chunk)
    inputs, whole = HostInputs(PICTURES, CPU), as_floats(PICTURES)
    for ours, torchs in ((inputs.mean(), whole.mean()), (inputs.std(), whole.std()), (inputs.var(0), whole.var(0))):
        torch.testing.assert_close(ours, torchs)
    assert torch.equal(inputs.amin(0), whole.amin(0)) and torch.equal(inputs.amax(0), whole.amax(0))


@pytest.mark.parametrize(
    "ask",
    [
        lambda inputs: inputs.flatten(1),
        lambda inputs: torch.cat([inputs, inputs]),
        lambda inputs: torch.nn.Linear(4, 2)(inputs),
        lambda inputs: inputs[:, 0],
        lambda inputs: inputs.mean(1, keepdim=True),
    ],
)
def test_whoever_asks_for_all_rows_at_once_is_refused_in_words(ask):
    with pytest.raises(DltuiError, match="all 50 rows at once, too many for the memory of cpu") as raised:
        ask(HostInputs(PICTURES, CPU))
    assert raised.value.status == ExitStatus.DEVICE


def test_held_out_rows_are_views_of_the_rows_on_the_host(data):
    rows = Rows(data, CPU, placement=Placement(True, False)).with_validation(0.5)
    assert rows.train.on_host and rows.validation.on_host and not rows.test.on_host
    assert rows.train.stored.data_ptr() == data.train.inputs[128:].data_ptr()
