"""Asks an engine that answers once: `python -m dltui.engine.commands.<entry>`."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch

GRACE_SECONDS = 3.0  # in which an entry that is to end cleans up


def ask(entry: str, *words: str, report: Callable[[str], None] = lambda text: None) -> dict:
    """Runs `python -m dltui.engine.commands.<entry> words...` and returns the JSON that it answers with.

    `report` is told its progress. Raises the DltuiError that the entry met.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command(entry, *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=launch.environment(owned=True),
        )
        with process:  # waits for its end
            try:
                answer = answer_among(process.stdout, report)
            except BaseException:
                _end(process)
                raise
        said.seek(0)
        return checked(answer, entry, process.returncode, said.read())


def _end(process: subprocess.Popen) -> None:
    """Ends an entry, which deletes what it has half made."""
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def command(entry: str, *words: str) -> list[str]:
    """Returns the command line of an entry."""
    return [*launch.ENGINE_COMMAND[:-1], f"{launch.ENGINE_COMMAND[-1]}.commands.{entry}", *words]


def answer_among(lines: Iterable[bytes], report: Callable[[str], None] = lambda text: None) -> dict:
    """Returns the last JSON object that is not {"progress": text}; {} where there is none. `report` is told those."""
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


def checked(answer: dict, entry: str, status: int, complaint: bytes) -> dict:
    """Returns the answer of an entry that ended with `status` and wrote `complaint` to its standard error.

    Raises the DltuiError that the entry met; where it broke or gave no answer, one with its last words.
    """
    if "error" in answer:
        raise DltuiError(answer["error"], answer.get("hint", ""), ExitStatus(answer.get("exit", 1)))
    if status or not answer:
        words = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing."
        raise DltuiError(f"The engine's {entry} ended with status {status}: {words}", "See: dltui doctor")
    return answer
