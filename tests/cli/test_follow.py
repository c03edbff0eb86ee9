"""What is told of a run that is followed off a terminal."""

from types import SimpleNamespace

from dltui.cli import follow
from dltui.runs.events import EventLog
from dltui.runs.run import Run


class Waiting:
    """An engine that reads for twenty looks, and then ends."""

    first = ends_from = 0

    def __init__(self, run: Run):
        self.run, self.looks = run, 0

    def ended(self) -> bool:
        self.looks += 1
        return self.looks > 20


def test_a_note_is_told_once_however_long_it_stays_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(follow, "LINE", 0.0)
    monkeypatch.setattr(follow, "LOOK", 0.001)
    run, told = Run(tmp_path), []
    EventLog(run.log).write("note", level="info", text="20 of 100 rows are held back")
    follow.as_lines(Waiting(run), SimpleNamespace(tell=told.append))
    assert told == ["20 of 100 rows are held back"]
