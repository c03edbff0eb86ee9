"""How a net of a run is made again by what its `build()` was given, its weights, and what was set on its layers."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.commands.export import module_source
from dltui.engine.commands.export.entries import unwrapped
from dltui.engine.commands.export.module_source import ModuleSource
from dltui.engine.contracts import kinds
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema

PLAIN = (bool, int, float, str, type(None))
ORIGINAL, MASK = "_orig", "_mask"  # torch.nn.utils.prune: a pruned weight is the product of these


class Rebuilt(NamedTuple):
    """A net: `maker` of `source`, called with `options`, takes `state`; then `settings`, layer -> {name: value}."""

    kind: str
    source: ModuleSource
    maker: str
    options: dict[str, object]
    state: dict[str, Tensor]
    settings: dict[str, dict[str, object]]


def rebuilt(learner: Learner, role: str) -> Rebuilt:
    """Returns how the net of a role is made again. Raises DltuiError (2) where that cannot be told."""
    net = unwrapped(learner.nets[role])
    of = role if role in learner.recipe.models else _averaged(learner, net)
    if of:
        section = learner.recipe.models[of]
        module, options = kinds.module("model", section.kind), _options(learner, of)
        kind, source, maker = section.kind, _source(section.kind, module.__name__), "build"
        again = module.build(**options)
    elif options := getattr(net, "arguments", None):
        kind, source, maker = learner.recipe.task.kind, module_source.of_name(type(net).__module__), type(net).__name__
        again = type(net)(**options)
    else:
        raise DltuiError(
            f'The task "{learner.recipe.task.kind}" made the net "{role}" itself, a {type(net).__name__}, and does not '
            "say of what.",
            "A net with `arguments`, what its class was given, can be made again; its weights: --to safetensors",
            ExitStatus.USAGE,
        )
    return Rebuilt(kind, source, maker, options, _state(net), _settings(net, again, role))


def _source(kind: str, module: str) -> ModuleSource:
    path = None if schema.own_kind("model", kind) else schema.declared("model").get(kind)
    return module_source.of_file(path) if path else module_source.of_name(module)


def _averaged(learner: Learner, net: nn.Module) -> str:
    """The role of whose net this is an average: of the same class, with weights of the same shapes. "" for none."""
    shapes = {name: tensor.shape for name, tensor in net.state_dict().items()}
    for role in learner.recipe.models:
        other = learner.nets[role]
        if type(other) is type(net) and {name: t.shape for name, t in other.state_dict().items()} == shapes:
            return role
    return ""


def _options(learner: Learner, role: str) -> dict[str, object]:
    """What `build()` was given, its defaults too."""
    section, rows = learner.recipe.models[role], learner.all_rows
    facts = kinds.facts_for(learner.task_module, role, rows.data if rows else None, learner.recipe.part("loss"))
    known = schema.find("model", section.kind).options
    defaults = {name: option.default for name, option in known.items()}
    return {**defaults, **{name: value for name, value in facts.items() if name in known}, **section.options}


def _state(net: nn.Module) -> dict[str, Tensor]:
    """The weights and buffers; those that are pruned as the net uses them."""
    state = net.state_dict()
    pruned = [name.removesuffix(MASK) for name in state if name.endswith(MASK)]
    for name in [name for name in pruned if name + ORIGINAL in state]:
        state[name] = state.pop(name + ORIGINAL) * state.pop(name + MASK)
    return {name: tensor.detach().contiguous().clone() for name, tensor in state.items()}


def _settings(net: nn.Module, again: nn.Module, role: str) -> dict[str, dict[str, object]]:
    """What was set on the layers since they were built: a block that is left out, a rate that was turned."""
    layers, found = dict(again.named_modules()), {}
    for name, layer in net.named_modules():
        if name not in layers or type(layers[name]) is not type(layer):
            raise DltuiError(
                f'The run changed its net "{role}": build() makes no {name} {type(layer).__name__}.',
                "Its weights as they are: --to safetensors",
                ExitStatus.USAGE,
            )
        before = vars(layers[name])
        changed = {
            key: value
            for key, value in vars(layer).items()
            if isinstance(value, PLAIN) and not key.startswith("_") and key != "training"
            and (key not in before or before[key] != value)
        }  # fmt: skip
        if changed:
            found[name] = changed
    return found


def fresh(made: Rebuilt, module: dict[str, object], maker: str) -> nn.Module:
    """Returns the net as the file that was written makes it: `module` holds its definitions, `maker` is of them."""
    with torch.random.fork_rng():
        net = module[maker](**made.options)
    net.load_state_dict(made.state)
    for name, values in made.settings.items():
        for key, value in values.items():
            setattr(net.get_submodule(name), key, value)
    return net.eval()
