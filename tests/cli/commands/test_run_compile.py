"""`dltui run --compile`: how the option travels, and where it is refused."""

from pathlib import Path

import pytest

from dltui.errors import ExitStatus
from dltui.runs import run as runs
from dltui.runs.run import Run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kmeans", "--compile"], 'kmeans runs the algorithm "kmeans": there is no training step to be compiled'),
        (["mlp-moons", "--compile", "--nproc", "2"], "--compile is for one process"),
    ],
)
def test_what_cannot_be_compiled_is_refused_before_anything_starts(dltui, words, says):
    refused = dltui("run", *words)
    assert refused.status == ExitStatus.USAGE and says in refused.err and not runs.newest_first()


@pytest.mark.parametrize("given", [True, False])
def test_the_run_knows_whether_its_nets_are_to_be_compiled(dltui, given):
    prepared = dltui("run", "mlp-moons", *["--compile"] * given, "--data", "builtin", "--prepare")
    run = Run(Path(prepared.out.strip()))
    assert run.info().get("compile", False) == given
    refused = dltui("run", "--resume", run.id, "--compile")
    assert refused.status == ExitStatus.USAGE and "--resume goes on with what the run was begun with" in refused.err
