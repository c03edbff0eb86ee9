"""Whether the log and the configuration of a run are as they were written, by the chain over its log.

No proof of anything: who can edit a log can compute its chain again. What an older dltui wrote is not chained, and says
nothing either way.
"""

import re
from hashlib import sha256
from typing import NamedTuple

from dltui import regular_file
from dltui.errors import DltuiError
from dltui.recipes import files, kind_files
from dltui.runs import abridged_log, events, log_chain
from dltui.runs.log_chain import Line
from dltui.runs.run import Run

SIGNED = re.compile(rf"recipe\.toml|{kind_files.FOLDER}/[\w.-]+")  # files of a run's folder that its log tells of
LARGEST = max(files.LARGEST, kind_files.LARGEST)
TELLING = re.compile(rb'\{"v":\d+,"seq":\d+,"t":[\d.]+,"kind":"(started|note)"')

WHOLE = "whole"
EDITED = "edited"
NOT_CHAINED = "not chained"  # an older dltui's: it says nothing either way
AT_HAND_IN = "whole at hand-in"  # too long to be handed in, it was looked at by the student's dltui
STATES = (WHOLE, EDITED, NOT_CHAINED, AT_HAND_IN)


class Verdict(NamedTuple):
    """state: one of STATES. why: what is wrong with an edited one, or why another is not known to be whole."""

    state: str
    why: str = ""


def digests(run: Run) -> dict[str, str]:
    """Returns name -> sha256 of the files that say how a run is configured. Raises OSError."""
    found = [run.recipe_file, *sorted((run.path / kind_files.FOLDER).glob("*.py"))]
    return {str(path.relative_to(run.path)): _digest(run, str(path.relative_to(run.path))) for path in found}


def check(run: Run, *, abridged: bool = False) -> Verdict:
    """Says how the log and the configuration of a run stand, in bounded memory.

    abridged: whether lines may have been left out of its log, as of a hand-in. A torn last line is "not yet".
    """
    try:
        with regular_file.opened(run.log, events.ANY) as file:
            reading = _Reading(abridged)
            for line in log_chain.lines(file):
                if why := reading.take(line):
                    return Verdict(EDITED, why)
    except OSError as error:
        return Verdict(NOT_CHAINED, f"its log cannot be read: {error.strerror}")
    if reading.unchained or not reading.number:
        return Verdict(NOT_CHAINED, "its log was written, or begun, by an older dltui")
    why = _edited_file(run, reading.files, abridged) or _other_recipe(run)
    return Verdict(EDITED, why) if why else Verdict(WHOLE)


class _Reading:
    """What the lines of a log have told so far. files: name -> each sha256 that it may have at this place."""

    def __init__(self, abridged: bool):
        self.abridged = abridged
        self.number = self.unchained = 0  # lines, and those at the beginning that have no link
        self.files: dict[str, set[str]] = {}
        self._before = log_chain.FIRST

    def take(self, line: Line) -> str:
        """Takes the next line; returns in words what is wrong with it, "" for nothing."""
        if self.abridged and (digests := abridged_log.left_out(line.text)):
            for said in digests:
                self._before = log_chain.link(self._before, said)
            self.number += len(digests)
            return ""
        self.number += 1
        if not line.link:
            self.unchained += self.number == self.unchained + 1
            before_all = self.number == self.unchained
            return "" if before_all else f"line {self.number:,} of its log was added, or is not as it was written"
        self._before, expected = line.link, log_chain.link(self._before, line.digest)
        if line.link != expected:
            return f"line {self.number:,} of its log is not as it was written, or one before it is missing"
        return self._take_files(line.text) if TELLING.match(line.text) else ""

    def _take_files(self, text: bytes) -> str:
        """Keeps which files a line tells of; returns what is wrong where they changed before the run went on."""
        try:
            event = events.decode(text)
        except ValueError:
            return ""  # of a later version
        if "files" not in event:
            return ""
        told = {name: sha for name, sha in event["files"].items() if SIGNED.fullmatch(name)}
        if event["kind"] == "note":  # the file is about to change, or has changed
            for name, sha in told.items():
                self.files.setdefault(name, set()).add(sha)
            return ""
        changed = [name for name, sha in told.items() if sha not in self.files.get(name, {sha})]
        self.files = {name: {sha} for name, sha in told.items()}
        return f"{changed[0]} was changed before the run went on (line {self.number:,} of its log)" if changed else ""


def _edited_file(run: Run, known: dict[str, set[str]], abridged: bool) -> str:
    for name, allowed in known.items():
        try:
            if _digest(run, name) not in allowed:
                return f"{name} is not as it was when the run began"
        except OSError as error:
            if not abridged or name == run.recipe_file.name:  # a hand-in has no files of kinds
                return f"{name} cannot be read: {error.strerror}"
    return ""


def _other_recipe(run: Run) -> str:
    """Whether run.json tells of another recipe than recipe.toml, which the log tells the digest of."""
    told = run.info().get("recipe") or run.recipe_name  # as recipe_status takes it
    try:
        name = files.read_table(run.recipe_file).get("name", told)
    except DltuiError:
        return ""
    return f"run.json says that it is a run of {told}, and recipe.toml that it is one of {name}" if told != name else ""


def _digest(run: Run, name: str) -> str:
    return sha256(regular_file.read(run.path / name, LARGEST)).hexdigest()
