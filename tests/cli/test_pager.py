"""Long text on a terminal goes through a pager, as git's does; in a pipe, and unasked, it never does."""

import pytest

from tests.cli.terminal import Terminal

MARK = b"[in the pager]"


@pytest.fixture
def pager(tmp_path) -> str:
    """A pager that says that it was used."""
    path = tmp_path / "pager"
    path.write_text(f"#!/bin/sh\necho '{MARK.decode()}'\ncat\n")
    path.chmod(0o755)
    return str(path)


def ended(terminal: Terminal) -> bytes:
    while terminal.read():
        pass
    assert terminal.process.wait() == 0
    return terminal.output


@pytest.mark.parametrize("words", [("show", "mlp-moons"), ("lesson", "foundations")])
def test_what_is_longer_than_the_screen_is_paged_whole(home, pager, words):
    plain = ended(Terminal(*words))
    assert MARK not in plain and ended(Terminal(*words, pager=pager)) == MARK + b"\r\n" + plain


@pytest.mark.parametrize(
    ("words", "size"), [(("show", "mlp-moons", "--no-pager"), 24), (("show", "mlp-moons"), 500), (("course",), 24)]
)
def test_what_fits_and_what_is_to_be_printed_is_not(home, pager, words, size):
    assert MARK not in ended(Terminal(*words, columns=80, rows=size, pager=pager))


def test_without_such_a_program_it_is_printed(home):
    assert b"Two moons" in ended(Terminal("show", "mlp-moons", pager="/no/such/pager"))


def test_one_that_is_left_early_ends_the_command_well(home):
    assert b"Two moons" not in ended(Terminal("show", "mlp-moons", pager="true"))


def test_in_a_pipe_there_is_none(dltui, pager):
    assert "Two moons" in dltui("show", "mlp-moons", PAGER=pager).out
    assert MARK.decode() not in dltui("show", "mlp-moons", terminal=True, PAGER=pager).out
