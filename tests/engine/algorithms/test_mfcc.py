"""Cepstral coefficients against scipy's cosine transform and torchaudio's MFCC."""

import numpy as np
import pytest
import torch
from scipy.fft import dct

from dltui.engine.algorithms import mfcc
from dltui.engine.algorithms.mfcc import cosines
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.data import sounds
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(sounds.build().builtin(), CPU)


def walk(rows: Rows, **options: int) -> mfcc.MFCC:
    torch.manual_seed(0)
    return mfcc.build(**options)(Context(rows, {}, CPU, 0))


@pytest.mark.parametrize("M", [4, 13, 32])
def test_the_cosines_are_scipys_orthonormal_transform(M):
    x = torch.randn(M, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    np.testing.assert_allclose(cosines(M) @ x, dct(x.numpy(), axis=0, norm="ortho"), atol=1e-12)


def test_coefficients_are_torchaudios(rows):
    for options in ({}, {"coefficients": 20, "bands": 24, "window": 400, "hop": 160}):
        assert walk(rows, **options).at(1).metrics["error"] < 1e-4


def test_each_coefficient_explains_more_and_all_explain_everything(rows):
    full = walk(rows, coefficients=32)
    explained = [full.at(step).metrics["explained"] for step in range(1, full.length + 1)]
    assert explained == sorted(explained) and explained[0] == pytest.approx(0) and explained[-1] == pytest.approx(1)


def test_no_more_are_kept_than_there_are_bands(rows):
    assert walk(rows, coefficients=40, bands=8).length == 8
