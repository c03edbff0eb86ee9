"""All runs as the runs screen knows them: listed, read piece by piece in a thread, looked at again as they change."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dltui import paths
from dltui.runs import run as runs
from dltui.runs.annotations import Annotations
from dltui.runs.facts import RunFacts, log_size, noted_at
from dltui.runs.known_runs import FEW, KnownRuns
from dltui.runs.run import Run

PIECE = 0.05  # seconds of reading after which what was read is handed over
LIVE_EVERY = 1.0  # seconds between two looks at the runs that go on
ALL_EVERY = 10.0  # at the sizes of all logs: one may have been resumed elsewhere


class Piece(NamedTuple):
    """What a look has found so far. listed: every run, the newest first; None where these are known already."""

    listed: list[Run] | None
    read: list[RunFacts]
    left: int  # runs that are still to be read


class RunIndex:
    """`facts` is id -> what is known, the newest run first. Only the thread of the screen calls its methods."""

    def __init__(self) -> None:
        self.facts: dict[str, RunFacts] = {}
        self.left = 0
        self._live = False  # whether any run goes on
        self._names: list[str] | None = None
        self._folder_seen: int | None = None
        self._looked = self._looked_at_all = -ALL_EVERY

    def begin(self) -> Iterator[Piece] | None:
        """Returns the next look, to be gone through in a thread; None where it is too early for one."""
        now = time.monotonic()
        try:
            folder = paths.runs().stat().st_mtime_ns
        except OSError:
            folder = 0
        thorough = now - self._looked_at_all >= ALL_EVERY
        if folder == self._folder_seen and not thorough and not (self._live and now - self._looked >= LIVE_EVERY):
            return None
        self._folder_seen, self._looked = folder, now
        if thorough:
            self._looked_at_all = now
        return pieces(self.facts, thorough)

    def take(self, piece: Piece) -> bool:
        """Takes a piece in; returns whether anything is other than it was."""
        changed = False
        if piece.listed is not None:
            self.facts = {run.id: self.facts.get(run.id) or RunFacts(run) for run in piece.listed}
            changed = True
        for facts in piece.read:
            before = self.facts.get(facts.id)
            if before is not None:  # it may have been deleted meanwhile
                changed |= not before.is_read or before.state != facts.state
                changed |= before.annotations != facts.annotations
                self.facts[facts.id] = facts
        changed |= self.left != piece.left
        self.left = piece.left
        self._names = None
        self._live = any(facts.live for facts in self.facts.values())
        return changed

    def forget(self, run: Run) -> None:
        """Leaves a run out that was deleted."""
        self.facts.pop(run.id, None)
        self._names = None

    def note(self, run: Run, noted: Annotations) -> None:
        """Takes in what was just noted about a run."""
        if (facts := self.facts.get(run.id)) is not None:
            facts.annotations = noted

    def look_again(self) -> None:
        """Makes the next look come at once, and thorough."""
        self._looked_at_all = -ALL_EVERY

    def names(self) -> list[str]:
        """The names in all summaries, those of the most runs first."""
        if self._names is None:  # asked for at every key of a filter
            counted = Counter(tuple(facts.state.summary) for facts in self.facts.values() if facts.is_read)
            found: Counter[str] = Counter()
            for names, count in counted.items():
                found.update(dict.fromkeys(names, count))
            self._names = [name for name, _ in found.most_common()]
        return self._names


def pieces(known: Mapping[str, RunFacts], thorough: bool) -> Iterator[Piece]:
    """Lists the runs, reads those that are new, go on, or, where `thorough`, have a log of another size or
    something else that was noted about them.

    What was asked for them, and their recipes, is read last: few columns and filters want it.
    """
    listed = runs.newest_first()
    waiting = [run for run in listed if _changed(known.get(run.id), thorough)]
    yield Piece(listed if [run.id for run in listed] != list(known) else None, [], len(waiting))
    kept = KnownRuns() if len(waiting) > FEW else None
    found: list[RunFacts] = []
    read: list[RunFacts] = []
    until = time.monotonic() + PIECE
    for number, run in enumerate(waiting, 1):
        read.append(RunFacts(run, kept).read())
        if time.monotonic() >= until or number == len(waiting):
            yield Piece(None, read, len(waiting) - number)
            found += read
            read, until = [], time.monotonic() + PIECE
    if kept:
        kept.keep(listed)
    for facts in found:
        _ = facts.info, facts.topic


def _changed(facts: RunFacts | None, thorough: bool) -> bool:
    if facts is None or not facts.is_read or facts.live:
        return True
    return thorough and (log_size(facts.run), noted_at(facts.run)) != (facts.log_size, facts.noted_at)
