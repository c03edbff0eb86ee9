"""The Python file beside exported weights: it makes the nets of a run again, with torch and safetensors alone."""

import ast
import contextlib
import io
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from dltui import __version__
from dltui.engine.commands.export.answers import Answer
from dltui.engine.commands.export.module_source import ModuleSource
from dltui.engine.commands.export.plain_source import plain
from dltui.engine.commands.export.rebuilt import Rebuilt
from dltui.engine.commands.export.rows_prepared import Prepared
from dltui.errors import DltuiError, ExitStatus
from dltui.text import clean_line

RESERVED = ("load", "prepare", "predict", "draw", "write", "json", "Path", "load_file", "HERE", "CONFIG", "WEIGHTS")
IMPORTS = (
    "import json", "from pathlib import Path", "import torch", "from torch import Tensor",
    "from safetensors.torch import load_file",
)  # fmt: skip
HEADER = '''"""{title}

    import net
    model = net.load()
    {use}

It needs {needs}, not dltui; `python net.py` tries it. config.json belongs to the weights in
model.safetensors. Definitions are copied from where the headings say, those of dltui {version} under its MIT license.
"""
'''
CONSTANTS = """
HERE = Path(__file__).resolve().parent
CONFIG = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
"""
LOAD_ONE = '''
def load() -> torch.nn.Module:
    """Returns the net with its weights, in evaluation mode."""
    made = CONFIG["nets"]["{role}"]
    net = {maker}(**made["options"])
    net.load_state_dict(load_file(HERE / "model.safetensors"))
{settings}    return net.eval()
'''
LOAD_SEVERAL = '''
def load(role: str = "{role}") -> torch.nn.Module:
    """Returns a net with its weights, in evaluation mode.

    role: {roles}.
    """
    made = CONFIG["nets"][role]
    net = {makers}[made["kind"]](**made["options"])
    weights = load_file(HERE / "model.safetensors")
    net.load_state_dict({{name[len(role) + 1 :]: weights[name] for name in weights if name.startswith(role + ".")}})
{settings}    return net.eval()
'''
SETTINGS = """    for layer, values in made["settings"].items():
        for name, value in values.items():
            setattr(net.get_submodule(layer), name, value)
"""
MAIN = """
if __name__ == "__main__":
    torch.manual_seed(0)
    model = load()
    print({call})
"""


class Script(NamedTuple):
    """The text of the file, and of each role the name of what makes its net there."""

    text: str
    makers: dict[str, str]


def script(
    title: str, nets: Mapping[str, Rebuilt], answer: Answer, rows: Prepared | None, more: Iterable[str]
) -> Script:
    """Returns the file for the nets of a run, told by their roles.

    title: what it is, a sentence or more. rows: how the data become what the net takes; None where it draws.
    more: packages that the nets need besides those that their sources import.
    Raises DltuiError (2) where a source cannot be copied.
    """
    wanted: list[tuple[ModuleSource, str]] = [*answer.wanted, *(rows.wanted if rows else [])]
    built = list(dict.fromkeys((one.source, one.maker) for one in nets.values()))
    copied = plain([*built, *wanted], RESERVED)
    names = dict(zip([*built, *wanted], copied.names, strict=True))
    makers = {role: names[one.source, one.maker] for role, one in nets.items()}
    needs = sorted({"torch", "safetensors", *copied.needs, *more})
    used = [] if answer.draws or rows is None else [rows.code]
    used += [code.replace("LOSS(", f"{names[answer.wanted[0]]}(") if answer.wanted else code for code in answer.codes]
    call = f"predict(model, prepare({rows.example}))" if rows else "model"
    call = "draw(model, 3)" if answer.draws else call
    summary = next(iter(nets.values())).source.summary
    about = f"{title}\n\n{summary}".strip().replace("\\", "\\\\").replace('"""', "'''")
    use = "net.draw(model, 3)" if answer.draws else "net.predict(model, net.prepare(...))"
    blocks = [
        HEADER.format(title=about, use=use, needs=_listed(needs), version=__version__)
        + "\n" + "\n".join(_sorted_imports([*IMPORTS, *copied.imports])) + "\n" + CONSTANTS,
        _load(nets, makers, answer.role), *used, copied.text, MAIN.replace("{call}", call),
    ]  # fmt: skip
    return Script("\n\n\n".join(block.strip("\n") for block in blocks) + "\n", makers)


def _load(nets: Mapping[str, Rebuilt], makers: dict[str, str], role: str) -> str:
    settings = SETTINGS if any(one.settings for one in nets.values()) else ""
    if len(nets) == 1:
        role = next(iter(nets))
        return LOAD_ONE.format(role=role, maker=makers[role], settings=settings)
    named = ", ".join(f'"{nets[one].kind}": {makers[one]}' for one in {nets[one].kind: one for one in nets}.values())
    return LOAD_SEVERAL.format(role=role, roles=", ".join(nets), makers=f"{{{named}}}", settings=settings)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _sorted_imports(lines: Iterable[str]) -> list[str]:
    """Each once, those of one module together, Python's own first."""
    modules: dict[tuple[int, str], set[str]] = {}
    for line in lines:
        node = ast.parse(line).body[0]
        module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        own = module.partition(".")[0] in sys.stdlib_module_names
        place = -1 if module == "__future__" else 0 if own else 1
        names = {ast.unparse(alias) for alias in node.names} if isinstance(node, ast.ImportFrom) else {""}
        key = "" if isinstance(node, ast.ImportFrom) else ast.unparse(node.names[0])
        modules.setdefault((place, bool(isinstance(node, ast.ImportFrom)), key or module), set()).update(names)
    found, before = [], None
    for (place, is_from, module), names in sorted(modules.items()):
        if before is not None and place != before:
            found.append("")
        before = place
        found.append(f"from {module} import {', '.join(sorted(names))}" if is_from else f"import {module}")
    return found


def checked(files: Mapping[str, bytes], name: str) -> dict[str, object]:
    """Returns the definitions of the file `name`, tried as a user does, beside the other `files`. Raises DltuiError (2)
    where it cannot be run."""
    with tempfile.TemporaryDirectory(prefix="dltui-export-") as folder, torch.random.fork_rng():
        for each, data in files.items():
            (Path(folder) / each).write_bytes(data)
        path = Path(folder) / name
        code = compile(files[name], str(path), "exec")
        module: dict[str, object] = {"__name__": "net", "__file__": str(path)}
        try:
            exec(code, module)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, {"__name__": "__main__", "__file__": str(path)})
        except Exception as error:
            raise DltuiError(
                f"{name}, which is to make the nets again, cannot be run: {type(error).__name__}: {clean_line(error)}.",
                "The weights alone: --to safetensors",
                ExitStatus.USAGE,
            ) from None
    return module
