"""The command that repeats a run: what was asked for it, in the words of the command line."""

import shlex

from dltui.errors import DltuiError
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.check import SOURCES
from dltui.runs.run import Run

OPTIONS = {"device": "auto", "threads": 0, "precision": "auto"}  # those that a recipe does not hold, as they are unsaid


def command(run: Run) -> str:
    """Returns `dltui run ...`, quoted for a shell, that trains the same again.

    A bundled recipe that was named is named again, with what was changed; for any other the run's recipe.toml stands,
    which holds everything. A path to data is written in full, for the command may be given in another folder.
    """
    info = run.info()
    given = [f"--{name}={info[name]}" for name, unsaid in OPTIONS.items() if info.get(name, unsaid) != unsaid]
    given += [f"--nproc={info['processes']}"] if "processes" in info else []
    name = info.get("recipe")
    own = name not in recipes.files() or name not in info.get("argv", ())  # a file may bear such a name too
    if own or info.get("kinds"):  # the run's own folder keeps the files of kinds
        return shlex.join(["dltui", "run", str(run.recipe_file), *given])
    changes = dict(info.get("overrides") or {})
    source = str(info.get("data", "auto"))
    if changes.get("data.from", _own_source(name)) != source:  # DLTUI_DATA, or a path that began somewhere
        changes["data.from"] = source
    words = [overrides.written(key, value) for key, value in changes.items()]
    return shlex.join(["dltui", "run", name, *words, *(["--full"] if info.get("full") else []), *given])


def _own_source(name: str) -> str:
    """Where the recipe itself takes its rows from."""
    try:
        source = recipes.read_table(recipes.find(name)).get("data", {}).get("from", "auto")
    except DltuiError:
        return "auto"
    return source if source in SOURCES else ""
