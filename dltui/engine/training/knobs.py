"""Options that may be turned while a run goes on: a part's LIVE names them."""

from types import ModuleType

from dltui.recipes import schema


def live_knobs(section: str, module: ModuleType, part: object) -> dict[str, float]:
    """{"task.threshold": 0.5} of what `module`'s LIVE names; None of an option says that it decides nothing here."""
    values = {name: getattr(part, name) for name in getattr(module, "LIVE", ())}
    return {f"{section}.{name}": value for name, value in values.items() if value is not None}


def option_problem(section: str, kind: str, name: str, value: object) -> str:
    """Returns what is wrong with a value for an option, in words, or ''."""
    return schema.find(section, kind).options[name].problem(value)
