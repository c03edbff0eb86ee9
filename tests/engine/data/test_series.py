"""Windows of series: the test lies after the training, targets follow their histories, gaps are refused."""

import numpy as np
import pytest
import torch

from dltui.engine.data import series
from dltui.errors import DltuiError


def silent(told: str) -> None:
    pass


@pytest.fixture
def counted(tmp_path):
    """One series that counts 0, 1, 2 ... 199, and its opposite."""
    rows = "\n".join(f"day {t},{t},{-t}" for t in range(200))
    (tmp_path / "own.csv").write_text(f"when,up,down\n{rows}\n")
    return tmp_path / "own.csv"


def test_targets_follow_and_the_test_was_never_a_target_of_the_training(counted):
    """Guards a test that lies in what was trained on."""
    data = series.build(history=12, horizon=4, period=6).path(counted, silent)
    for split in (data.train, data.test):
        up = split.inputs[:, 1] > 0
        whole = torch.cat([split.inputs, split.targets], 1)
        assert torch.equal(whole.diff(dim=1), torch.where(up, 1.0, -1.0)[:, None].expand(-1, 15))
        assert 0 < up.sum() < len(up)
    assert data.train.targets.abs().max() < data.test.targets.abs().min()
    assert data.facts == {"inputs": 12, "horizon": 4, "period": 6}


def test_generated_series_have_a_season_and_a_noise_of_their_own():
    values = series.generated(60, 480, 24, seed=0).astype(float)
    assert np.array_equal(values, series.generated(60, 480, 24, seed=0).astype(float))
    steady = values - values.mean(1, keepdims=True)
    waves = np.abs(np.fft.rfft(steady * np.hanning(480)))
    assert np.median(waves[:, 20] / np.median(waves[:, 10:200], axis=1)) > 10  # 480 / 24 = 20 waves
    jumps = np.diff(values / values.mean(1, keepdims=True), axis=1).std(1)
    assert jumps.max() / jumps.min() > 3


@pytest.mark.parametrize(
    ("told", "why"),
    [("a\nx\ny\n", "a column of numbers"), ("a\n1\n\n3\n", "at least"), ("a,b\n1,2\n3,\n", "gaps"), ("", "CSV file")],
)
def test_what_is_no_series_is_refused(tmp_path, told, why):
    (tmp_path / "own.csv").write_text(told)
    with pytest.raises(DltuiError, match=why):
        series.build().path(tmp_path / "own.csv", silent)


def test_a_history_holds_a_season():
    with pytest.raises(DltuiError, match="shorter than the season"):
        series.build(history=10, period=24)


@pytest.mark.parametrize("length", [40, 60, 150, 297])
def test_a_short_series_shrinks_the_history_and_that_is_told(tmp_path, length):
    (tmp_path / "own.csv").write_text("value\n" + "".join(f"{t % 7}.5\n" for t in range(length)))
    data = series.build().path(tmp_path / "own.csv", silent)
    history, horizon, period = (data.facts[name] for name in ("inputs", "horizon", "period"))
    assert data.train.inputs.shape[1:] == (history,) and data.test.targets.shape[1:] == (horizon,)
    assert 1 <= period <= history <= 96 and 1 <= horizon < 24 and len(data.train.inputs) and len(data.test.inputs)
    assert f"data.history={history} data.horizon={horizon}" in " ".join(data.notes)


def test_a_series_that_is_long_enough_keeps_them_and_one_that_is_too_short_is_refused(tmp_path):
    (tmp_path / "own.csv").write_text("value\n" + "1.5\n2.5\n" * 150)
    data = series.build().path(tmp_path / "own.csv", silent)
    assert (data.facts, data.notes) == ({"inputs": 96, "horizon": 24, "period": 24}, ())
    (tmp_path / "own.csv").write_text("value\n" + "1.5\n" * 39)
    with pytest.raises(DltuiError, match="expected at least 40 rows, found 39"):
        series.build().path(tmp_path / "own.csv", silent)
