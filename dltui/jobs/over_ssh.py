"""Runs on another machine, `--on ssh:HOST`: begun there by its own dltui, followed here by a copy of its log.

Only ssh, tail and tar are asked of the machine, beside dltui. The run belongs to it and goes on when nobody follows.
Its folder here holds, while it is away, its recipe, what is known of its log, and the pictures that this names; when
it has ended, all of it: it is predicted, exported and resumed like any other.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from dltui import paths
from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files, hub_name
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import cluster_job, events
from dltui.runs import run as runs
from dltui.runs.cluster_job import ClusterJob
from dltui.runs.run import Run

PREFIX = "ssh:"
HOST = re.compile(r"[\w.][\w.@-]*")  # no option, no shell's sign
PROGRAM = "DLTUI_REMOTE"  # the command that dltui is on the machine, where its shells do not find it
SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15")
UNREACHED, NO_PROGRAM = 255, 127  # statuses of ssh itself, and of a shell
ANSWERS = 120.0  # seconds in which a command there does
MOST_WORDS = 1000  # characters of what it said
LOOK = 1.0  # seconds between two looks at its log
QUIET = 20.0  # seconds without a new event after which it is asked whether the run lives
PATIENCE = 120.0  # seconds in which a machine that was lost may be there again
NAME = re.compile(r"[\w-][\w.-]*")  # of a picture's file
HERE_ALONE = ("engine.lock", "control.jsonl", cluster_job.RECORD, cluster_job.HEARTBEAT)


def host_of(on: str) -> str:
    """Returns the host of "ssh:HOST". Raises DltuiError (2)."""
    host = on.removeprefix(PREFIX)
    if not HOST.fullmatch(host):
        what = f'--on "{on}": "{host}" is no host.'
        raise DltuiError(what, "Such as: --on ssh:gpubox, --on ssh:ann@10.0.0.7", ExitStatus.USAGE)
    return host


def is_away(run: Run) -> bool:
    """Whether a run is on another machine, and its end has not been seen here."""
    return cluster_job.is_away(run.path)


def begin(recipe: Recipe, host: str, asked: Sequence[str]) -> Run:
    """Begins a run of a checked recipe on `host` and returns its folder here. asked: options of `dltui run` there.

    Raises DltuiError: (2) for what is on this machine alone, (6) where the other cannot be reached or has no dltui,
    else with the status of what failed there.
    """
    _check_sent(recipe)
    words = ["run", "-", "--detach", "--json", *asked]
    told = _there(host, _dltui(words), stdin=recipes.to_toml(recipe).encode())
    try:
        begun = json.loads(told)
        name, folder = str(begun["id"]), str(begun["path"])
        if name != Path(name).name or not name.strip("."):
            raise ValueError(name)
    except (ValueError, KeyError, TypeError):
        what = f"{host}: dltui there did not say which run it has begun: {told[:200]!r}."
        raise DltuiError(what, f"Is it as new as this one? ssh {host} dltui --version", ExitStatus.DEVICE) from None
    run = Run(paths.runs() / name)
    try:
        paths.make(run.path)
        run.frames.mkdir(0o700, exist_ok=True)
        run.checkpoints.mkdir(0o700, exist_ok=True)
        cluster_job.put(run.path, ClusterJob(PREFIX + host, cluster_job.AWAY, folder))
        _fetch(host, folder, _all_but(*HERE_ALONE, "checkpoints", "frames", "events.jsonl"), run.path)
    except OSError as error:
        hint = f"It runs there, as {name}: ssh {host} dltui attach {name}"
        raise DltuiError(f"{error.filename or run.path}: {error.strerror}.", hint) from None
    return run


def _check_sent(recipe: Recipe) -> None:
    """Raises DltuiError (2) for what is on this machine alone."""
    if recipe.table.get("kinds"):
        what = "--on ssh: files of kinds stay on this machine."
        raise DltuiError(what, "Copy the recipe and its files there, and begin it there.", ExitStatus.USAGE)
    sources = [value for key, value in files.flat(recipe.table) if key.endswith("data.from")]
    for source in sources:
        if source not in ("auto", "hub", "builtin") and not hub_name.is_hub_name(str(source)):
            what = f"--on ssh: {source} is a path of this machine."
            raise DltuiError(what, "Copy the data there, and begin the run there.", ExitStatus.USAGE)


def forwarded(run: Run, *words: str) -> str:
    """Has the machine of a run that is away do `dltui WORDS... RUN`; returns what it said. Raises DltuiError."""
    (host, _), (first, *rest) = _place(run), words
    return _there(host, f"{_dltui([first, run.id, *rest])} 2>&1").decode("utf-8", "replace").strip()


class AwayEngine:
    """The engine of a run on another machine, to who follows it: a thread brings its log here."""

    def __init__(self, run: Run, watch: Callable[[Run], None] = lambda run: None):
        self.run, self.first, self.ends_from, self.watch = run, 0, 0, watch
        self._host, self._folder = _place(run)
        self._fault: DltuiError | None = None
        self._thread = threading.Thread(target=self._bring, name="over-ssh", daemon=True)
        self._thread.start()

    def ended(self) -> bool:
        """Whether it is over, and all of it here. Raises DltuiError (6) where the machine is not to be reached."""
        self.watch(self.run)
        if self._thread.is_alive():
            return False
        if self._fault:
            raise self._fault
        return True

    def leave(self) -> None:
        """Nobody here is needed for it."""

    def _bring(self) -> None:
        told = reached = time.monotonic()  # when the log last grew, when the machine last answered
        while True:
            try:
                if self._brought():
                    told = time.monotonic()
                over = _is_ended(self.run)
                if not over and time.monotonic() - told > QUIET:
                    over, told = self._is_gone(), time.monotonic()
                if over:
                    bring_back(self.run)
                    return
                reached = time.monotonic()
            except DltuiError as fault:
                if time.monotonic() - reached > PATIENCE or fault.status is not ExitStatus.DEVICE:
                    self._fault = fault
                    return
            except OSError as error:
                self._fault = DltuiError(f"{error.filename or self.run.path}: {error.strerror}.", "See: dltui doctor")
                return
            time.sleep(LOOK)

    def _brought(self) -> bool:
        """Appends what is new of the log, the pictures that it names first; returns whether there was something."""
        known = self.run.log.stat().st_size if self.run.log.exists() else 0
        log = shlex.quote(f"{self._folder}/events.jsonl")
        new = _there(self._host, f"if [ -e {log} ]; then tail -c +{known + 1} {log}; fi")
        new = new[: new.rfind(b"\n") + 1]  # the last line may be half written
        if not new:
            return False
        lacking = [name for name in _named_files(new) if not (self.run.frames / name).exists()]
        if lacking:
            _fetch(self._host, f"{self._folder}/frames", lacking, self.run.frames)
        with open(self.run.log, "ab", opener=paths.private) as log_here:
            log_here.write(new)
        return True

    def _is_gone(self) -> bool:
        """Whether the machine says that no engine of the run lives, or knows it no more."""
        told = json.loads(_there(self._host, _dltui(["runs", self.run.id, "--json"])) or b"[]")
        return not any(row.get("status") in runs.LIVE for row in told)


def bring_back(run: Run) -> None:
    """Copies the whole folder of a run here, which is away no more. Raises DltuiError, OSError."""
    host, folder = _place(run)
    _fetch(host, folder, _all_but(*HERE_ALONE), run.path)
    cluster_job.put_phase(run.path, cluster_job.BACK)


def _place(run: Run) -> tuple[str, str]:
    """The host of a run that is away, and its folder there."""
    job = cluster_job.of(run.path)
    if job is None or not job.on.startswith(PREFIX):
        raise DltuiError(f"{run.id} is on this machine.")
    return host_of(job.on), job.folder


def _is_ended(run: Run) -> bool:
    last = events.last_event(run.log)
    return last is not None and last["kind"] == "finished"


def _named_files(lines: bytes) -> Iterator[str]:
    """The files of pictures that events name."""
    for line in lines.splitlines():
        with suppress(ValueError):
            for key, value in _leaves(json.loads(line).get("payload", {})):
                if key == "file" and isinstance(value, str) and NAME.fullmatch(value):
                    yield value


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value


def _dltui(words: Sequence[str]) -> str:
    """A command line of dltui for the machine's shell. PROGRAM is taken as it is: it may be several words."""
    return f"{os.environ.get(PROGRAM) or 'dltui'} {shlex.join(words)}"


