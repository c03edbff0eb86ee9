"""`dltui compare`: runs over each other."""

from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.follow import recipe_of, unreadable
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import compare
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

EXAMPLES = """
dltui compare mlp-mnist lenet-mnist
dltui compare mlp-moons-2026 last --json | jq .differences
"""
PLOTS = 3
HEIGHT, WIDEST = 12, 110  # cells of a plot


def command(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more.", autocompletion=complete.runs)
    ],
    as_json: AsJson = False,
) -> None:
    """Runs side by side: curves over each other, summaries, and what was configured differently."""
    env = context.obj
    found = list(dict.fromkeys(runs.find_to_read(word) for word in words))
    if len(found) < 2:
        raise DltuiError("compare needs two different runs.", "See: dltui runs", ExitStatus.USAGE)
    states = [runs.state(run) for run in found]
    differences = compare.different([compare.configuration(run) for run in found])
    if as_json:
        compared = [
            {"id": run.id, **run.annotations.fields, **state._asdict()}
            for run, state in zip(found, states, strict=True)
        ]
        env.print_json({"runs": compared, "differences": differences})
        return
    from dltui.render.run_cells import summary_rows

    names = compare.short_names(found)
    _draw_curves(env, found, names)
    header, *lines = aligned([("", *names), *summary_rows(states)], env.table_width, right=range(1, len(found) + 1))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    env.print("\nconfigured differently" if differences else "\nconfigured alike", bold=True)
    if differences:
        rows = [(key, *("" if one is None else str(one) for one in values)) for key, values in differences.items()]
        env.print("\n".join(aligned(rows, env.table_width)))


def _draw_curves(env, found: list[Run], names: list[str]) -> None:
    from dltui.cli.drawing import draw
    from dltui.render import plots
    from dltui.render.terminal_capabilities import TerminalCapabilities

    histories = []
    for run in found:
        history, tail = History(compact=True), Tail(run.log, stored=True)
        history.take(tail.read())
        if tail.unreadable:
            env.tell(f"{run.id}: {unreadable(tail.unreadable)}")
        histories.append(history)
    over, recipe = compare.laid_over(histories, names), compare.recipe_over([recipe_of(run, env) for run in found])
    drawn = [group for group in plots.groups(over, recipe) if not plots.is_side(over, group)]
    for group in drawn[:PLOTS]:

        def plot(width: int, look: TerminalCapabilities, group: list[str] = group) -> list:
            return plots.draw(over, group, min(width, WIDEST), HEIGHT, look, x_max=over.step).lines

        draw(env, plot)
        env.print()
