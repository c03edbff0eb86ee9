"""Parts in files of the user's own, or of an installed package: which file a part, or an error, comes from.

What breaks in such a file is told by the file and its line, and not by our call of it. A run holds copies of the files:
they are called as the user's.
"""

import linecache
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType

from torch import Tensor, nn

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import kind_files, schema

OURS = "dltui.engine."
MOST_WORDS = 300  # characters of an error that are told: torch adds pages to some
HINTS = {
    "in-place operation": "Change a copy of it, or change it under torch.no_grad().",
    "same device": "Make new tensors where the inputs are, torch.zeros(..., device=x.device), or keep them in buffers.",
    "can't optimize a non-leaf Tensor": "An optimizer takes nn.Parameters as they are, and not what is made of them.",
    "modified by an inplace operation": "Somewhere a tensor is changed in place (+=, relu_(), x[...] = ...) after"
    " it was used: make a new one there.",
    "cannot assign parameters before": "Call super().__init__() first in __init__.",
    "cannot assign module before": "Call super().__init__() first in __init__.",
}
CALLED = re.compile(r"([\w.]+)\(\) (?:takes|missing|got) ")
_called: dict[str, str] = {}  # a run's copy of a file -> the user's file


def call(run_folder: Path, records: Iterable[Mapping[str, str]]) -> None:
    """Tells what the files of kinds in a run's folder are called by the user; records: "kinds" of its run.json."""
    for record in records:
        _called[str(run_folder / kind_files.FOLDER / Path(record["file"]).name)] = record["file"]


def name_of(path: str | Path) -> str:
    """Returns what the user calls a file of kinds."""
    return _called.get(str(path), str(path))


def files() -> set[str]:
    """The files of kinds that are not dltui's own, as tracebacks name them."""
    return {
        str(path)
        for section in schema.FOLDERS
        for path in (*schema.declared(section).values(), *schema.foreign_kinds(section).values())
    }


def module_of(part: object) -> ModuleType | None:
    """Returns the module of the user's that a part's class, or a function, stands in; None where it is dltui's own."""
    named = part if isinstance(part, FunctionType | type) else type(part)
    module = sys.modules.get(named.__module__ or "")
    return module if module and getattr(module, "__file__", None) in files() else None


def place_of(function: object) -> str:
    """Returns where a function of the user's stands, "my_net.py:12, in forward"; '' where it is not in such a file."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None or code.co_filename not in files():
        return ""
    return f"{name_of(code.co_filename)}:{code.co_firstlineno}, in {code.co_name}"


def called_of(part: object) -> Callable | None:
    """Returns the function that a call of `part` runs."""
    if isinstance(part, FunctionType):
        return part
    if isinstance(part, partial):
        return called_of(part.func)
    return type(part).forward if isinstance(part, nn.Module) else type(part).__dict__.get("__call__")


def described(value: object) -> str:
    """Returns what a value is, in words: "a tensor of shape (64, 10)"."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"a tensor of shape ({', '.join(map(str, value.shape))})" if value.dim() else "a scalar tensor"
    if isinstance(value, type):
        return f"the class {value.__name__} itself"
    kind = type(value).__name__
    article = "an" if kind[0].lower() in "aeiou" else "a"
    return f"{value!r}, {article} {kind}" if isinstance(value, bool | int | float | str) else f"{article} {kind}"


def broken(place: str, what: str, expected: str) -> DltuiError:
    """The error (2) of a part that does not do what its contract says; place: of the file, and of the line."""
    return DltuiError(f"{place}: {what}.", expected, ExitStatus.USAGE)


def told(error: BaseException) -> DltuiError | None:
    """Returns, in words, an error that was raised in a file of the user's, or by what that called, or by calling a
    function there with what its contract says and it does not take; None for others."""
    known = files()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in known]
    words = " ".join(str(error).split())
    what = f"{type(error).__name__}: {words[:MOST_WORDS]}" if words else type(error).__name__
    if not frames:
        place = _place_of_called(words) if isinstance(error, TypeError) else ""
        hint = "It is called with what its contract says: see dltui/engine/contracts."
        return DltuiError(f"{place}: {what}", hint, ExitStatus.USAGE) if place else None
    last = frames[-1]
    line = (linecache.getline(last.filename, last.lineno or 0) or last.line or "").strip()
    shown = f"The line: `{line}`." if line else ""
    place = f"{name_of(last.filename)}:{last.lineno}, in {last.name}"
    return DltuiError(f"{place}: {what}", f"{shown} {hint_for(words)}".strip(), ExitStatus.USAGE)


def hint_for(words: str) -> str:
    """Returns what to do about an error of torch's that many meet, '' for others."""
    return next((hint for sign, hint in HINTS.items() if sign in words), "")


def _place_of_called(words: str) -> str:
    """Where the function of the user's stands that a TypeError names: "MyLoss.__call__() takes 2 positional ..."."""
    found = CALLED.match(words)
    for module in [one for one in sys.modules.values() if getattr(one, "__file__", None) in files()] if found else ():
        function: object = module
        for name in found.group(1).split("."):
            function = getattr(function, name, None)
        if place := place_of(function):
            return place
    return ""
