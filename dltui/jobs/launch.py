"""Starts, signals and controls `python -m dltui.engine RUN_DIR`, a process in a session of its own that outlives us."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import dltui
from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check, files, schema
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run

# -P: a torch.py or random.py that happens to lie in the current folder is not ours to import
ENGINE_COMMAND = (sys.executable, "-P", "-m", "dltui.engine")
PRECISIONS = ("auto", "fp32", "bf16")
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class Engine(NamedTuple):
    """An engine that we started."""

    run: Run
    process: subprocess.Popen
    first: int  # seq of the first event that this engine can write: a resumed run's log holds older ones

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def leave(self) -> None:
        """Lets the engine go its own way: nobody here will ask how it ended."""
        self.process.returncode = 0  # else Popen complains, when it is forgotten, that its child lives

    def terminate(self) -> None:
        """Asks the engine to save and stop; a second time ends it at once."""
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the engine and all that it started, at once, and waits until it is gone."""
        if not self.ended():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


# -- what is to be run -------------------------------------------------------------------------------------------------


def with_source(recipe: Recipe, *, named_here: bool = False) -> Recipe:
    """Returns the recipe with DLTUI_DATA in the place of `auto`, and with paths to data made absolute.

    named_here: the path stood on the command line, so it starts at the current folder; one in a recipe file starts at
    the file's folder. Raises DltuiError (4) where nothing is at such a path.
    """
    if recipe.data is None:
        return recipe
    here = Path.cwd()
    base = here if named_here or recipe.path is None else recipe.path.resolve().parent
    if recipe.data_from == "auto":
        source = _absolute(_machine_source(recipe.data.kind), here)
    else:
        source = _absolute(recipe.data_from, base)
    table = {**recipe.table, "data": {**recipe.table["data"], "from": source}}
    if "variants" in table:
        table["variants"] = {
            name: {k: _absolute(v, base) if k == "data.from" else v for k, v in files.flat(changes)}
            for name, changes in table["variants"].items()
        }
    return recipe._replace(table=table)


def _machine_source(kind: str) -> str:
    """DLTUI_DATA where `kind` has such a source, else auto."""
    wanted = os.environ.get("DLTUI_DATA") or "auto"
    has = schema.find("data", kind).constants.get("SOURCES", ())
    return wanted if (wanted if wanted in check.SOURCES else "path") in has else "auto"


def _absolute(source: str, base: Path) -> str:
    if source in check.SOURCES:
        return source
    path = base / Path(source).expanduser()
    if not path.exists():
        raise DltuiError(f'data.from "{source}": there is no {path}.', "Give hub, builtin or a path.", ExitStatus.DATA)
    return str(path.resolve())


def check_choices(device: str, precision: str, threads: int, name: str) -> None:
    """Raises DltuiError (2) that tells every one of these that is not valid."""
    problems = [*check.name_problems(name)] if name else []
    if not _DEVICE.fullmatch(device):
        near = did_you_mean(device, ("auto", "cpu", "cuda", "mps", "cuda:0"))
        problems.append(f'device "{device}" is unknown. {near}')
    if precision not in PRECISIONS:
        problems.append(f'precision "{precision}" is unknown. {did_you_mean(precision, PRECISIONS)}')
    if threads < 0:
        problems.append(f"threads must be at least 0 (0 chooses by a measurement), not {threads}.")
    if problems:
        raise DltuiError("\n".join(problems), "See: dltui run --help", ExitStatus.USAGE)


# -- starting ----------------------------------------------------------------------------------------------------------


def start(
    recipe: Recipe,
    *,
    overrides: Mapping[str, object] | None = None,
    device: str = "auto",
    threads: int = 0,
    precision: str = "auto",
    full: bool = False,
    name: str = "",
    argv: Sequence[str] = (),
    as_one: bool = False,
) -> Engine:
    """Makes the folder of a new run of `recipe` (see `with_source`), starts its engine there and returns it.

    overrides, full and argv are recorded as what was asked; the recipe has them already. as_one: its variants are
    trained as one batch of nets, or it fails before the first step. Raises DltuiError.
    """
    check_choices(device, precision, threads, name)
    info = {
        "overrides": dict(overrides or {}),
        "data": recipe.data_from,
        "device": device,
        "threads": threads,
        "precision": precision,
        "full": full,
        "steps": recipe.train["steps"],
        "argv": list(argv),
        **({"as_one": True} if as_one else {}),
        "versions": {"dltui": dltui.__version__, "python": sys.version.split()[0]},
    }
    return _launched(runs.create(recipe.name, recipes.to_toml(recipe), info, name=name))


