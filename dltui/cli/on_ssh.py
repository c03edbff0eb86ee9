"""Commands on a run that another machine holds, `--on ssh:HOST`."""

from collections.abc import Mapping

from dltui.cli.environment import Environment
from dltui.cli.follow import show
from dltui.cli.notifying import Notifier
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import over_ssh
from dltui.recipes.recipe import Recipe
from dltui.runs.run import Run

OPTIONS = {"device": "auto", "threads": 0, "precision": "auto", "name": "", "nproc": 0}  # sent where they are others


def host_of(on: str, refused: Mapping[str, object]) -> str:
    """The host of `--on ssh:HOST`, "" where it is something else. refused: options that have no sense there.

    Raises DltuiError (2).
    """
    if not on.startswith(over_ssh.PREFIX):
        return ""
    if given := [f"--{name}" for name, value in refused.items() if value]:
        what = f"--on ssh: not with {' and '.join(given)}."
        raise DltuiError(what, "Leave it out, or do it on that machine.", ExitStatus.USAGE)
    return over_ssh.host_of(on)


def begun(
    env: Environment, recipe: Recipe, host: str, given: Mapping[str, object], notifier: Notifier | None, **how: bool
) -> ExitStatus:
    """Begins a run on `host` and follows it; notifier: None where it is left to itself. how: as_json, quiet."""
    asked = [text for name, standard in OPTIONS.items() if given[name] != standard
             for text in (f"--{name}", str(given[name]))]  # fmt: skip
    asked += ["--compile"] if given["compiled"] else []
    run = over_ssh.begin(recipe, host, asked)
    if notifier is None:
        env.print_json({"id": run.id, "path": str(run.path)}) if how["as_json"] else env.print(run.id)
        return ExitStatus.OK
    if not how["quiet"]:
        env.tell(f"{run.id} is on {host}. Ctrl-C leaves it there: dltui attach {run.id}")
    with notifier:
        return followed(env, run, notifier, **how)


def followed(env: Environment, run: Run, notifier: Notifier, **how: bool) -> ExitStatus:
    """Follows a run that is away to its end, and brings it here. how: as_json, quiet."""
    try:
        status = show(over_ssh.AwayEngine(run, notifier.watch), env, **how)
    except DltuiError as fault:
        if over_ssh.is_away(run):
            fault.hint = f"{fault.hint} It goes on there; follow it again: dltui attach {run.id}".strip()
        raise
    notifier.run_ended(run, status)
    return status


def forwarded(env: Environment, run: Run, *words: str) -> bool:
    """Has the machine do `dltui WORDS... RUN` where a run is away; returns whether it is."""
    if not over_ssh.is_away(run):
        return False
    env.tell(over_ssh.forwarded(run, *words))
    return True
