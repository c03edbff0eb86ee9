"""What each front-end module loads, seen in a fresh interpreter: starting `dltui` must never cost an import of torch.

The contracts in pyproject.toml say the same of the source; this sees what really happens, lazy and dynamic imports too.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SLOW = ["torch", "torchaudio", "safetensors", "datasets", "sklearn", "scipy", "pandas", "dltui.engine"]
LATE = {
    "dltui.search.sampling",
    "dltui.search.walking",
}  # subclasses of Optuna's, which loads numpy; imported when a study is opened

LOADING = """
import importlib, json, sys
modules, forbidden = json.loads(sys.argv[1])
found = {}
for module in modules:
    importlib.import_module(module)
    loaded = [name for name in forbidden if name in sys.modules and name not in found]
    found |= dict.fromkeys(loaded, module)
print(json.dumps(found))
"""


def modules(folder: str) -> list[str]:
    """The names of all modules of dltui/<folder>, at any depth, or of dltui itself without its folders."""
    files = sorted((ROOT / "dltui" / folder).rglob("*.py") if folder else (ROOT / "dltui").glob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [name for name in names if not name.endswith("__main__")]


def loaded(names: list[str], forbidden: list[str]) -> dict[str, str]:
    """{forbidden module: the module whose import brought it} in an interpreter that imports `names` one by one."""
    command = [sys.executable, "-c", LOADING, json.dumps([names, forbidden])]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("", [*SLOW, "numpy", "rich", "textual", "typer"]),
        *((core, [*SLOW, "numpy", "rich", "textual", "typer"]) for core in ("recipes", "runs", "jobs", "search")),
        ("cli", [*SLOW, "textual"]),
        ("render", [*SLOW, "textual", "typer"]),
        ("tui", [*SLOW, "typer"]),
        ("engine", ["textual", "dltui.tui", "dltui.cli", "dltui.render", "dltui.jobs.launch"]),
    ],
)
def test_what_a_part_loads(folder, forbidden):
    names = [name for name in modules(folder) if name not in LATE]
    assert names
    assert loaded(names, forbidden) == {}


def test_the_entry_point_and_what_answers_at_once_load_little():
    """`--version`, `list`, `show` and `check` have a time to keep: no numpy, and nothing of ours that needs it."""
    assert loaded(["dltui.__main__"], [*SLOW, "numpy", "rich", "textual", "typer", "dltui.errors"]) == {}
    quick = [f"dltui.cli.commands.{name}" for name in ("list", "show", "check", "kinds", "new")]
    assert loaded(["dltui.cli.group", *quick], [*SLOW, "numpy", "textual", "PIL"]) == {}


def test_the_contracts_name_every_module_of_the_core():
    """A new module or package that no contract names would be free to import anything."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")}
    parts = {f"dltui.{path.parent.name}" for path in (ROOT / "dltui").glob("*/__init__.py")} - {"dltui.engine"}
    assert layers == (set(modules("")) | parts) - {"dltui"}
    front = next(contract for contract in contracts if "torch" in contract.get("forbidden_modules", ()))
    assert set(front["source_modules"]) == parts
