"""kind -> module: the folder is the registry."""

import importlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from dltui.engine.contracts import contract_checks, own_parts
from dltui.engine.contracts.dataset import Dataset
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema
from dltui.recipes.recipe import Section

# options of models, which take their values from the data, and what rows have them
READS = {
    "symbols": "texts",
    "source_words": "texts",
    "channels": "pictures",
    "rate": "sounds",
    "inputs": "rows of numbers",
}
NAMED = 8  # models of a message


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
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _not_imported(path, error) from error
    return module


def _not_imported(path: Path, error: BaseException) -> DltuiError:
    told = own_parts.told(error)
    hint = told.hint if told else ""
    if isinstance(error, ImportError):
        hint += " A file of a kind is copied alone: it imports what is installed, and no file beside it."
    what = told.message if told else f"{own_parts.name_of(path)}: {type(error).__name__}: {error}"
    return DltuiError(f"{what} (while it was imported)", hint.strip(), ExitStatus.USAGE)


def built(section: str, named: Section, facts: dict[str, int] | None = None):
    """Returns what the kind's `build()` makes of the recipe's options.

    facts: what the data are like (channels, size, classes ...); an option of that name that the recipe leaves out
    takes its value from here.
    """
    component = schema.find(section, named.kind)
    from_data = {name: value for name, value in (facts or {}).items() if name in component.options}
    source = module(section, named.kind)
    found = source.build(**{**from_data, **named.options})
    contract_checks.check_built(section, found, source)
    return found


def check_reads(named: Section, facts: dict[str, int]) -> None:
    """Raises DltuiError (2) where a model reads other rows than the data are, as its options tell and these `facts`."""
    wanted = [fact for fact in READS if fact in schema.find("model", named.kind).options]
    if not wanted or any(fact in facts or fact in named.options for fact in wanted):
        return
    given = [fact for fact in READS if fact in facts]
    fitting = [kind for kind in schema.own_kinds("model") if set(given) & schema.find("model", kind).options.keys()]
    hint = f"; or a model that reads them: {', '.join(fitting[:NAMED])}" if fitting else ""
    raise DltuiError(
        f'model "{named.kind}" reads {" or ".join(dict.fromkeys(READS[fact] for fact in wanted))}; the data are '
        f"{READS[given[0]] if given else 'others'}.",
        f"Take data of that sort, see: dltui kinds data{hint}",
        ExitStatus.USAGE,
    )


def is_own(section: str, kind: str) -> bool:
    """Whether a kind stands in a file of the user's own, or in an installed package."""
    return module(section, kind).__file__ in own_parts.files()


def made(section: str, named: Section, argument: object):
    """Returns what the function that the kind's `build()` makes of its options makes of `argument`: a task, a probe, an
    optimizer, an algorithm. Raises DltuiError (2) where it is no part of its section."""
    part = built(section, named)(argument)
    contract_checks.check_made(section, part, module(section, named.kind))
    return part


def require(part: object, names: tuple[str, ...], source: ModuleType, contract: str) -> None:
    """Raises DltuiError where what a module's `build()` made lacks something that its contract asks for."""
    missing = [name for name in names if not hasattr(part, name)]
    if missing:
        raise DltuiError(
            f"{own_parts.name_of(source.__file__)}: what build() makes, a {type(part).__name__}, has no "
            f"{' and no '.join(missing)}.",
            f"What it must have stands in dltui/engine/{contract}.py",
            ExitStatus.USAGE,
        )


def facts_for(task_module: ModuleType, role: str, data: Dataset | None, loss: Section | None = None) -> dict[str, int]:
    """What a model of `role` may ask for: the data's facts, and what the task adds or changes, and its loss, which
    finds its own options among the facts."""
    facts = {**data.facts, "outputs": data.facts.get("classes", 1)} if data else {}
    adjust = getattr(task_module, "facts_for", None)
    facts = {**facts, **adjust(role, facts)} if adjust else facts
    adjust = getattr(module("loss", loss.kind), "facts_for", None) if loss else None
    return {**facts, **adjust(role, {**loss.options, **facts})} if adjust else facts
