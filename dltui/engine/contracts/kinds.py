"""kind -> module: the folder is the registry."""

import importlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from dltui.engine.contracts.dataset import Dataset
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema
from dltui.recipes.recipe import Section


def module(section: str, kind: str) -> ModuleType:
    """Returns the module that `kind` names under `[section]`: ours, else a file of the user's own, else an installed
    package's. Raises DltuiError (2) where the user's file cannot be imported."""
    if schema.own_kind(section, kind):
        return importlib.import_module(f"dltui.engine.{schema.FOLDERS[section]}.{kind}")
    if path := schema.declared(section).get(kind):
        return _of_file(path, f"dltui_{section}_{kind}")
    for point in entry_points(group="dltui.kinds"):
        if point.name == f"{section}.{kind}":
            return importlib.import_module(point.module)
    schema.find(section, kind)  # raises, naming the nearest kind
    raise LookupError(kind)


def _of_file(path: Path, name: str) -> ModuleType:
    """The module in a file of the user's own, imported once a process."""
    if (known := sys.modules.get(name)) and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # as import does: classes are looked up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        hint = "It may import what is installed, and no file beside it."
        raise DltuiError(
            f"{path}: cannot be imported: {type(error).__name__}: {error}", hint, ExitStatus.USAGE
        ) from error
    return module


def built(section: str, named: Section, facts: dict[str, int] | None = None):
    """Returns what the kind's `build()` makes of the recipe's options.

    facts: what the data are like (channels, size, classes ...); an option of that name that the recipe leaves out
    takes its value from here.
    """
    component = schema.find(section, named.kind)
    from_data = {name: value for name, value in (facts or {}).items() if name in component.options}
    return module(section, named.kind).build(**{**from_data, **named.options})


def require(part: object, names: tuple[str, ...], source: ModuleType, contract: str) -> None:
    """Raises DltuiError where what a module's `build()` made lacks something that its contract asks for."""
    missing = [name for name in names if not hasattr(part, name)]
    if missing:
        raise DltuiError(
            f"{source.__file__}: what build() makes, a {type(part).__name__}, has no {' and no '.join(missing)}.",
            f"What it must have stands in dltui/engine/{contract}.py",
            ExitStatus.USAGE,
        )


def facts_for(task_module: ModuleType, role: str, data: Dataset | None, loss: Section | None = None) -> dict[str, int]:
    """What a model of `role` may ask for: the data's facts, and what the task adds or changes, by its loss too."""
    facts = {**data.facts, "outputs": data.facts.get("classes", 1)} if data else {}
    adjust = getattr(task_module, "facts_for", None)
    facts = {**facts, **adjust(role, facts)} if adjust else facts
    adjust = getattr(module("loss", loss.kind), "facts_for", None) if loss else None
    return {**facts, **adjust(role, facts)} if adjust else facts
