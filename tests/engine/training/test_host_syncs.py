"""A step never waits for the host: on a GPU a value that is read back stops the queue of operations.

Counted on the CPU, with guard_on_device set as on CUDA: operations that read a value, or whose size depends on values.
"""

import traceback
from collections import Counter

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import sources
from dltui.engine.training.learner import Learner
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe

WAITING = {
    f"aten.{name}.default"
    for name in ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal", "_unique2", "unique_dim")
}
ON_THE_HOST = {  # what stands in the stack of a wait that a GPU would not see, and why
    "torch/optim/adagrad.py": "its counter of steps lies on the host",
    "in _cut": "sentences are cut on the CPU only",
}
PACKED = "pack_padded_sequence of torch takes the lengths on the host"
NEEDS = {"pos-tagging": PACKED, "birnn": PACKED, "ner": PACKED}
DATA: dict[str, Rows] = {}  # of the last recipe: the next one has mostly the same


class Watch(TorchDispatchMode):
    """Counts the operations for which a GPU would wait, by the line that asks for them."""

    def __init__(self):
        super().__init__()
        self.found: Counter = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function)
        by_values = name.startswith(("aten.index.Tensor", "aten.index_put")) and any(
            isinstance(index, torch.Tensor) and index.dtype == torch.bool for index in args[1]
        )
        if name in WAITING or by_values:
            stack = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_stack()]
            if not any(place in line for line in stack for place in ON_THE_HOST):
                ours = [line for line in stack if "/dltui/engine/" in line]
                self.found[f"{name} {ours[-1]}"] += 1
        return function(*args, **(kwargs or {}))


def learning() -> list[str]:
    return [name for name, path in recipes.files().items() if "task" in recipes.read_table(path)]


def rows_of(variant: Recipe) -> Rows | None:
    if variant.data is None:
        return None
    key = repr(sorted(variant.table["data"].items()))
    if key not in DATA:
        DATA.clear()
        data = sources.load(variant.data, "builtin", lambda text: None)
        DATA[key] = Rows(data, torch.device("cpu"), variant.data.kind)
    return DATA[key]


@pytest.mark.parametrize("name", learning())
def test_no_step_waits_for_the_host(name, home):
    recipe = recipes.load(name)
    torch.set_num_threads(1)
    for variant_name, variant in recipe.variants.items():
        learner = Learner(variant_name, variant, rows_of(variant), torch.device("cpu"))
        learner.guard_on_device = True
        learner.advance()  # what is made at the first step is made once
        with Watch() as watch:
            for _ in range(2):
                learner.advance()
        if name not in NEEDS:
            assert not watch.found, f"{variant_name}: {dict(watch.found)}"


def test_a_wait_is_seen():
    """Guards a watch that sees nothing."""
    values = torch.arange(4.0)
    for wait in (values[0].item, lambda: values[values > 2], values.nonzero):
        with Watch() as watch:
            watch.found[""] = 0
            wait_of_engine(wait)
        assert sum(watch.found.values()) == 1


def wait_of_engine(wait) -> None:
    exec(compile("wait()", "/dltui/engine/x.py", "exec"), {"wait": wait})
