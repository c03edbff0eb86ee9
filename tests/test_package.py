"""What is shipped and what README.md promises: versions that fit, recipes in the wheel, commands that exist."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dltui.cli.main import COMMANDS
from dltui.recipes import recipe
from dltui.runs import course

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETUP = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def pinned() -> dict[str, str]:
    lines = (ROOT / ".github" / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_dependency_is_pinned_to_a_version_that_it_allows():
    versions = pinned()
    project = PROJECT["project"]
    extras = [word for words in project["optional-dependencies"].values() for word in words]
    for word in [*project["dependencies"], *extras]:
        wanted = Requirement(word)
        if wanted.name == project["name"]:  # an extra that takes others in
            assert wanted.extras <= project["optional-dependencies"].keys()
            continue
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), word


def test_no_pin_asks_for_one_build():
    """torch==2.13.0+cpu is on no public index; the plain version lets pip take the CPU build where it is at hand."""
    assert not [version for version in pinned().values() if "+" in version]


def test_the_recipes_travel_in_the_wheel():
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"recipes": "dltui/_recipes"}
    assert len(recipe.files()) > 0


@pytest.mark.parametrize(
    ("number", "holds"), [("1", "dltui run gan-mnist --data builtin"), ("2", "lint-imports && pytest -q -n auto")]
)
def test_ci_runs_the_commands_of_the_readme_as_they_are_written(number, holds, tmp_path):
    """The script is run with an `eval` that only says what it would do."""
    script = (ROOT / ".ci" / "run").read_text().replace('cd "$(dirname "$0")/.."', f"cd {ROOT}")
    assert '\neval "$command"\n' in script
    said = subprocess.run(
        ["bash", "-c", script.replace('eval "$command"', 'echo "$command"'), "run", number],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert said.stdout == SETUP[int(number) - 1]
    assert holds in said.stdout and said.stdout.count("\n") == 1


def test_every_command_in_the_readme_exists():
    used = set(re.findall(r"(?:^|`|&& |; )dltui ([a-z]+)", README, re.MULTILINE))
    assert used and used <= set(COMMANDS)


def test_the_page_of_the_recipes_says_what_they_say():
    """DLTUI_UPDATE_GOLDEN=1 writes it anew."""
    rows = ["| recipe | topic | what it does |", "|---|---|---|"]
    for name, path in course.in_order().items():
        topic = path.parent.name.partition("_")[2].replace("_", " ")
        rows.append(f"| [`{name}`]({path.parent.name}/{path.name}) | {topic} | {recipe.read_table(path)['summary']} |")
    text = (
        "# Recipes\n\nIn the course's order; `dltui show NAME` tells the lesson of each.\n\n" + "\n".join(rows) + "\n"
    )
    page = ROOT / "recipes" / "README.md"
    if os.environ.get("DLTUI_UPDATE_GOLDEN"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text
