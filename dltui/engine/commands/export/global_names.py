"""Which names of a statement are looked up in its module: neither locals of a function or class, nor attributes."""

import ast
from collections.abc import Iterable, Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound(statements: Iterable[ast.AST]) -> set[str]:
    """Returns the names that statements of one scope bind in it, by assignment, definition or import."""
    names: set[str] = set()
    for node in _of_scope(statements):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    elsewhere = {n for node in _of_scope(statements) if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names}
    return names - elsewhere


def _of_scope(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and what is in them, but for the scopes within; what := binds in a comprehension is of this scope."""
    for node in nodes:
        yield node
        if not isinstance(node, SCOPES):
            yield from _of_scope(ast.iter_child_nodes(node))
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from (one.target for one in ast.walk(node) if isinstance(one, ast.NamedExpr))


class GlobalNames(ast.NodeVisitor):
    """`found`: the names of the visited statements that their module, or Python, must know, in their order."""

    def __init__(self) -> None:
        self.found: list[ast.Name] = []
        self._scopes: list[tuple[bool, set[str]]] = []  # (of a class, its names)

    def visit_Name(self, node: ast.Name) -> None:
        inner = len(self._scopes) - 1
        seen = (names for level, (of_class, names) in enumerate(self._scopes) if level == inner or not of_class)
        if not any(node.id in names for names in seen):
            self.found.append(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        hints = [argument.annotation for argument in _all(arguments) if argument.annotation]
        self._visit_all([*node.decorator_list, *defaults, *hints, *filter(None, [node.returns])])
        self._visit_within(node.body, {argument.arg for argument in _all(arguments)} | bound(node.body))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all([*node.args.defaults, *filter(None, node.args.kw_defaults)])
        self._visit_within([node.body], {argument.arg for argument in _all(node.args)} | bound([node.body]))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._visit_within(node.body, bound(node.body), of_class=True)

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        targets = bound(part for generator in node.generators for part in ast.walk(generator.target))
        self._visit_within(
            [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.comprehension)]
            + [part for generator in node.generators for part in (generator.target, *generator.ifs)]
            + [generator.iter for generator in node.generators[1:]],
            targets,
        )

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _visit_within(self, nodes: Iterable[ast.AST], names: set[str], of_class: bool = False) -> None:
        self._scopes.append((of_class, names))
        self._visit_all(nodes)
        self._scopes.pop()


def _all(arguments: ast.arguments) -> list[ast.arg]:
    more = filter(None, [arguments.vararg, arguments.kwarg])
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *more]
