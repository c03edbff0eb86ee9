"""An engine that answers once: its answer, its progress, its error, its last words."""

import sys
from pathlib import Path

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer, launch


@pytest.fixture
def entry(monkeypatch, tmp_path):
    """entry(source) -> what `engine_answer.ask("entry")` gives for an entry of that source."""
    (tmp_path / "asked" / "commands").mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, "-P", "-m", "asked"))

    def ask(source: str, *words: str, **options) -> dict:
        Path(tmp_path / "asked" / "commands" / "entry.py").write_text(f"import json, sys\n{source}")
        return engine_answer.ask("entry", *words, **options)

    return ask


def test_an_entry_answers_and_tells_its_progress(entry):
    told = []
    source = 'print("noise"); print(json.dumps({"progress": "half"})); print(json.dumps({"words": sys.argv[1:]}))'
    assert entry(source, "a", "b", report=told.append) == {"words": ["a", "b"]}
    assert told == ["half"]


def test_an_entrys_error_is_ours(entry):
    with pytest.raises(DltuiError) as error:
        entry('print(json.dumps({"error": "no rows", "hint": "try", "exit": 4})); sys.exit(4)')
    assert (error.value.message, error.value.hint, error.value.status) == ("no rows", "try", ExitStatus.DATA)


def test_an_entry_that_breaks_is_told_by_its_last_words(entry):
    with pytest.raises(DltuiError, match="status 1: ImportError: no torch"):
        entry('raise ImportError("no torch")')
