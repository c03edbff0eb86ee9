"""Device speed: operations counted as torch counts them, a clock that takes the quickest, and a roof of two limits."""

import time

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from dltui.engine.algorithms import device_speed
from dltui.engine.algorithms.device_speed import CHANNELS, LARGE, METRICS, build, seconds, slowdown, stored_product
from dltui.errors import DltuiError
from tests.engine.conftest import CPU, context

SIZES = [2, 8, 16]


def measured(monkeypatch, rates, **options):
    """A process of which every case has the rate that `rates` tells for its kind, operations a second."""
    monkeypatch.setattr(device_speed, "LARGE", 64)
    process = build(sizes=SIZES, **options)(context())
    monkeypatch.setattr(device_speed, "seconds", lambda case, device: case.operations / rates(case))
    while not process.done:
        process.step()
    return process


def test_operations_are_those_that_torch_counts(monkeypatch):
    monkeypatch.setattr(device_speed, "LARGE", 64)
    for case in device_speed.cases(SIZES, "library", CPU):
        with FlopCounterMode(display=False) as counter:
            case.run()
        if case.kind != "add":  # torch counts products only
            assert counter.get_total_flops() == case.operations, case


def test_a_product_of_n_rows_does_n_sixths_operations_a_byte():
    """NUMBERS of the lesson: 2 n^3 / (3 n^2 4)."""
    process = build(sizes=[6, 60])(context())
    assert [case.intensity for case in process.cases if case[:2] == ("product", "float32")] == [1, 10]
    assert process.case("add").intensity == pytest.approx(1 / 12) and process.case("add").size == LARGE


def test_a_product_that_is_stored_first_is_the_same_product():
    a, b = torch.rand(5, 7, dtype=torch.float64), torch.rand(7, 3, dtype=torch.float64)
    torch.testing.assert_close(stored_product(a, b), a @ b)


def test_the_quickest_of_all_measurements_counts(monkeypatch):
    """On a busy machine the others are of something else."""
    times = iter([0, 5, 10, 12, 20, 29, 30, 34, 40, 47])  # durations 5, 2, 9, 4, 7
    monkeypatch.setattr(time, "process_time", lambda: next(times))
    ran = []
    case = device_speed.Case("product", "float32", 1, int(2e7), 1, lambda: ran.append(1))
    assert seconds(case, CPU) == 1 and len(ran) == 1 + 5 * 2  # two runs a measurement, and one before all


def test_the_roof_is_the_lower_of_both_limits(monkeypatch):
    rates = {"peak": 100.0, "add": 4.0, "product": 25.0, "convolution": 50.0, "depthwise": 5.0}
    process = measured(monkeypatch, lambda case: rates[case.kind])
    assert process.bandwidth == pytest.approx(48)  # 4 sums a second of 12 bytes each
    assert process.roof(1) == pytest.approx(48) and process.roof(10) == process.peak == 100
    found = process.evaluate()
    assert set(found) == set(METRICS)
    assert found["product_share"] == pytest.approx(25 / 100)  # n = 16: 16 / 6 operations a byte, 128 by memory
    assert found["convolution_share"] == pytest.approx(0.5) and found["add_share"] == pytest.approx(0.04)
    assert found["depthwise_share"] == pytest.approx(0.1) and found["slowdown"] == 1
    roof, sizes = (picture.payload for picture in process.pictures())
    assert [curve["name"] for curve in roof["curves"]] == ["roof", "product", "convolution", "depthwise", "add"]
    assert max(roof["curves"][0]["y"]) == pytest.approx(100 / 1e9) and len(sizes["rows"]) == 3
    assert len(roof["curves"][2]["x"]) == len(CHANNELS)


def test_what_is_slower_when_larger_is_told():
    assert slowdown({}) == slowdown({2: 1.0, 8: 3.0, 16: 4.0}) == 1
    assert slowdown({8: 3.0, 2: 6.0, 16: 4.0}) == 2


def test_no_size_is_refused():
    with pytest.raises(DltuiError, match=r"algorithm\.sizes"):
        build(sizes=[])


def test_before_a_measurement_there_is_nothing_to_show():
    process = build(sizes=SIZES)(context())
    assert process.evaluate() == {} and list(process.pictures()) == [] and not process.done