def _there(host: str, command: str, *, stdin: bytes = b"") -> bytes:
    """What a command says on a machine. Raises DltuiError as `_check`, and (6) where it does not answer in time."""
    try:
        done = subprocess.run(_over(host, command), input=stdin, capture_output=True, check=False, timeout=ANSWERS)
    except FileNotFoundError:
        raise DltuiError("--on ssh: there is no ssh here.", "Install OpenSSH.", ExitStatus.DEVICE) from None
    except subprocess.TimeoutExpired:
        what = f"{host} did not answer within {ANSWERS:.0f} s."
        raise DltuiError(what, f"Try: ssh {host} true", ExitStatus.DEVICE) from None
    _check(host, done.returncode, done.stderr or done.stdout)
    return done.stdout


def _over(host: str, command: str) -> list[str]:
    """In a login shell: where the user's own programs are found."""
    return [*SSH, host, shlex.join(["sh", "-lc", command])]


def _check(host: str, status: int, said: bytes) -> None:
    """Raises DltuiError: (6) where the machine cannot be reached, or has no dltui; else with the status and the words
    of what failed there."""
    text = said.decode("utf-8", "replace").strip()[-MOST_WORDS:]
    if status == UNREACHED:
        raise DltuiError(f"{host} cannot be reached: {text}", f"Try: ssh {host} true", ExitStatus.DEVICE)
    if status == NO_PROGRAM:
        hint = f"Where it is: export {PROGRAM}=/path/on/{host}/bin/dltui"
        raise DltuiError(f"{host} has no dltui in its shell's path: {text}", hint, ExitStatus.DEVICE)
    if status:
        known = status in ExitStatus._value2member_map_
        raise DltuiError(
            f"{host}: {text or f'status {status}'}", "", ExitStatus(status) if known else ExitStatus.FAILED
        )


def _all_but(*names: str) -> list[str]:
    """What tar is told to take a folder without some names in it."""
    return [*(f"--exclude=./{name}" for name in names), "."]


def _fetch(host: str, there: str, what: Sequence[str], folder: Path) -> None:
    """Copies files of a folder of a machine into one here: regular ones alone, none outside. Raises DltuiError,
    OSError."""
    import tarfile  # with its decompressors 10 ms, which commands on runs of this machine need not wait for

    command = shlex.join(["tar", "-C", there, "-cf", "-", *what])
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(_over(host, command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        fault = ""
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    if member.isfile() and tarfile.data_filter(member, str(folder)):
                        _write(archive.extractfile(member), folder / member.name)
        except (tarfile.TarError, EOFError) as error:
            fault = str(error)
        finally:
            process.stdout.close()
            process.wait()
        said.seek(0)
        _check(host, process.returncode, said.read())
    if fault:
        raise DltuiError(f"{host}: what came of {there} is no tar: {fault}.", "", ExitStatus.DEVICE)


def _write(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(0o700, parents=True, exist_ok=True)
    with replacing(target, opener=paths.private) as file:
        shutil.copyfileobj(source, file)
