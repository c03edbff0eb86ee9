"""A curve whose older points were put together is drawn as it would be with all of them."""

import numpy as np

from dltui.recipes.recipe import Recipe
from dltui.render import claims
from dltui.render.envelope import reduce, smoothed
from dltui.runs.history import History

COUNT = 300_000


def histories() -> tuple[History, History]:
    """The same long curve, whole and compact; one value is far out, one is infinite."""
    values = np.random.default_rng(0).exponential(1.0, COUNT)
    values[50_001], values[80_000] = 77.0, np.inf
    found = History(), History(compact=True)
    for start in range(0, COUNT, 1000):
        steps = list(range(start, start + 1000))
        for history in found:
            part = values[start : start + 1000].tolist()
            history.take([{"kind": "scalars", "t": 1.0, "series": "", "step": steps, "values": {"loss": part}}])
    return found


def test_a_compact_curve_has_the_envelope_of_the_whole_one():
    whole, compact = (history.curves["", "loss"] for history in histories())
    assert len(whole.values) == COUNT and len(compact.values) < 100_000
    full = reduce(np.asarray(whole.steps), np.asarray(whole.values), 200, 0, COUNT)
    extent = np.asarray(compact.lows), np.asarray(compact.highs)
    less = reduce(np.asarray(compact.steps), np.asarray(compact.values), 200, 0, COUNT, extent)
    assert (full.columns == less.columns).all() and (full.broken == less.broken).all() and full.broken.sum() == 1
    assert less.high.max() == full.high.max() == 77.0
    # a column's edge may lie inside of points that were put together: neighbours differ by a few of 1,500 values
    assert np.allclose(full.mean[~full.broken], less.mean[~full.broken], atol=0.02)
    assert (full.high == less.high).mean() > 0.9 and (full.low == less.low).mean() > 0.9


def test_a_claim_about_the_extremes_of_a_compact_curve_sees_all_values():
    _, compact = histories()
    compact.take(
        [{"kind": "started", "t": 1.0, "step": COUNT, "steps": COUNT, "series": [""], "data": {"from": "builtin"}}]
    )
    recipe = Recipe(
        "x", "", None, {"title": "x", "expect": {"loss.max": "<= 1", "loss.min": "<= 1", "loss.first": "< 9"}}
    )
    got = {one["name"]: one["got"] for one in claims.judged(compact, recipe)}
    whole = histories()[0].curves["", "loss"].values
    assert (got["loss.min"], got["loss.first"]) == (min(whole), whole[0])
    assert got["loss.max"] == 77.0  # the greatest that is finite: a plot shows the infinite one as a cross


def test_a_curve_of_nothing_but_nan_stays_so():
    assert np.isnan(smoothed(np.arange(3), np.full(3, np.nan), 0.75)).all()
