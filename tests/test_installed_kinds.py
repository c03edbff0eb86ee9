"""A package that brings kinds, as README tells: built, installed, found by checks and trained by the engine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dltui.cli import model_start

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "my-package"
version = "1"
"""
LOSS = '''"""Cross-entropy, made steeper."""

from torch import nn

TASKS = ("classify",)


class Steep(nn.Module):
    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, logits, targets):
        return nn.functional.cross_entropy(self.slope * logits, targets)

    def probabilities(self, logits):
        return (self.slope * logits).softmax(1)


def build(*, slope: float = 2.0):
    """slope: of the logits, above 0."""
    return Steep(slope)
'''


@pytest.fixture
def installed(tmp_path) -> Path:
    """The folder into which the package was installed; its entry points are those of README."""
    points = re.search(r'\[project\.entry-points\."dltui\.kinds"\]\n(?:".*\n)+', README)[0]
    package = tmp_path / "source" / "my_package"
    package.mkdir(parents=True)
    (tmp_path / "source" / "pyproject.toml").write_text(PROJECT + points)
    (package / "__init__.py").write_text("")
    (package / "my_net.py").write_text(model_start.MODEL)
    (package / "steep.py").write_text(LOSS)
    given = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *given, "--target", str(tmp_path / "site"), str(tmp_path / "source")]
    subprocess.run(pip, check=True, capture_output=True, timeout=100)
    return tmp_path / "site"


def test_its_kinds_are_checked_and_trained(installed, home, tmp_path):
    recipe = model_start.RECIPE.replace('kinds = ["my_net.py"]\n', "") + '\n[loss]\nkind = "steep"\nslope = 3.0\n'
    (tmp_path / "mine.toml").write_text(recipe)

    def call(*words: str) -> subprocess.CompletedProcess:
        search = os.environ | {"PYTHONPATH": os.pathsep.join([str(installed), str(Path(__file__).parents[1])])}
        command = [sys.executable, "-m", "dltui", *words]
        return subprocess.run(command, cwd=tmp_path, env=search, capture_output=True, text=True, timeout=100)

    assert "feature maps" in call("kinds", "models", "my_net").stdout
    wrong = call("check", "mine.toml", "loss.slope=-1")
    assert wrong.returncode == 2 and "loss.slope must be above 0" in wrong.stderr
    trained = call("run", "mine.toml", "train.steps=3", "--json")
    assert trained.returncode == 0 and '"status":"done"' in trained.stdout.replace(" ", ""), trained.stderr
