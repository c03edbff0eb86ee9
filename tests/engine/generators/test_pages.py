"""Generated pages: the same every time, written in ink that no single threshold finds."""

import numpy as np
from scipy.ndimage import gaussian_filter

from dltui.engine.generators.pages import pages


def test_the_same_seed_gives_the_same():
    first, again, other = (pages(3, seed, 40) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.clean, other.clean)


def test_ink_in_the_light_is_brighter_than_paper_in_the_shade():
    """Guards against pages that are too easy: the best threshold of each page by itself still errs."""
    photographed, clean = (part[:, 0].astype(int) for part in pages(20, 0, 40))
    ink = clean < 128
    best = [
        min(((page < t) != of).mean() for t in range(0, 256, 8)) for page, of in zip(photographed, ink, strict=True)
    ]
    assert 0.03 < ink.mean() < 0.2
    assert np.mean(best) > 0.25 * ink.mean()


def test_the_photograph_is_dark_where_the_ink_is():
    """Guards against pages put beside another's writing."""
    photographed, clean = pages(20, 0, 40)
    for page, of in zip(photographed, clean, strict=True):
        local = page - gaussian_filter(page.astype(float), 3)  # without the shade
        assert np.corrcoef(local.ravel(), of.ravel())[0, 1] > 0.3
