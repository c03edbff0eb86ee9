"""From which step of a run the weights are that a command used, and whether the run has gone further."""

from collections.abc import Sequence

from dltui.cli.environment import Environment
from dltui.runs.run import LIVE, Run

RESUMABLE = ("stopped", "failed", "lost")


def tell(env: Environment, run: Run, used: Sequence[dict], notes: Sequence[str], *, as_json: bool) -> None:
    """Tells of checkpoints that could not be used, and from which step the weights are.

    used: answers of the engine with {step, last_step, status}, the first counts: one checkpoint holds all variants.
    as_json: the step stands in the JSON; only that it is not the last one is told.
    """
    for note in notes:
        env.tell(note)
    if not used:
        return
    step, last, status = used[0]["step"], used[0]["last_step"], used[0]["status"]
    if step < last:
        later = "Newer ones come with its next checkpoint." if status in LIVE else ""
        if status in RESUMABLE:
            later = f"Go on with it: dltui run --resume {run.id}"
        told = f"The weights are of step {step:,}, not of step {last:,}, the last of {run.id} ({status}): what it"
        env.tell(f"{told} learned since is not saved. {later}".rstrip())
    elif not as_json:
        env.tell(f"The weights are of step {step:,}.")
