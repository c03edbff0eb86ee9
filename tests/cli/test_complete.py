"""Completion: what can stand at the cursor, and the three shells' own scripts around it."""

import os
import shutil
import subprocess
import sys

import pytest

from dltui.cli.complete import SCRIPTS
from dltui.cli.main import COMMANDS
from dltui.errors import ExitStatus
from dltui.paths import PACKAGE
from dltui.recipes import recipe

MLPS = [name for name in recipe.files() if name.startswith("mlp-")]


@pytest.fixture
def completed(dltui):
    """completed("dltui show ml") -> the values that are offered."""

    def complete(line: str, shell: str = "zsh", **variables: str) -> list[str]:
        result = dltui(_DLTUI_COMPLETE=shell, COMP_LINE=line, **variables)
        assert result.status == 0 and not result.err
        return [line.partition("\t")[0] for line in result.out.splitlines()]

    return complete


def test_commands_options_and_recipes(completed):
    assert completed("dltui ") == list(COMMANDS)
    assert completed("dltui att") == ["attach"]
    assert completed("dltui run --dr") == ["--dry-run"]
    assert completed("dltui show ") == list(recipe.files())
    assert completed("dltui show mlp-") == MLPS
    assert completed("dltui new mine --from gan-mn") == ["gan-mnist"]


def test_keys_of_the_recipe_that_was_named_and_their_values(completed):
    assert "optimizer.lr=" in completed("dltui run mlp-moons optimizer.")
    assert "model.generator.hidden=" in completed("dltui run gan-mnist train.steps=3 model.")
    assert completed("dltui run mlp-moons model.activation=") == [
        f"model.activation={name}" for name in ("relu", "tanh", "sigmoid", "leaky_relu")
    ]
    assert "data.from=hub" in completed("dltui run mlp-mnist data.from=")


def test_runs_and_their_knobs(completed, running):
    run = running()
    assert completed("dltui attach ") == ["last", run.id]
    assert completed("dltui runs rm mlp") == [run.id]
    assert completed("dltui set last ") == ["optimizer.lr="]


def test_kinds_and_data(completed):
    assert completed("dltui kinds op") == ["optimizers"]
    assert "lenet" in completed("dltui kinds models ")
    assert completed("dltui data info clo") == ["clouds"]
    assert completed("dltui data f") == ["fetch"]


@pytest.mark.parametrize(
    "line",
    ["dltui nonsense ", "dltui run nothing key", "dltui set nothing ", "dltui show 'mlp", "dltui predict last x"],
)
def test_what_cannot_be_completed_is_nothing(completed, line):
    assert completed(line) in ([], MLPS)


def test_bash_gets_only_what_follows_the_equals_sign(completed):
    values = completed("dltui run mlp-moons model.activation=t", "bash", COMP_WORDBREAKS=" =:")
    assert values == ["tanh"]


def test_an_unknown_shell_has_no_script(dltui):
    result = dltui("--show-completion", "fsh")
    assert result.status == ExitStatus.USAGE and 'Did you mean "fish"?' in result.err


DRIVERS = {
    "bash": """
        eval "$(dltui --show-completion bash)"
        COMP_WORDBREAKS=$' =:'; COMP_LINE="$1"; COMP_POINT=${#1}; _dltui
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { : }; compadd() { print -l -- $values }
        eval "$(dltui --show-completion zsh)"
        words=(${(s: :)1}); CURRENT=${#words}; _dltui
    """,
    "fish": """
        dltui --show-completion fish | source
        complete -C $argv[1]
    """,
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shells_own_scripts(home, tmp_path, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "dltui"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{PACKAGE.parent}" exec "{sys.executable}" -m dltui "$@"\n')
    program.chmod(0o755)
    options = {"bash": ["--norc", "-c"], "zsh": ["-f", "-c"], "fish": ["--no-config", "-c"]}[shell]
    line = "dltui show mlp-"
    words = [shell, *options, DRIVERS[shell], *([] if shell == "fish" else [shell]), line]
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    result = subprocess.run(words, capture_output=True, text=True, env=environment)
    found = [row.partition("\t")[0] for row in result.stdout.splitlines()]
    assert found == MLPS, result.stderr
