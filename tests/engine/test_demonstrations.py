"""Every bundled recipe whose task takes its steps by itself: stopped and resumed it shows what it would have shown."""

import numpy as np
import pytest
import torch

from dltui import options
from dltui import recipe as recipes
from dltui.engine.lane import Lane
from dltui.engine.reading import sources
from tests.engine.conftest import CPU

BEFORE, AFTER = 7, 6  # steps


def steps_by_itself(name: str) -> bool:
    return options.find("task", recipes.load(name).task.kind).constants.get("MODELS") == ()


def lane_of(name: str) -> Lane:
    variant = next(iter(recipes.load(name).variants.values()))
    data = sources.load(variant.data, "builtin", lambda text: None) if variant.data else None
    return Lane("", variant, data, CPU)


def advanced(lane: Lane, steps: int) -> Lane:
    for _ in range(steps):
        lane.advance()
    return lane


def shown(lane: Lane) -> tuple:
    """What it measures and shows now."""
    with lane.aside():
        return lane.task.evaluate(), [(picture.pane, plain(picture.payload)) for picture in lane.task.pictures()]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return np.asarray(value).tolist() if isinstance(value, np.ndarray | torch.Tensor) else value


@pytest.mark.parametrize("name", filter(steps_by_itself, recipes.files()))
def test_resumed_it_goes_on_as_if_nothing_had_been(name):
    """Guards what a task remembers: a number that is not among the buffers is lost with the process."""
    whole = advanced(lane_of(name), BEFORE)
    random = torch.get_rng_state()
    want = shown(advanced(whole, AFTER))
    saved = advanced(lane_of(name), BEFORE).state()
    resumed = lane_of(name)
    resumed.restore(*saved, BEFORE)
    torch.set_rng_state(random)
    np.testing.assert_equal(shown(advanced(resumed, AFTER)), want)
