"""The one exception boundary, the lazy group, help and wrong usage."""

import sys
from types import SimpleNamespace

import pytest

from dltui import __version__
from dltui.cli import main
from dltui.errors import ExitStatus
from dltui.recipes import schema


def test_alone_on_no_terminal_it_is_help_and_wrong_usage(dltui):
    result = dltui()
    assert result.status == ExitStatus.USAGE and "Commands:" in result.out


def test_alone_on_a_terminal_it_is_the_app(dltui, monkeypatch):
    shown = []
    app = SimpleNamespace(run_tui=lambda env, remote=None: shown.append(remote) or 5)
    monkeypatch.setitem(sys.modules, "dltui.tui.start", app)
    assert dltui(terminal=True) == (5, "", "") and len(shown) == 1
    assert dltui(terminal=True, TERM="dumb").status == ExitStatus.USAGE and len(shown) == 1
    assert dltui("--remote", terminal=True).status == dltui("--local", terminal=True).status == 5
    assert shown == [None, True, False]


def test_version(dltui, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dltui", "--version"])
    assert main.main() == 0 and capsys.readouterr().out.strip() == __version__
    assert dltui("--version").out.strip() == __version__


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_a_help_with_examples_that_call_it(dltui, name):
    result = dltui(name, "--help")
    assert result.status == 0
    assert f"dltui {name}" in result.out.partition("Examples:")[2]


def test_the_help_of_kinds_names_every_section_that_there_is():
    """Guards against one that is added to recipes and not told here: the text imports nothing."""
    assert main.COMMANDS["kinds"].partition(": ")[2].split(", ") == [*schema.FOLDERS.values(), "train"]


def test_help_lists_every_command_and_fits_the_width(dltui):
    result = dltui("--help", COLUMNS="60")
    assert all(f"\n  {name} " in result.out for name in main.COMMANDS)
    assert max(map(len, result.out.splitlines())) <= 60


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lst"], 'no command "lst".\nDid you mean "list"?'),
        (["list", "--tpic", "x"], 'no option --tpic.\nDid you mean "--topic"? See: dltui list --help'),
        (["list", "--zz"], "no option --zz.\nValid: --"),
        (["mlp-moons"], 'no command "mlp-moons".\nDid you mean "run mlp-moons"?'),
        (["run", "mlp-moons", "--lr", "0.1"], 'no option --lr.\nDid you mean "optimizer.lr=0.1"?'),
        (["run", "gan-mnist", "--batch-size=8"], 'Did you mean "train.batch=8"?'),
        (["run", "--epochs", "3", "mlp-mnist"], 'Did you mean "train.steps=3"?'),
        (["run", "mlp-mnist", "--epochs"], 'Did you mean "train.steps=VALUE"?'),
        (["run", "mlp-mnist", "--thread", "3"], 'Did you mean "--threads"?'),
        (["sweep", "mlp-mnist", "--lr", "0.1..1"], 'Did you mean "optimizer.lr=0.1..1"?'),
        (["show"], "Missing argument 'RECIPE'"),
        (["run", "mlp-moons", "--threads", "many"], "'many' is not a valid int"),
        (["runs", "rm"], "Which runs? None is named."),
    ],
)
def test_wrong_usage_is_told_with_the_nearest_name(dltui, words, says):
    result = dltui(*words)
    assert result.status == ExitStatus.USAGE and says in result.err and not result.out


def broken(error: Exception):
    def command(arguments, env):
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), 130), (PermissionError(13, "Permission denied", "/nowhere"), 1)],
)
def test_an_exception_becomes_a_status(dltui, monkeypatch, error, status):
    monkeypatch.setattr(main, "_invoked", broken(error))
    assert dltui("list").status == status


def test_a_fault_of_the_disk_is_told_in_words(dltui, monkeypatch):
    monkeypatch.setattr(main, "_invoked", broken(PermissionError(13, "Permission denied", "/nowhere")))
    assert dltui("list").err.startswith("/nowhere: Permission denied.")


@pytest.mark.parametrize("line", ["run --resume", "run mlp-moons --data", "show mlp-moons --lang", "new --model"])
def test_an_option_without_its_value_is_told_in_a_line(dltui, line):
    result = dltui(*line.split())
    assert result.status == ExitStatus.USAGE and line.split()[-1] in result.err and "Traceback" not in result.err
