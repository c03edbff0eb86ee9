"""Whether variants have the same test rows, where a comparison lays what they made of them side by side."""

from collections.abc import Mapping

import torch

from dltui.engine.contracts import kinds
from dltui.engine.contracts.rows import Rows
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Recipe


def check(recipe: Recipe, rows: Mapping[str, Rows | None]) -> None:
    """Raises DltuiError (2) where the recipe's comparison has SAME_ROWS = True and the test inputs of a variant are not
    those of the first.

    rows: variant -> its rows.
    """
    compare = recipe.part("comparison")
    if not compare or not getattr(kinds.module("comparison", compare.kind), "SAME_ROWS", False):
        return
    (first, shown), *others = ((name, each) for name, each in rows.items() if each)
    for name, each in others:
        if each is not shown and not torch.equal(each.data.test.inputs, shown.data.test.inputs):
            raise DltuiError(
                f"comparison {compare.kind} shows the same test rows for all variants, and those of {name} are not"
                f" those of {first}.",
                f"Leave variants.{name} the data of the others, or run them one by one.",
                ExitStatus.USAGE,
            )
