"""The problems of a recipe's claims: values that nothing measures, variants that there are not."""

from collections.abc import Iterator, Mapping

from dltui.errors import did_you_mean
from dltui.recipes import check_parts, claims, parts, schema
from dltui.recipes.files import flat
from dltui.recipes.metric import Metric

LEARNING_RATE = Metric("the learning rate that the schedule has come to", side=True)


def problems(table: Mapping, subject: schema.Component, found: Mapping[str, schema.Component]) -> Iterator[str]:
    """The problems of `[expect]`, each as one line that begins with its key."""
    measured = metrics(table, subject, found)
    between = found["comparison"].metrics if "comparison" in found else {}
    named, expect = table.get("variants", {}), table.get("expect", {})
    series = set(named) if isinstance(named, dict) else set()
    of = f'{parts.subject_of(table)} "{subject.kind}"'
    for key, want in flat(expect) if isinstance(expect, dict) else ():
        name = key.removeprefix("hub.")
        try:
            parsed = claims.parse(name, want)
        except ValueError as error:
            yield f"expect.{key} {error}"
            continue
        for value in filter(None, (name, parsed.other)):
            metric = claims.metric_of(value)
            before = value.rpartition(f".{metric}")[0]
            if metric not in measured and metric not in between:
                near = did_you_mean(metric, {**measured, **between})
                yield f'expect.{key}: {of} has no value "{metric}". {near}'
            elif series and before not in series and not (metric in between and not before):
                yield f"expect.{key}: {value} must begin with a variant. {did_you_mean(before or value, series)}"
            elif before and not series:
                yield f'expect.{key}: {value} begins with "{before}", but there are no variants'


def metrics(
    table: Mapping, subject: schema.Component, found: Mapping[str, schema.Component] | None = None
) -> dict[str, Metric]:
    """Returns what a run of a recipe, or each of its variants, measures: name -> Metric.

    found: the parts that are known already, by their place in the table; those that are unknown measure nothing.
    """
    if found is None:
        found = {}
        for section, place, body in parts.kind_sections(table):
            part, _ = check_parts.component(section, place, body)
            found |= {place: part} if part else {}
    measured = dict(subject.metrics)
    if parts.probes_of(table) is None:
        for kind in subject.constants.get("PROBES", ()):
            measured |= schema.find("probe", kind).metrics
    for place, part in found.items():
        if place.partition(".")[0] in (*parts.BY_NAME, *check_parts.OPTIONAL):
            measured |= part.metrics
    return measured | _rates(table, subject)


def of_recipe(table: Mapping) -> dict[str, Metric]:
    """Returns what a checked recipe measures, its comparison too: name -> Metric."""
    section = parts.subject_of(table)
    measured = metrics(table, schema.find(section, table[section]["kind"]))
    if "comparison" in table:
        measured |= schema.find("comparison", table["comparison"]["kind"]).metrics
    return measured


def _rates(table: Mapping, subject: schema.Component) -> dict[str, Metric]:
    """The learning rates that a scheduled run logs beside its metrics."""
    roles = check_parts.trained(subject)
    if "schedule" not in table:
        return {}
    return dict.fromkeys(["lr"] if len(roles) == 1 else [f"{role}_lr" for role in roles], LEARNING_RATE)
