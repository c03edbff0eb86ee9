"""A module's source, taken apart: its statements, what each binds, and where an imported name comes from."""

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dltui.engine.commands.export.global_names import FUNCTIONS, bound
from dltui.errors import DltuiError, ExitStatus


class Import(NamedTuple):
    """`from module import name as alias`; name is "" where the module itself is imported."""

    module: str
    name: str
    alias: str

    def line(self, alias: str) -> str:
        """Returns the statement that imports it under this name."""
        if self.name:
            return f"from {self.module} import {self.name}{'' if alias == self.name else f' as {alias}'}"
        return f"import {self.module}{'' if alias == self.module.partition('.')[0] else f' as {alias}'}"


class ModuleSource:
    """The source of a module. Statements are told by their number.

    `binding`: name -> the statements that bind it; `imports`: name -> what it is imported from, more than one for a
    package some of whose modules are; `always`: statements that bind nothing.
    """

    def __init__(self, name: str, package: str, path: Path):
        self.name, self.package, self.path = name, package, path
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.body = ast.parse(self.text).body
        self.binding: dict[str, list[int]] = {}
        self.imports: dict[str, list[Import]] = {}
        self.always: list[int] = []
        for number, node in enumerate(self.body):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for one in self.imported(node):
                    self.imports.setdefault(one.alias, []).append(one)
            elif names := bound([node]):
                for each in names:
                    self.binding.setdefault(each, []).append(number)
            elif not _is_text(node) and not _is_of_main(node):
                self.always.append(number)

    @property
    def top(self) -> str:
        """The package that it belongs to; of a file by itself ""."""
        return self.package.partition(".")[0]

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring, on one line."""
        doc = ast.get_docstring(ast.Module(self.body, [])) or ""
        return " ".join(doc.strip().partition("\n\n")[0].split())

    def imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
        """Yields what an import binds. Raises DltuiError (2) for `import *`."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                yield Import(whole if alias.asname or "." not in alias.name else alias.name, "", alias.asname or whole)
            return
        module = node.module or ""
        if node.level:
            module = importlib.util.resolve_name("." * node.level + module, self.package)
        for alias in node.names:
            if alias.name == "*":
                what = f"{self.path}:{node.lineno}: what import * brings cannot be told from the source."
                raise DltuiError(what, "Import the names that the net uses.", ExitStatus.USAGE)
            yield Import(module, alias.name, alias.asname or alias.name)

    def lines_of(self, number: int) -> tuple[int, int]:
        """Returns the first and the last line of a statement, from 1, with its decorators and the comment above it."""
        node = self.body[number]
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        while first > 1 and self.lines[first - 2].startswith("#"):
            first -= 1
        return first, node.end_lineno

    def function(self, name: str) -> bool:
        """Whether `name` is a function of this module."""
        return any(isinstance(self.body[number], FUNCTIONS) for number in self.binding.get(name, ()))


@functools.cache
def of_name(name: str) -> ModuleSource | None:
    """Returns the source of an installed module, None where there is no such module in Python."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return ModuleSource(name, spec.name if spec.submodule_search_locations else spec.parent, Path(spec.origin))


@functools.cache
def of_file(path: Path) -> ModuleSource:
    """Returns the source of a file by itself, a kind of the user's own."""
    return ModuleSource(path.stem, "", path)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_of_main(node: ast.stmt) -> bool:
    """`if __each_ == "__main__":`"""
    test = getattr(node, "test", None)
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__each_"
