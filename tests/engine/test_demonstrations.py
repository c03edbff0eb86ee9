"""Every bundled recipe whose task takes its steps by itself: stopped and resumed it shows what it would have shown."""

import time
from functools import partial
from itertools import count

import numpy as np
import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import sources
from dltui.engine.training.learner import Learner
from dltui.engine.training.session import make_learner
from dltui.recipes import check_parts, schema
from dltui.recipes import recipe as recipes
from tests.engine.conftest import CPU

BEFORE, AFTER = 7, 6  # steps


def steps_by_itself(name: str) -> bool:
    recipe = recipes.load(name)
    return not check_parts.trained(schema.find(recipe.subject, recipe.task.kind))


def learner_of(name: str) -> Learner:
    variant = next(iter(recipes.load(name).variants.values()))
    data = sources.load(variant.data, "builtin", lambda text: None) if variant.data else None
    return make_learner("", variant, Rows(data, CPU) if data else None, CPU)


def advanced(learner: Learner, steps: int) -> Learner:
    for _ in range(steps):
        learner.advance()
    return learner


def shown(learner: Learner) -> tuple:
    """What it measures and shows now."""
    with learner.evaluation_mode():
        return learner.evaluate(), [(picture.pane, picture.payload) for picture in learner.pictures()]


def assert_same(got, want):
    """Numbers may differ in their last bits: what is worked out anew in another place of the memory may, by BLAS."""
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        for key in want:
            assert_same(got[key], want[key])
    elif isinstance(want, list | tuple):
        assert len(got) == len(want)
        for one, other in zip(got, want, strict=True):
            assert_same(one, other)
    elif isinstance(want, float) or np.asarray(want).dtype.kind == "f":
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-6, atol=1e-9)
    else:
        np.testing.assert_array_equal(np.asarray(got), np.asarray(want))


@pytest.mark.parametrize("name", filter(steps_by_itself, recipes.files()))
def test_resumed_it_goes_on_as_if_nothing_had_been(name, monkeypatch):
    """Guards what a task remembers: a number that is not among the buffers is lost with the process.

    A search may measure how long a trial takes, which is never twice the same: here all take a second.
    """
    monkeypatch.setattr(time, "process_time", partial(next, count()))
    whole = advanced(learner_of(name), BEFORE)
    random = torch.get_rng_state()
    want = shown(advanced(whole, AFTER))
    saved = advanced(learner_of(name), BEFORE).state()
    resumed = learner_of(name)
    resumed.restore(*saved, BEFORE)
    torch.set_rng_state(random)
    assert_same(shown(advanced(resumed, AFTER)), want)
