"""`dltui replay`."""

from dltui.errors import ExitStatus


def test_off_a_terminal_the_log_is_told_at_once(dltui, done):
    done("mlp-moons")
    result = dltui("replay", "last")
    assert result.status == 0 and not result.out
    assert "data: points" in result.err and "100 of 100 steps" in result.err


def test_a_speed_must_be_above_nothing(dltui, done):
    done("mlp-moons")
    assert dltui("replay", "last", "--speed", "0").status == ExitStatus.USAGE


def test_no_run_no_replay(dltui):
    assert dltui("replay", "last").status == ExitStatus.NOT_FOUND
