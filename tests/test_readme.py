"""The example of README.md is true: the algorithm that it writes out clusters what its recipe gives it."""

import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import torch

from dltui.engine.contracts import kinds
from dltui.engine.results import labels
from dltui.recipes import claims
from dltui.recipes.recipe import Section
from tests.engine.conftest import context

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_algorithm_that_is_written_out_meets_the_claim_of_its_recipe(seed):
    [source] = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    [toml] = [block for block in blocks if "[algorithm]" in block]
    table, module = tomllib.loads(toml), ModuleType("kmedoids")
    exec(source, module.__dict__)
    data = {key: value for key, value in table["data"].items() if key != "kind"}
    torch.manual_seed(seed)
    rows = context(kinds.built("data", Section(table["data"]["kind"], data)).builtin())
    algorithm = module.build(k=table["algorithm"]["k"])(rows)
    for _ in range(table["train"]["steps"]):
        if not algorithm.done:
            algorithm.step()
    values = labels.build()(algorithm, rows).evaluate()
    assert algorithm.done and values.keys() == labels.METRICS.keys()
    assert all(claims.parse(name, want).judged(values)["ok"] for name, want in table["expect"].items())
