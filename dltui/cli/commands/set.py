"""`dltui set`: turns a knob of a running run."""

from typing import Annotated

import typer

from dltui.cli import asking, complete, on_ssh
from dltui.cli.words import RunWord
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import overrides
from dltui.runs import repeat_command
from dltui.runs import run as runs
from dltui.runs.run import Run

EXAMPLES = """
dltui set last optimizer.lr=0.001
dltui set mlp-moons net.optimizer.lr=0.1    # of one variant
"""


def command(
    context: typer.Context,
    word: RunWord,
    settings: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE...", help="A knob and a number.", autocompletion=complete.knobs),
    ],
) -> None:
    """Turn a knob of a running run. The log records it, so that a replay shows it.

    Under a [schedule], optimizer.lr is what its shares are of: turned, it scales the whole schedule.
    """
    run = runs.find(word)
    if on_ssh.forwarded(context.obj, run, "set", *settings):
        return
    faults: list[DltuiError] = []
    for key, value in overrides.parse(settings).items():
        try:
            context.obj.tell(f"{run.id}: {key} = {value} from step {_turned(run, key, value)}")
        except DltuiError as fault:  # the others are asked for all the same
            faults.append(fault)
    if faults:
        hints = "\n".join(dict.fromkeys(fault.hint for fault in faults if fault.hint))
        raise DltuiError("\n".join(fault.message for fault in faults), hints, max(fault.status for fault in faults))


def _turned(run: Run, key: str, value: object) -> int:
    """Returns the step from which the knob has the value. Raises DltuiError: (2) where the engine refuses it, (1) where
    it has ended or does not answer."""
    answer = asking.asked(run, "set", key, value)
    if answer is None:
        raise asking.not_yet(run)
    if answer["kind"] == "note":
        raise DltuiError(f"{run.id}: {answer['text']}", f"Its knobs: dltui runs {run.id} --json", ExitStatus.USAGE)
    if answer["kind"] == "finished":
        again = f"Train it again with another value: {repeat_command.command(run)} {key}={value}"
        raise DltuiError(f"{run.id} ended before {key} could be set: {answer['status']}.", again)
    return answer["step"]
