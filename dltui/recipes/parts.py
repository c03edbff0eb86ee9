"""Which sections of a recipe name a part, and where in the table each stands."""

from collections.abc import Iterator, Mapping

# How the kinds of a section are named: one for the recipe, one a role of the subject, or any number by free names.
SINGLE = ("task", "algorithm", "data", "loss", "regularizer", "augment", "comparison")
BY_ROLE = ("model", "optimizer", "schedule")
BY_NAME = ("callback", "probe")


def roles(table: Mapping, single: str) -> list[tuple[str, Mapping]]:
    """[(role, body)]: one under the name `single` where the table itself names a kind, else one per sub-table."""
    if not table:
        return []
    if "kind" in table or not all(isinstance(body, dict) for body in table.values()):
        return [(single, table)]
    return list(table.items())


def kind_sections(table: Mapping) -> Iterator[tuple[str, str, Mapping]]:
    """(section, dotted place, body) of every section that names a kind."""
    for section in (*SINGLE, *BY_ROLE, *BY_NAME):
        body = table.get(section)
        if not isinstance(body, dict):
            continue
        if section in SINGLE:
            yield section, section, body
        else:
            for role, inner in roles(body, ""):
                yield section, f"{section}.{role}" if role else section, inner


def subject_of(table: Mapping) -> str:
    """The section that says what the recipe is: "algorithm" where there is one, else "task"."""
    return "algorithm" if "algorithm" in table else "task"


def callbacks_of(table: Mapping) -> dict[str, Mapping]:
    """Name -> body of `[callback.NAME]`; the one of `[callback]` is called "callback"."""
    return dict(roles(table.get("callback", {}), "callback"))


def place_of(section: str, name: str) -> str:
    """Where the part `name` of a section that names its parts stands: "probe.maps", or "probe" for the only one."""
    return section if name == section else f"{section}.{name}"


def probes_of(table: Mapping) -> dict[str, Mapping] | None:
    """Name -> body of `[probe.NAME]`; None where the recipe has no `[probe]`: the task's own look."""
    return dict(roles(table["probe"], "probe")) if isinstance(table.get("probe"), dict) else None
