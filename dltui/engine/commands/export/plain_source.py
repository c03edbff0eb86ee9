"""Definitions of a module and all that they use, as the text of one file that needs no dltui.

What stands in dltui, or in the package of a kind of the user's own, is copied as it is written, comments and all; what
is used of other packages is imported. Where two modules have the same name for different things, one is renamed.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dltui.engine.commands.export import module_source
from dltui.engine.commands.export.global_names import GlobalNames
from dltui.engine.commands.export.module_source import Import, ModuleSource
from dltui.errors import DltuiError, ExitStatus

WIDTH = 120
ERRORS = "dltui.errors"  # its DltuiError is not copied: a ValueError says the same


class Own(NamedTuple):
    """A definition that is copied."""

    source: ModuleSource
    name: str


class Foreign(NamedTuple):
    """What is imported of another package."""

    module: str
    name: str  # "" for the module itself
    alias: str  # the name under which it is imported


class Module(NamedTuple):
    """A module whose definitions are copied: only what is looked up in it counts."""

    source: ModuleSource


Target = Own | Foreign | Module


class Plain(NamedTuple):
    """Returned by `plain`: lines of imports, the definitions' text, which packages are needed, and how the definitions
    that were asked for are called in it."""

    imports: list[str]
    text: str
    needs: list[str]
    names: list[str]


class _Edit(NamedTuple):
    """A change of a source: from (line, column in bytes) to (line, column); lines from 1."""

    begin: tuple[int, int]
    end: tuple[int, int]
    text: str


def plain(wanted: Iterable[tuple[ModuleSource, str]], reserved: Iterable[str] = ()) -> Plain:
    """Returns the text of what is wanted, (module, name) each, with all that it uses.

    reserved: names that whatever surrounds the text has for other things.
    Raises DltuiError (2) where a source uses what cannot be told from it.
    """
    return _Copy([Own(*one) for one in wanted], set(reserved)).written()


class _Copy:
    """What is to be copied, found from the definitions that are wanted."""

    def __init__(self, wanted: list[Own], reserved: set[str]):
        self.wanted, self.reserved = wanted, reserved
        self.packages = {"dltui", *(own.source.top for own in wanted)} - {""}
        self.statements: dict[ModuleSource, set[int]] = {}
        self.uses: dict[ModuleSource, dict[ModuleSource, None]] = {}
        self.targets: dict[Target, None] = {}  # Own and Foreign, in the order in which they were met
        self.builtins: set[str] = set()
        self.needs: set[str] = set()
        for own in wanted:
            self._take(own)
        self.final = self._final_names()

    # -- finding ---------------------------------------------------------------------------------------------------

    def _take(self, own: Own) -> None:
        source = own.source
        if source not in self.statements:
            self.statements[source] = set()
            for number in source.always:
                self._take_statement(source, number)
        self.targets.setdefault(own)
        for number in source.binding[own.name]:
            self._take_statement(source, number)

    def _take_statement(self, source: ModuleSource, number: int) -> None:
        if number in self.statements[source]:
            return
        self.statements[source].add(number)
        self._check_inner_imports(source, source.body[number])
        for expression, target in self._uses(source, source.body[number]):
            if isinstance(target, Foreign):
                self.targets.setdefault(target)
                self.needs.add(target.module.partition(".")[0])
            elif not _is_fault(expression, target):
                self.uses.setdefault(source, {})[target.source] = None
                self._take(target)

    def _check_inner_imports(self, source: ModuleSource, node: ast.stmt) -> None:
        for one in ast.walk(node):
            if isinstance(one, ast.Import | ast.ImportFrom):
                for imported in source.imported(one):
                    top = imported.module.partition(".")[0]
                    if top in self.packages:
                        raise _cannot(source, one, f"it imports {imported.module} within a definition")
                    self.needs.add(top)

    def _uses(self, source: ModuleSource, node: ast.stmt) -> Iterator[tuple[ast.expr, Target]]:
        """The names of other definitions in a statement, each as the expression that stands for it."""
        names = GlobalNames()
        names.visit(node)
        attributes = {id(one.value): one for one in ast.walk(node) if isinstance(one, ast.Attribute)}
        calls = {id(call.func): call for call in ast.walk(node) if isinstance(call, ast.Call)}
        dropped = set()
        for name in names.found:
            if id(name) in dropped:
                continue
            for target in self._targets(source, name.id):
                if _is_fault(call := calls.get(id(name)), target):
                    rest = [*call.args[1:], *call.keywords]
                    dropped |= {id(one) for argument in rest for one in ast.walk(argument)}
                    yield call, target
                elif isinstance(target, Module):
                    if id(name) not in attributes:
                        raise _cannot(source, name, f"it uses the module {name.id} as a whole")
                    attribute = attributes[id(name)]
                    yield from ((attribute, one) for one in self._targets(target.source, attribute.attr, name))
                else:
                    yield name, target

    def _targets(self, source: ModuleSource, name: str, asked: ast.expr | None = None) -> Iterator[Target]:
        """What a name stands for in a module; none for what Python itself has."""
        if name in source.binding:
            yield Own(source, name)
        elif name in source.imports:
            for one in source.imports[name]:
                yield self._imported(one, source)
        elif asked:
            raise _cannot(source, asked, f"{source.name} has no {name} in its source")
        elif hasattr(builtins, name):
            self.builtins.add(name)

    def _imported(self, one: Import, source: ModuleSource) -> Target:
        if one.module.partition(".")[0] not in self.packages:
            return Foreign(one.module, one.name, one.alias)
        found = module_source.of_name(one.module)
        if found is None or not one.name:
            raise _cannot(source, source.body[0], f"it imports {one.module}, which cannot be copied as a whole")
        if one.name in found.binding or one.name in found.imports:
            return next(self._targets(found, one.name))
        if inner := module_source.of_name(f"{one.module}.{one.name}"):
            return Module(inner)
        raise _cannot(source, source.body[0], f"{one.module} has no {one.name} in its source")

    # -- names -----------------------------------------------------------------------------------------------------

    def _final_names(self) -> dict[Target, str]:
        """How each definition is called in the one file: as it was, unless another has the name."""
        first = {own.source for own in self.wanted}
        of_whom: dict[str, object] = dict.fromkeys(self.reserved | self.builtins)  # name -> what has it
        found: dict[Target, str] = {}
        for target in sorted(self.targets, key=lambda one: isinstance(one, Own) and one.source not in first):
            owner: object = target
            if isinstance(target, Foreign):
                name, module = target.alias, target.module
                if not target.name and name == module.partition(".")[0]:
                    owner = name  # import torch, import torch.nn.functional: both are torch
            else:
                name, module = target.name, target.source.name
            found[target] = next(one for one in _spellings(name, module) if of_whom.get(one, owner) == owner)
            of_whom[found[target]] = owner
        return found

    # -- writing ---------------------------------------------------------------------------------------------------

    def written(self) -> Plain:
        imports = [
            Import(one.module, one.name, one.alias).line(name)
            for one, name in self.final.items()
            if isinstance(one, Foreign)
        ]
        if any("annotations" in source.imports for source in self.statements):
            imports.append("from __future__ import annotations")
        texts = [f"{_heading(source)}\n\n{self._text(source)}" for source in self._ordered()]
        needs = sorted(self.needs - set(sys.stdlib_module_names))
        return Plain(imports, "\n\n\n".join(texts), needs, [self.final[own] for own in self.wanted])

    def _ordered(self) -> list[ModuleSource]:
        """The modules, each after those that it uses."""
        order: dict[ModuleSource, None] = {}

        def add(source: ModuleSource, above: tuple[ModuleSource, ...] = ()) -> None:
            for used in self.uses.get(source, ()):
                if used not in (*above, source, *order):
                    add(used, (*above, source))
            order.setdefault(source)

        for source in self.statements:
            add(source)
        return list(order)

    def _text(self, source: ModuleSource) -> str:
        """The statements of a module that are wanted, in their order and with the names that they get."""
        text, before = "", None
        for number in sorted(self.statements[source]):
            node = source.body[number]
            apart = "" if before is None else "\n" if _is_short(before) and _is_short(node) else "\n\n\n"
            text += apart + self._statement(source, number)
            before = node
        return text

    def _statement(self, source: ModuleSource, number: int) -> str:
        node = source.body[number]
        first, last = source.lines_of(number)
        lines = [line.encode() for line in source.lines[first - 1 : last]]
        for edit in sorted(self._edits(source, node), reverse=True):
            (begin, column), (end, end_column) = edit.begin, edit.end
            head, tail = lines[begin - first][:column], lines[end - first][end_column:]
            lines[begin - first : end - first + 1] = [head + edit.text.encode() + tail]
        return b"\n".join(lines).decode()

    def _edits(self, source: ModuleSource, node: ast.stmt) -> Iterator[_Edit]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            new = self.final.get(Own(source, node.name), node.name)
            if new != node.name:
                at = source.lines[node.lineno - 1].encode().index(node.name.encode())
                yield _Edit((node.lineno, at), (node.lineno, at + len(node.name.encode())), new)
        for expression, target in self._uses(source, node):
            if _is_fault(expression, target):
                yield from _as_value_error(expression)
                continue
            new, old = self.final[target], ast.unparse(expression)
            if new == old:
                continue
            if ast.get_source_segment(source.text, expression) != old:  # Python 3.11 knows no places in an f-string
                raise _cannot(source, expression, f"{old} stands in an f-string, and would get another name")
            yield _Edit(_begin(expression), _end(expression), new)


def _spellings(name: str, module: str) -> Iterator[str]:
    """The name, then others for a definition of that name in a module."""
    yield name
    longer = f"{module.rpartition('.')[2]}_{name.lstrip('_')}"
    while True:
        yield longer
        longer += "_"


def _heading(source: ModuleSource) -> str:
    """A comment that says where definitions are from."""
    return f"# -- {source.name} {'-' * max(3, WIDTH - 6 - len(source.name))}"


def _is_short(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign)


def _is_fault(expression: ast.expr | None, target: Target) -> bool:
    """Whether an expression makes one of dltui's errors."""
    made = isinstance(expression, ast.Call) and bool(expression.args) and isinstance(target, Own)
    return made and (target.source.name, target.name) == (ERRORS, "DltuiError")


def _as_value_error(call: ast.Call) -> Iterator[_Edit]:
    """The message stays; what to do next is said in the words of recipes, and goes."""
    yield _Edit(_begin(call), _begin(call.args[0]), "ValueError(")
    yield _Edit(_end(call.args[0]), _end(call), ")")


def _begin(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _cannot(source: ModuleSource, node: ast.AST, why: str) -> DltuiError:
    hint = "Import names with from ... import at the top of the file; the weights alone: --to safetensors"
    what = f"{source.path}:{getattr(node, 'lineno', 1)}: cannot be written as one file: {why}."
    return DltuiError(what, hint, ExitStatus.USAGE)
