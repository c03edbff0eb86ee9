"""`dltui compare`: runs over each other."""

from typing import Annotated

import typer

from dltui import check
from dltui import run as runs
from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.follow import recipe_of
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.events import Tail
from dltui.history import History
from dltui.run import Run, State

EXAMPLES = """
dltui compare mlp-mnist lenet-mnist
dltui compare mlp-moons-2026 last --json | jq .differences
"""
PLOTS = 3
HEIGHT, WIDEST = 12, 110  # cells of a plot
PROSE = ("title", "summary", "refs", "seconds", "lesson", "expect")  # what is no configuration


def command(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more.", autocompletion=complete.runs)
    ],
    as_json: AsJson = False,
) -> None:
    """Runs side by side: curves over each other, summaries, and what was configured differently."""
    env = context.obj
    found = list(dict.fromkeys(runs.find(word) for word in words))
    if len(found) < 2:
        raise DltuiError("compare needs two different runs.", "See: dltui runs", ExitStatus.USAGE)
    states = [runs.state(run) for run in found]
    differences = different([configuration(run) for run in found])
    if as_json:
        compared = [{"id": run.id, **state._asdict()} for run, state in zip(found, states, strict=True)]
        env.print_json({"runs": compared, "differences": differences})
        return
    names = short_names(found)
    _draw_curves(env, found, names)
    header, *lines = aligned([("", *names), *_summary_rows(states)], env.table_width, right=range(1, len(found) + 1))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    env.print("\nconfigured differently" if differences else "\nconfigured alike", bold=True)
    if differences:
        rows = [(key, *("" if one is None else str(one) for one in values)) for key, values in differences.items()]
        env.print("\n".join(aligned(rows, env.table_width)))


def short_names(found: list[Run]) -> list[str]:
    """The recipes' names where they tell the runs apart, else with the last four characters of the ids."""
    names = [run.recipe_name for run in found]
    if len(set(names)) == len(names):
        return names
    return [f"{run.recipe_name}-{run.id[-4:]}" for run in found]


def configuration(run: Run) -> dict[str, object]:
    """Returns {dotted key: value} of all that decided how a run went."""
    table = recipe_of(run).table
    info = run.info()
    flat = dict(check.flat({key: value for key, value in table.items() if key not in PROSE}))
    return flat | {f"run.{key}": info[key] for key in ("device", "precision", "threads") if key in info}


def different(configurations: list[dict[str, object]]) -> dict[str, list]:
    """Returns {key: values} of the keys whose values are not the same in all; None where a key is missing."""
    keys = dict.fromkeys(key for one in configurations for key in one)
    rows = {key: [one.get(key) for one in configurations] for key in keys}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}


def _summary_rows(states: list[State]) -> list[tuple[str, ...]]:
    from dltui.render.number import number, spoken

    rows = [("status", *(state.status for state in states))]
    rows.append(("steps", *(f"{state.step}/{state.steps}" for state in states)))
    rows.append(("time", *(spoken(state.seconds) for state in states)))
    names = dict.fromkeys(name for state in states for name in state.summary)
    for name in names:
        rows.append((name, *(number(state.summary[name]) if name in state.summary else "" for state in states)))
    return rows


def _draw_curves(env, found: list[Run], names: list[str]) -> None:
    from dltui.cli.drawing import draw
    from dltui.render import curves, metrics, plots
    from dltui.render.look import Look

    histories = []
    for run in found:
        history = History()
        history.take(Tail(run.log).read())
        histories.append(history)
    known = dict.fromkeys(metric for history in histories for metric in history.metrics)
    roles = {role for run in found for role in recipe_of(run).models}
    ordered = [metric for group in metrics.groups(known, roles, ()) for metric in group if not metrics.is_side(metric)]
    for metric in ordered[:PLOTS]:
        lines = [
            (f"{name} {series}".strip(), curve.steps, curve.values)
            for name, history in zip(names, histories, strict=True)
            for (series, of), curve in history.curves.items()
            if of == metric
        ]

        def plot(width: int, look: Look, metric: str = metric, lines: list = lines) -> list:
            return curves.render(lines, min(width, WIDEST), HEIGHT, look, title=metric, smooth=plots.SMOOTH)

        draw(env, plot)
        env.print()
