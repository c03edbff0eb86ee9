"""Starts `python -m dltui.engine RUN_DIR`, a process in a session of its own that outlives us."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import dltui
from dltui import paths, regular_file
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import kind_files
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import engine_lock, recorded_recipe
from dltui.runs import run as runs
from dltui.runs.events import ANY
from dltui.runs.run import Run

# -P: a torch.py or random.py that happens to lie in the current folder is not ours to import
ENGINE_COMMAND = (sys.executable, "-P", "-m", "dltui.engine")
ROOM = 1 << 20  # bytes that must be free on a disk for an engine to write its last words
MOST_THREADS = 1024  # with some thousands more the numerics libraries crash
PRECISIONS = ("auto", "fp32", "bf16")
MOST_PROCESSES = 1024
OF_A_GROUP = ("RANK", "WORLD_SIZE", "TORCHELASTIC_RUN_ID")  # by which torchrun tells a process its place among others
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


def check_choices(device: str, precision: str, threads: int, name: str) -> None:
    """Raises DltuiError (2) that tells every one of these that is not valid."""
    problems = [*runs.begun_name_problems(name)] if name else []
    if not _DEVICE.fullmatch(device):
        near = did_you_mean(device, ("auto", "cpu", "cuda", "mps", "cuda:0"))
        problems.append(f'device "{device}" is unknown. {near}')
    if precision not in PRECISIONS:
        problems.append(f'precision "{precision}" is unknown. {did_you_mean(precision, PRECISIONS)}')
    if not 0 <= threads <= MOST_THREADS:
        problems.append(f"threads must be 0, which chooses by a measurement, to {MOST_THREADS}, not {threads}.")
    if problems:
        raise DltuiError("\n".join(problems), "See: dltui run --help", ExitStatus.USAGE)


def check_processes(nproc: int, recipe: Recipe, device: str) -> None:
    """Raises DltuiError (2) where a recipe cannot be trained by `nproc` processes that share each batch."""
    alone = "It trains in one process: --nproc 1"
    if not 1 <= nproc <= MOST_PROCESSES:
        what = f"--nproc must be 1 to {MOST_PROCESSES}, not {nproc}."
        raise DltuiError(what, "See: dltui run --help", ExitStatus.USAGE)
    if nproc == 1:
        return
    if recipe.subject == "algorithm":
        what = f'{recipe.name} runs the algorithm "{recipe.task.kind}": it has no batches that processes could share.'
        raise DltuiError(what, alone, ExitStatus.USAGE)
    if device not in ("auto", "cpu", "cuda"):
        what = f"--nproc {nproc} cannot be on {device}: each process takes the GPU of its own number."
        raise DltuiError(what, "Leave --device out, or: --device cuda", ExitStatus.USAGE)
    size = min(variant.train["batch"] for variant in recipe.variants.values())
    if size < 2 * nproc:
        what = f"train.batch = {size} leaves {nproc} processes less than two rows each."
        raise DltuiError(what, f"Set train.batch={16 * nproc}, or: --nproc 1", ExitStatus.USAGE)


def check_compile(recipe: Recipe, nproc: int) -> None:
    """Raises DltuiError (2) where there is no net to be compiled, or none that can be."""
    if recipe.subject == "algorithm":
        what = f'{recipe.name} runs the algorithm "{recipe.task.kind}": there is no training step to be compiled.'
        raise DltuiError(what, "Leave --compile out.", ExitStatus.USAGE)
    if nproc > 1:
        what = "--compile is for one process: several that share each batch change what is compiled."
        raise DltuiError(what, "Leave --compile or --nproc out.", ExitStatus.USAGE)


# -- starting ----------------------------------------------------------------------------------------------------------


def start(recipe: Recipe, *, owned: bool = False, **asked: object) -> Engine:
    """Makes the folder of a new run of `recipe`, starts its engine there and returns it. asked: see `prepare`.

    owned: it ends when this process does, for whom alone it runs. Raises DltuiError.
    """
    return launched(prepare(recipe, **asked), owned=owned)


def prepare(
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
    nproc: int = 1,
    compiled: bool = False,
) -> Run:
    """Makes the folder of a new run of `recipe` (see data_source.py), ready for an engine, and returns it.

    overrides, full and argv are recorded as what was asked; the recipe has them already. as_one: its variants are
    trained as one batch of nets, or it fails before the first step. run_id: see `runs.create`. nproc: processes that
    share each batch. compiled: whether nets go through torch.compile. Raises DltuiError.
    """
    check_choices(device, precision, threads, name)
    check_processes(nproc, recipe, device)
    if compiled:
        check_compile(recipe, nproc)
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
        **({"compile": True} if compiled else {}),
        **({"processes": nproc} if nproc > 1 else {}),
        "versions": {"dltui": dltui.__version__, "python": sys.version.split()[0]},
    }
    kinds = kind_files.copies(recipe.table)
    if kinds.files:
        info["kinds"] = kinds.records
        recipe = recipe._replace(table=recipe.table | {"kinds": list(kinds.files)})
    return runs.create(recipe.name, recipes.to_toml(recipe), info, name=name, run_id=run_id, files=kinds.files)


def resume(run: Run, *, longer: bool = False, nproc: int = 0) -> Engine:
    """Starts an engine that goes on from the run's last good checkpoint. longer: of a run that is done too, which
    has more steps now (see lengthen.py). nproc: processes that share each batch; 0, as many as it was begun with.

    Raises DltuiError: see check_resumable.
    """
    check_resumable(run, longer=longer, nproc=nproc)
    return launched(run, nproc=nproc)


def check_resumable(run: Run, *, longer: bool = False, nproc: int = 0) -> None:
    """Raises DltuiError where a run cannot go on, or its recipe is one of an earlier dltui that this one does not know.

    longer, nproc: see `resume`.
    """
    recorded_recipe.usable(run)  # an earlier dltui may have written it
    state = runs.state(run)
    if state.live:
        raise DltuiError(f"{run.id} is {state.status} already.", f"Watch it: dltui attach {run.id}")
    if state.status == "done" and not longer:
        more = f"Train it longer: dltui run --resume {run.id} train.steps={2 * state.step}"
        raise DltuiError(f"{run.id} is done: no step is left.", more)
    if nproc:
        recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file, checked=True)
        check_processes(nproc, recipe, run.info().get("device", "auto"))


def launched(run: Run, *, owned: bool = False, nproc: int = 0) -> Engine:
    """Starts the engine of a run that has none; of two who do so at once one is told that it is running already."""
    processes = {engine_lock.PROCESSES_VARIABLE: str(nproc)} if nproc else {}
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
                env=environment(owned=owned) | {engine_lock.LOCK_VARIABLE: str(lock)} | processes,
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
    variables = {name: value for name, value in os.environ.items() if name not in OF_A_GROUP}
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
        with regular_file.opened(run.engine_log, ANY) as file:
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
