"""`python -m dltui.engine.commands.describe RECIPE_TOML`: the layers of a recipe's models, their shapes and weights."""

import sys
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from dltui.engine.commands.answer import answer
from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import sources
from dltui.engine.training.session import make_learner
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe

BUILT_FROM = ("task", "algorithm", "data", "model", "loss", "augment", "callback")  # sections that may shape a net

EMPTY = (nn.ModuleList, nn.ModuleDict, nn.Sequential)  # what holds layers is none itself, also where it holds none


def describe(path: Path) -> dict:
    """Returns {"models": {role: [{name, kind, shape, params}]}, "params": N, "knobs": {...}} of the first variant, and
    under "variants" [{names, models}] of all: those whose nets have the same layers stand together.

    A layer's shape is what it gave for one row in one training step, without the batch; [] where it took no part.
    """
    torch.set_num_threads(1)
    recipe = recipes.of_table(recipes.read_table(path), path, checked=True)
    alike: dict[str, list[str]] = {}
    for name, variant in recipe.variants.items():
        alike.setdefault(repr([variant.table.get(section) for section in BUILT_FROM]), []).append(name)
    built = {names[0]: _built(recipe.variants[names[0]]) for names in alike.values()}
    return next(iter(built.values())) | {"variants": _together(recipe, alike.values(), built)}


def _together(recipe: Recipe, alike: Iterable[list[str]], built: dict[str, dict]) -> list[dict]:
    """[{names, models}]: variants that were built apart stand together, too, where one sees no difference in them."""
    found: list[dict] = []
    for names in alike:
        models = built[names[0]]["models"]
        same = next((one for one in found if one["models"] == models), None)
        if same:
            same["names"] = [name for name in recipe.variants if name in (*same["names"], *names)]
        else:
            found.append({"names": names, "models": models})
    return found


def _built(variant: Recipe) -> dict:
    """{models, params, knobs} of one variant, whose nets take one training step."""
    source = variant.data_from if variant.data_from not in ("auto", "hub") else "builtin"
    data = sources.load(variant.data, source, lambda text: None, variant.takes) if variant.data else None
    device = torch.device("cpu")
    learner = make_learner("", variant, Rows(data, device, variant.data.kind) if data else None, device)
    shapes: dict[nn.Module, list[int]] = {}

    def remember(layer: nn.Module, _inputs: object, out: object) -> None:  # what a hook returns replaces the output
        shapes.setdefault(layer, _shape(out))

    for net in learner.nets.values():
        for layer in _leaves(net).values():
            layer.register_forward_hook(remember)
    learner.advance()
    models = {
        role: [
            {"name": name, "kind": type(layer).__name__, "shape": shapes.get(layer, []),
             "params": sum(p.numel() for p in layer.parameters())}
            for name, layer in _leaves(net).items()
        ]
        for role, net in learner.nets.items()
        if list(net.parameters())  # what else stands among the nets are numbers that a task remembers
    }  # fmt: skip
    return {"models": models, "params": learner.params, "knobs": learner.knobs()}


def _leaves(net: nn.Module) -> dict[str, nn.Module]:
    found = {name: layer for name, layer in net.named_modules() if not list(layer.children())}
    return {name: layer for name, layer in found.items() if not isinstance(layer, EMPTY)}


def _shape(out: object) -> list[int]:
    return list(out.shape[1:]) if isinstance(out, Tensor) else []


if __name__ == "__main__":
    raise SystemExit(answer(lambda: describe(Path(sys.argv[1]))))
