"""`dltui replay`."""

from dltui.errors import ExitStatus


def test_off_a_terminal_the_log_is_told_at_once(dltui, done):
    done("mlp-moons")
    result = dltui("replay", "last")
    assert result.status == 0 and not result.out
    assert "data: points" in result.err and "100 of 100 steps" in result.err


def test_a_run_in_another_folder_is_read_like_one_of_ours(dltui, done, tmp_path, monkeypatch):
    """students/anna was handed in: what is offered for it names the folder, and nothing that would go on with it."""
    run = done("mlp-moons")
    run.path.rename(tmp_path / "anna")
    monkeypatch.chdir(tmp_path)
    result = dltui("replay", "./anna")
    assert result.status == 0 and f"dltui replay {tmp_path / 'anna'}" in " ".join(result.err.replace("\\", "").split())
    assert dltui("attach", "./anna", "--json").out == (tmp_path / "anna" / "events.jsonl").read_text()
    assert dltui("export", "./anna", "--to", "csv").out == "anna.csv\n"
    assert dltui("stop", "./anna").status == ExitStatus.NOT_FOUND


def test_a_speed_must_be_above_nothing(dltui, done):
    done("mlp-moons")
    assert dltui("replay", "last", "--speed", "0").status == ExitStatus.USAGE


def test_no_run_no_replay(dltui):
    assert dltui("replay", "last").status == ExitStatus.NOT_FOUND


def test_of_a_run_that_goes_on_it_says_so(dltui, running):
    """Guards the badge LOST over a run whose engine lives."""
    run = running()
    result = dltui("replay", run.id)
    assert result.status == 0 and f"{run.id} goes on. Watch it: dltui attach {run.id}" in " ".join(result.err.split())
    assert "LOST" not in result.err
