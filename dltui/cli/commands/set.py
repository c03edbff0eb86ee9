"""`dltui set`: turns a knob of a running run."""

from typing import Annotated

import typer

from dltui.cli import asking, complete
from dltui.cli.words import RunWord
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import overrides
from dltui.runs import repeat_command
from dltui.runs import run as runs

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
    for key, value in overrides.parse(settings).items():
        answer = asking.asked(run, "set", key, value)
        if answer is None:
            context.obj.tell(asking.not_yet(run))
        elif answer["kind"] == "note":
            raise DltuiError(f"{run.id}: {answer['text']}", f"Its knobs: dltui runs {run.id} --json", ExitStatus.USAGE)
        elif answer["kind"] == "finished":
            again = f"Train it again with another value: {repeat_command.command(run)} {key}={value}"
            raise DltuiError(f"{run.id} ended before {key} could be set: {answer['status']}.", again)
        else:
            context.obj.tell(f"{run.id}: {key} = {value} from step {answer['step']}")
