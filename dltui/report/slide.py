"""One pane or one plot of a run, for a slide: the terminal's picture, on a dark or on a white page."""

from collections.abc import Sequence

from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.recipe import Recipe
from dltui.render import frames, plots
from dltui.render.cells import Line
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run


def lines(
    run: Run, history: History, recipe: Recipe, pane: str, variant: str, size: tuple[int, int], *, dark: bool
) -> list[Line]:
    """Returns the newest picture of a pane, or the plot of a metric, on (columns, lines).

    Raises DltuiError (2) for a pane that the run has not, or that this variant has not.
    """
    look = TerminalCapabilities(dark=dark)
    series = [of for of, name in history.panes if name == pane]
    if series:
        if variant and variant not in series:
            raise _unknown(f'"{pane}" of variant "{variant}"', variant, series)
        return frames.picture(history.frames[variant or series[0], pane][-1], run.frames, *size, look)
    group = next((group for group in plots.groups(history, recipe) if pane in group), None)
    if group is None:
        panes = list(dict.fromkeys([name for _, name in history.panes] + history.metrics))
        raise _unknown(f'pane or metric "{pane}"', pane, panes)
    return plots.draw(history, group, *size, look, x_max=history.step).lines


def _unknown(what: str, given: str, valid: Sequence[str]) -> DltuiError:
    return DltuiError(f"The run has no {what}.", did_you_mean(given, valid), ExitStatus.USAGE)
