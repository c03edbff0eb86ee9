"""What a command takes from the world: width, language, whether it may move the cursor or write bold."""

import io
import json
import os
import shlex
import subprocess
import sys

import pytest

from dltui.cli.environment import Environment
from tests.cli.conftest import Stream


def environment(terminal: bool = True, **variables: str) -> Environment:
    return Environment(Stream(), Stream(terminal=terminal), Stream(), {"TERM": "xterm", **variables})


def test_a_dumb_terminal_is_not_animated():
    assert environment().animated
    assert not environment(TERM="dumb").animated
    assert not environment(terminal=False).animated


def test_no_colour_takes_the_bold_away():
    env = environment(NO_COLOR="1")
    env.print("head", bold=True)
    assert env.animated and env.stdout.getvalue() == "head\n"
    bold = environment()
    bold.print("head", bold=True)
    assert bold.stdout.getvalue() == "\x1b[1mhead\x1b[0m\n"


@pytest.mark.parametrize(("columns", "width"), [("50", 50), ("0", 80), ("wide", 80), ("", 80)])
def test_columns_says_how_wide(columns, width):
    assert environment(COLUMNS=columns).width == width


def test_a_table_for_a_program_is_as_wide_as_it_needs():
    assert environment(terminal=False).table_width is None
    assert environment(terminal=False, COLUMNS="40").table_width == 40
    assert environment().table_width == 80


@pytest.mark.parametrize(
    ("variables", "language"),
    [({"LANG": "ru_RU.UTF-8"}, "ru"), ({"LANG": "ru_RU", "LC_ALL": "C"}, "en"), ({}, "en")],
)
def test_the_locale_chooses_the_lessons_language(variables, language):
    assert environment(**variables).language == language


def test_nothing_harmful_leaves():
    env = environment()
    env.print("a\x1b[2Jb\x9b31m")
    env.tell("c\x1b]0;title\x07d")
    env.print_json({"e\x1b[1m": ["\x1b]52;c;x\x07f"], "n": float("nan")})
    assert "\x1b" not in env.stdout.getvalue() + env.stderr.getvalue()
    assert '"n": "nan"' in env.stdout.getvalue()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("list >&-", 1, "standard output: Bad file descriptor."),
        ("list >/dev/full", 1, "standard output: No space left on device."),
        ("--version >/dev/full", 1, "standard output: No space left on device."),
        ("nosuch 2>&-", 2, ""),
        ("nosuch 2>/dev/full", 2, ""),
        ("list >/dev/null 2>&-", 0, ""),
        ("list >/dev/null <&-", 0, ""),
    ],
)
def test_a_stream_that_is_closed_or_full_is_told_where_it_can_be(words, status, says):
    program = shlex.join([sys.executable, "-m", "dltui"])
    wide = {**os.environ, "COLUMNS": "300"}  # room for every column of `list`
    ended = subprocess.run(["bash", "-c", f"{program} {words}"], capture_output=True, text=True, check=False, env=wide)
    assert ended.returncode == status and ended.stderr.partition("\n")[0] == says and "Traceback" not in ended.stderr


def test_a_file_that_is_opened_later_never_takes_the_place_of_a_closed_stream(tmp_path):
    """Or what an engine prints would stand in a run's log."""
    code = """
from dltui.cli.environment import Environment
Environment.of_process()
print(open("log", "w").fileno())
"""
    for closed in ("<&-", "2>&-", "<&- 2>&-"):
        words = shlex.join([sys.executable, "-c", code])
        ended = subprocess.run(["bash", "-c", f"{words} {closed}"], capture_output=True, cwd=tmp_path, check=True)
        assert int(ended.stdout) > 2


def test_ctrl_c_while_modules_are_imported_ends_quietly():
    code = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "dltui.cli.environment":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
sys.argv = ["dltui", "list"]
from dltui.cli.main import main
raise SystemExit(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 130 and not ended.stderr


def test_rows_are_written_as_a_list_is_each_before_the_next_is_made():
    rows = [{"id": 1, "loss": float("nan")}, {"id": "a\x1b[1m"}]
    for some in ([], rows[:1], rows):
        outputs = [io.StringIO(), io.StringIO()]
        whole, by_row = (Environment(io.StringIO(), out, io.StringIO(), {}) for out in outputs)
        whole.print_json(some)
        by_row.print_json_rows(iter(some))
        assert outputs[0].getvalue() == outputs[1].getvalue()

    out = io.StringIO()
    made = (out.getvalue().count('"id"') for _ in range(3))
    Environment(io.StringIO(), out, io.StringIO(), {}).print_json_rows({"id": before} for before in made)
    assert [row["id"] for row in json.loads(out.getvalue())] == [0, 1, 2]
