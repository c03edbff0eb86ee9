"""Asks an engine that answers once: `python -m dltui.engine.commands.<entry>`."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch


def ask(entry: str, *words: str, report: Callable[[str], None] = lambda text: None) -> dict:
    """Runs `python -m dltui.engine.commands.<entry> words...` and returns the JSON that it answers with.

    `report` is told its progress. Raises the DltuiError that the entry met.
    """
    command = [*launch.ENGINE_COMMAND[:-1], f"{launch.ENGINE_COMMAND[-1]}.commands.{entry}", *words]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=launch.environment(owned=True)
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
