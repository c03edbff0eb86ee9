"""Starts, signals and controls `python -m dltui.engine RUN_DIR`, a process in a session of its own that outlives us."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import dltui
from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check, files, schema
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.run import Run

# -P: a torch.py or random.py that happens to lie in the current folder is not ours to import
ENGINE_COMMAND = (sys.executable, "-P", "-m", "dltui.engine")
ROOM = 1 << 20  # bytes that must be free on a disk for an engine to write its last words
PATIENCE = 10.0  # seconds for an engine to be started
CONTROLS = "The engine is asked by this file: free some space, or see: dltui doctor"
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
    run_id: str = "",
    owned: bool = False,
) -> Engine:
    """Makes the folder of a new run of `recipe` (see `with_source`), starts its engine there and returns it.

    overrides, full and argv are recorded as what was asked; the recipe has them already. as_one: its variants are
    trained as one batch of nets, or it fails before the first step. run_id: see `runs.create`. owned: it
    ends when this process does, for whom alone it runs. Raises DltuiError.
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
    run = runs.create(recipe.name, recipes.to_toml(recipe), info, name=name, run_id=run_id)
    return _launched(run, owned=owned)


def resume(run: Run, *, longer: bool = False) -> Engine:
    """Starts an engine that goes on from the run's last good checkpoint. longer: of a run that is done too, which
    has more steps now (see lengthen.py).

    Raises DltuiError where one cannot, or where the recipe is one of an earlier dltui that this one does not know.
    """
    state = runs.state(run)
    if state.live:
        raise DltuiError(f"{run.id} is {state.status} already.", f"Watch it: dltui attach {run.id}")
    if state.status == "done" and not longer:
        more = f"Train it longer: dltui run --resume {run.id} train.steps={2 * state.step}"
        raise DltuiError(f"{run.id} is done: no step is left.", more)
    recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)  # an earlier dltui may have written it
    return _launched(run)


def _launched(run: Run, *, owned: bool = False) -> Engine:
    """Starts the engine of a run that has none; of two who do so at once one is told that it is running already."""
    lock = engine_lock.claim(run)
    try:
        run.control.unlink(missing_ok=True)  # what was asked of the engine before
        first = engine_lock.next_seq(run)
        with open(run.engine_log, "ab", opener=paths.private) as log:
            process = subprocess.Popen(
                [*ENGINE_COMMAND, str(run.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment(owned=owned) | {engine_lock.LOCK_VARIABLE: str(lock)},
                pass_fds=[lock],
            )
        with suppress(OSError):  # a full disk; it writes the same when it has started
            engine_lock.record(lock, run, process.pid)
    except OSError as error:
        raise DltuiError(f"{error.filename or run.path}: {error.strerror}.", "See: dltui doctor") from error
    finally:
        os.close(lock)
    return Engine(run, process, first)


def environment(*, owned: bool = False) -> dict[str, str]:
    """Ours; where dltui is not installed but run from its repository, a child must find it there.

    owned: the child ends when this process does.
    """
    variables = dict(os.environ)
    folder = paths.PACKAGE.parent
    if folder.name not in ("site-packages", "dist-packages"):
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), variables.get("PYTHONPATH", "")]))
    if owned:
        variables[engine_lock.ASKER_VARIABLE] = str(os.getpid())
    return variables


def last_words(run: Run, lines: int = 12) -> str:
    """Returns the last lines of the engine's own output: why it died, where it could not tell by an event; where it
    said nothing, what is known all the same."""
    try:
        with open(run.engine_log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - (1 << 14)))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        text = ""
    return "\n".join(text.splitlines()[-lines:]) or _without_a_word(run)


def _without_a_word(run: Run) -> str:
    try:
        free = shutil.disk_usage(run.path).free
    except OSError as error:
        return f"It said nothing, and {run.path} cannot be looked at: {error.strerror}."
    if free < ROOM:
        return f"It said nothing: the disk of {run.path} is full ({free} bytes are free), so it could write nothing."
    stood = runs.state(run)
    return f"It said nothing. Its log ends at step {stood.step} of {stood.steps}."


# -- while it runs -----------------------------------------------------------------------------------------------------


def control(run: Run, op: str, key: str = "", value: object = None) -> str:
    """Asks a running engine for `op`: pause, resume, step, stop, show, save, set. Returns the request's id.

    The event that answers bears it: `control` where it was done, a `note` where it was refused. Raises DltuiError where
    no engine runs, or where the request cannot be written.
    """
    state = runs.state(run)
    if not state.live:
        hint = "" if state.status == "done" else f"Go on with it: dltui run --resume {run.id}"
        raise DltuiError(f"{run.id} is not running: it is {state.status}.", hint)
    request = {"id": secrets.token_hex(6), "t": round(time.time(), 3), "op": op}
    line = json.dumps(request | ({"key": key, "value": value} if key else {}), ensure_ascii=False).encode() + b"\n"
    try:
        file = os.open(run.control, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            whole = os.write(file, line) == len(line)  # one write: two people who ask at once do not mix their lines
        finally:
            os.close(file)
    except OSError as error:
        raise DltuiError(f"{run.control}: cannot be written: {error.strerror}.", CONTROLS) from None
    if not whole:
        raise DltuiError(f"{run.control}: cannot be written: the disk is full.", CONTROLS)
    return request["id"]


def kill(run: Run) -> bool:
    """Ends a run's engine and all that it started, at once; returns whether there was one.

    Raises DltuiError where the lock is held by another machine's engine or by no engine at all, or where nobody tells
    in time which process the engine is.
    """
    until = time.monotonic() + PATIENCE
    while (held := engine_lock.holder(run.lock)) or runs.state(run).live:
        if held and not held.known:
            raise engine_lock.refusal(run, held)
        if held and held.host:
            raise DltuiError(f"{run.id} is running on {held.host}.", f"End it there: dltui stop {run.id} --now")
        if held and held.pid:
            return _killed(held.pid)
        if time.monotonic() > until:
            raise DltuiError(f"{run.id} has no engine yet that could be ended.", f"See: dltui attach {run.id}")
        time.sleep(0.02)
    return False


def _killed(pid: int) -> bool:
    """Ends a process and, where it leads a group of its own as an engine does, the group; False where it is gone."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise DltuiError(f"Process {pid} is another user's.", "Only they can end it.") from None
    return True


def ask(entry: str, *words: str, report: Callable[[str], None] = lambda text: None) -> dict:
    """Runs `python -m dltui.engine.commands.<entry> words...` and returns the JSON that it answers with.

    `report` is told its progress. Raises the DltuiError that the entry met.
    """
    command = [*ENGINE_COMMAND[:-1], f"{ENGINE_COMMAND[-1]}.commands.{entry}", *words]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=environment(owned=True)
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
            f"{' '.join(command)} ended with status {process.returncode}: {complaint or 'it said nothing.'}",
            "See: dltui doctor",
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