def resume(run: Run) -> Engine:
    """Starts an engine that goes on from the run's last good checkpoint. Raises DltuiError where one cannot, or where
    the recipe is one of an earlier dltui that this one does not know."""
    state = runs.state(run)
    if state.live:
        raise DltuiError(f"{run.id} is {state.status} already.", f"Watch it: dltui attach {run.id}")
    if state.status == "done":
        raise DltuiError(f"{run.id} is done: no step is left.", f"Run it again: dltui run {run.recipe_file}")
    recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)  # an earlier dltui may have written it
    run.control.unlink(missing_ok=True)  # what was asked of the engine before
    return _launched(run)


def _launched(run: Run) -> Engine:
    first = next((event["seq"] + 1 for event in reversed(events.last_events(run.log))), 0)
    with open(run.engine_log, "ab") as log:
        process = subprocess.Popen(
            [*ENGINE_COMMAND, str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment(),
        )
    return Engine(run, process, first)


def environment() -> dict[str, str]:
    """Ours; where dltui is not installed but run from its repository, a child must find it there."""
    variables = dict(os.environ)
    folder = paths.PACKAGE.parent
    if folder.name not in ("site-packages", "dist-packages"):
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), variables.get("PYTHONPATH", "")]))
    return variables


def last_words(run: Run, lines: int = 12) -> str:
    """Returns the last lines of the engine's own output: why it died, where it could not tell by an event."""
    try:
        with open(run.engine_log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - (1 << 14)))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


# -- while it runs -----------------------------------------------------------------------------------------------------


def control(run: Run, op: str, key: str = "", value: object = None) -> None:
    """Asks a running engine for `op`: pause, resume, step, stop, show, save, set. Raises DltuiError where none is."""
    state = runs.state(run)
    if not state.live:
        hint = "" if state.status == "done" else f"Go on with it: dltui run --resume {run.id}"
        raise DltuiError(f"{run.id} is not running: it is {state.status}.", hint)
    request = {"t": round(time.time(), 3), "op": op, **({"key": key, "value": value} if key else {})}
    line = json.dumps(request, ensure_ascii=False).encode() + b"\n"
    file = os.open(run.control, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line)  # one write: two people who ask at once do not mix their lines
    finally:
        os.close(file)


def kill(run: Run) -> bool:
    """Ends a run's engine and all that it started, at once; returns whether there was one."""
    while not (pid := runs.engine_pid(run)):  # None or 0: it has not told its process id yet
        if not runs.state(run).live:
            return False
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)  # the engine leads a session of its own
    return True


def ask(entry: str, *words: str, report: Callable[[str], None] = lambda text: None) -> dict:
    """Runs `python -m dltui.engine.commands.<entry> words...` and returns the JSON that it answers with.

    `report` is told its progress. Raises the DltuiError that the entry met.
    """
    command = [*ENGINE_COMMAND[:-1], f"{ENGINE_COMMAND[-1]}.commands.{entry}", *words]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=environment()
        )
        with process:  # waits for its end
            try:
                answer = _answer_among(process.stdout, report)
            except BaseException:
                process.kill()
                raise
        said.seek(0)
        complaint = said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if "error" in answer:
        raise DltuiError(answer["error"], answer.get("hint", ""), ExitStatus(answer.get("exit", 1)))
    if process.returncode or not answer:
        raise DltuiError(
            f"{' '.join(command)} ended with status {process.returncode}: {complaint}", "See: dltui doctor"
        )
    return answer


def _answer_among(lines: Iterable[bytes], report: Callable[[str], None]) -> dict:
    """The last JSON object that is not {"progress": text}; {} where there is none."""
    answer: dict = {}
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and "progress" in said:
            report(str(said["progress"]))
        elif isinstance(said, dict):
            answer = said
    return answer
