"""The engine's process: `python -m dltui.engine RUN_DIR`. Every exception becomes a `finished` event."""

import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from dltui.engine.training import disk_full, memory_limit, watchdog
from dltui.engine.training.control import Control
from dltui.engine.training.follower_log import FollowerLog
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import cluster_job
from dltui.runs.cluster_job import Heartbeat
from dltui.runs.engine_lock import ASKER_VARIABLE, PROCESSES_VARIABLE, hold
from dltui.runs.events import EventLog
from dltui.runs.run import Run, state

ALONE = "Expected more than 1 value per channel when training"  # torch's words of a batch of one row


def main(arguments: list[str]) -> int:
    """Runs the run in the folder that is given; returns the exit status that `finished` names."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m dltui.engine RUN_DIR", file=sys.stderr)
        return ExitStatus.USAGE
    run = Run(Path(arguments[0]).resolve())
    memory_limit.obey()
    control = Control(run.control)
    if "TORCHELASTIC_RUN_ID" in os.environ:  # what torchrun starts is not to outlive it
        os.environ.setdefault(ASKER_VARIABLE, str(os.getppid()))
    if int(os.environ.get("RANK", 0)):
        return _follow(run, control)
    try:
        lock = hold(run)
    except DltuiError as error:
        print(error, file=sys.stderr)
        return error.status
    control.listen()
    if cluster_job.of(run.path):
        for warning in (signal.SIGUSR1, signal.SIGUSR2):  # SLURM sends it to all processes of a job; it is submitit's
            signal.signal(warning, signal.SIG_IGN)
    watchdog.watch(run.path, control.terminate)
    log = EventLog(run.log)
    try:
        with Heartbeat(run.path):
            status = _guarded(run, log, control)
        # where the log cannot take the end of a run, nobody is to say that it went well
        return ExitStatus.FAILED if disk_full.patiently(log.sync) else status
    finally:
        log.close()
        lock.close()


def _follow(run: Run, control: Control) -> int:
    """Trains as one process of several that is not the first, which alone holds the lock and writes."""
    control.listen()
    watchdog.watch_asker()
    log = FollowerLog()
    status = _guarded(run, log, control)
    return status if log.failed else ExitStatus.OK


def _guarded(run: Run, log: EventLog | FollowerLog, control: Control) -> int:
    def stuck(fault: DltuiError) -> None:
        """Ends the run from another thread, where this one waits for a process that is gone."""
        status = _failed(run, log, fault.message, fault.hint, fault.status)
        disk_full.patiently(log.sync)
        os._exit(status)

    processes = int(os.environ.pop(PROCESSES_VARIABLE, 0)) or run.info().get("processes", 1)
    try:
        from dltui.engine.training.distributed import joined  # torch: 2 s, after the lock is held
        from dltui.engine.training.session import run_recipe

        with joined(run, processes, stuck) as ranks:
            if isinstance(log, FollowerLog):
                log.tell = ranks.tell
            return run_recipe(run, log, control, ranks)
    except DltuiError as error:
        if error.__cause__ is not None:  # in a file of the user's own: its traceback helps whoever wrote it
            _complain("".join(traceback.format_exception(error.__cause__)))
        return _failed(run, log, error.message, error.hint, error.status)
    except (Exception, SystemExit) as error:  # a part of the user's own may call exit()
        _complain(traceback.format_exc())
        if _is_out_of_memory(error):
            hint = "Take fewer rows or a smaller model, or a device with more memory: dltui doctor"
            return _failed(run, log, "out of memory while it looked at the result.", hint, ExitStatus.DEVICE)
        from dltui.engine.contracts import own_parts

        story = f"The whole story is in {run.engine_log}"
        if ALONE in str(error):
            what = "Batch normalization needs two rows of a batch at least: of one alone there is no spread."
            return _failed(
                run, log, what, "Set train.batch=2 or more, and take at least as many rows.", ExitStatus.USAGE
            )
        if told := own_parts.told(error):
            return _failed(run, log, told.message, f"{told.hint} {story}", told.status)
        text = f"{type(error).__name__}: {error}"
        if own := [kind["file"] for kind in run.info().get("kinds", ())]:
            hint = own_parts.hint_for(text)
            story = f"{hint} The parts of your own that it was made with: {', '.join(own)}. {story}".lstrip()
        return _failed(run, log, text, story, ExitStatus.FAILED)


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    from dltui.engine.device.device import is_out_of_memory

    return is_out_of_memory(error)


def _complain(text: str) -> None:
    """Writes to engine.log, as long as it has room: the `finished` event tells it too."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), text.encode("utf-8", "replace"))


def _failed(run: Run, log: EventLog | FollowerLog, error: str, hint: str, status: ExitStatus) -> int:
    _complain(f"{error} {hint}\n")
    stood = state(run)
    log.write(
        "finished", status="failed", exit=int(status), step=stood.step, steps=stood.steps, summary={}, expect=[],
        seconds=round(stood.seconds, 3), error=error, hint=hint,
    )  # fmt: skip
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
