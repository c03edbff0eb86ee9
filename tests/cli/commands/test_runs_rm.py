"""`dltui runs rm`: what is named goes at once; what fits a filter or is old goes after a yes, and pinned runs stay."""

import pytest

from dltui.cli import removal
from dltui.errors import ExitStatus
from dltui.runs import annotations
from dltui.runs import run as runs


@pytest.fixture
def three(home, make):
    return [make(day, accuracy=day / 10) for day in (1, 2, 3)]


def pin(run) -> None:
    annotations.change(run.path, lambda before: before._replace(pinned=True))


def left() -> list[str]:
    return [run.id[-4:] for run in runs.newest_first()]


def test_old_runs_go_after_a_yes_and_what_that_frees_is_told_before(dltui, three):
    (three[0].path / "weights").write_bytes(b"x" * 3_000_000)
    result = dltui("runs", "rm", "--older", "1d", stdin="y\n", terminal=True)
    assert result.status == 0 and left() == []
    assert "3 runs; deleting them frees 3.0 MB" in result.err and result.err.count("deleted mlp") == 3
    assert result.err.index("frees") < result.err.index("Delete these 3 for good?") < result.err.index("deleted mlp")


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yep\n"])
def test_without_a_yes_nothing_goes(dltui, three, answer):
    result = dltui("runs", "rm", "--older", "1d", stdin=answer, terminal=True)
    assert result.status == 0 and len(left()) == 3 and "Nothing was deleted." in result.err


def test_where_nobody_can_be_asked_it_needs_the_option(dltui, three):
    result = dltui("runs", "rm", "--older", "1d", stdin="y\n")
    assert result.status == ExitStatus.USAGE and "--yes" in result.err and len(left()) == 3
    assert dltui("runs", "rm", "--older", "1d", "--yes").status == 0 and left() == []


def test_a_dry_run_prints_what_would_go(dltui, three):
    result = dltui("runs", "rm", "--where", "acc > 0.15", "--dry-run")
    assert result.status == 0 and len(left()) == 3
    assert [line.split()[0][-4:] for line in result.out.splitlines()[:-1]] == ["ab03", "ab02"]
    assert "ab02" in dltui("runs", "rm", "ab02", "--dry-run").out and len(left()) == 3


def test_age_and_filter_both_must_hold(dltui, three):
    assert dltui("runs", "rm", "--older", "1d", "--where", "acc > 0.25", "--yes").status == 0
    assert left() == ["ab02", "ab01"]


def test_where_nothing_is_old_nothing_is_asked_and_all_is_well(dltui, three):
    """A nightly job finds nothing on most nights."""
    result = dltui("runs", "rm", "--older", "9000w")
    assert result.status == 0 and result.err.startswith("No run fits: older than 9000 weeks") and len(left()) == 3


def test_pinned_runs_stay_unless_they_are_named(dltui, three):
    pin(three[1])
    result = dltui("runs", "rm", "--older", "1d", "--yes")
    assert left() == ["ab02"] and f"{three[1].id} is pinned: it stays." in result.err
    result = dltui("runs", "rm", "ab02")
    assert left() == [] and "(it was pinned)" in result.err


def test_a_run_whose_pin_cannot_be_read_stays(dltui, three):
    (three[1].path / annotations.FILE).write_text("{")
    result = dltui("runs", "rm", "--where", "mlp", "--yes")
    assert left() == ["ab02"] and "Whether it is pinned cannot be told" in result.err


def test_a_run_that_was_pinned_while_the_user_was_asked_stays(dltui, three, monkeypatch):
    agreed = removal._agreed
    monkeypatch.setattr(removal, "_agreed", lambda *given, **more: pin(three[2]) or agreed(*given, **more))
    dltui("runs", "rm", "--older", "1d", "--yes")
    assert left() == ["ab03"]


def test_a_running_run_stays(dltui, three, running):
    live = running()
    result = dltui("runs", "rm", "--where", "mlp", "--yes")
    assert left() == [live.id[-4:]] and f"{live.id} is running: it stays." in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which runs?"),
        (["--where", ""], "--where is empty"),
        (["--older", ""], "no length of time"),
        (["--older", "30"], "Example: --older 30d"),
        (["--older", "1d", "--where", "acc >"], "there is no number"),
        (["last", "--older", "1d"], "RUN cannot stand beside"),
    ],
)
def test_what_is_wrong_is_told_and_deletes_nothing(dltui, three, words, said):
    result = dltui("runs", "rm", *words, "--yes")
    assert result.status == ExitStatus.USAGE and said in result.err and len(left()) == 3


def test_what_is_freed_is_what_the_disk_gives_back(home, make):
    run = make(1, accuracy=0.5)
    before = removal.size(run)
    (run.path / "weights").write_bytes(b"x" * 1_000_000)
    assert 1_000_000 <= removal.size(run) - before < 1_100_000
    (run.path / "again").hardlink_to(run.path / "weights")  # the other name holds them still
    assert removal.size(run) == before
