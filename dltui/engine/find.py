"""kind -> module: the folder is the registry."""

import importlib
from importlib.metadata import entry_points
from types import ModuleType

from dltui import options
from dltui.engine.dataset import Dataset
from dltui.recipe import Section


def module(section: str, kind: str) -> ModuleType:
    """Returns the module that `kind` names under `[section]`: ours, else an installed package's."""
    if kind in options.own_kinds(section):
        return importlib.import_module(f"dltui.engine.{options.FOLDERS[section]}.{kind}")
    for point in entry_points(group="dltui.kinds"):
        if point.name == f"{section}.{kind}":
            return importlib.import_module(point.module)
    options.find(section, kind)  # raises, naming the nearest kind
    raise LookupError(kind)


def built(section: str, named: Section, facts: dict[str, int] | None = None):
    """Returns what the kind's `build()` makes of the recipe's options.

    facts: what the data are like (channels, size, classes ...); an option of that name that the recipe leaves out
    takes its value from here.
    """
    component = options.find(section, named.kind)
    from_data = {name: value for name, value in (facts or {}).items() if name in component.options}
    return module(section, named.kind).build(**{**from_data, **named.options})


def facts_for(task_module: ModuleType, role: str, data: Dataset | None) -> dict[str, int]:
    """What a model of `role` may ask for: the data's facts, and what the task adds or changes."""
    facts = {**data.facts, "outputs": data.facts.get("classes", 1)} if data else {}
    adjust = getattr(task_module, "facts_for", None)
    return {**facts, **adjust(role, facts)} if adjust else facts
