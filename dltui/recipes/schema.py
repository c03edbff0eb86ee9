"""A component's options, read from the source of its `build()` with ast and never imported.

The signature is the schema: keyword-only parameters, annotated, with literal defaults; `Literal[...]` for choices.
The docstring of `build()` holds one line an option, `name: what it is`.
"""

import ast
import functools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import renamed
from dltui.recipes.metric import Metric
from dltui.recipes.option import Option

LIKE = 'Like this: def build(*, width: int = 8, norm: Literal["batch", "none"] = "none"): ...'
TYPE = re.compile(
    r"(?:int|float|bool|str|list\[(?:int|float|bool|str)\]|tuple\[(?:int|float|bool|str), \.\.\.\])(?: \| None)?"
)


class Component(NamedTuple):
    """What a kind's source says of it."""

    kind: str
    path: Path
    doc: str  # first sentence of the module
    options: dict[str, Option]
    constants: dict[str, object]  # literal constants of the module: MODELS, PROBES, LIVE, SOURCES, READS ...
    section: str = ""  # of a recipe, under which it was found

    @property
    def metrics(self) -> dict[str, Metric]:
        """What it measures: name -> Metric. An algorithm's RESULT names a file of results/, which measures too."""
        own = self.constants.get("METRICS", {})
        return {**self._result.metrics, **own} if self.constants.get("RESULT") else own

    @property
    def takes(self) -> tuple[str, ...]:
        """Rows that it does with, whatever its recipe names: "table", any numbers; "unlabelled", without classes."""
        if "TAKES" in self.constants or not self.constants.get("RESULT"):
            return tuple(self.constants.get("TAKES", ()))
        return self._result.takes

    @property
    def _result(self) -> "Component":
        """The file of results/ that RESULT names."""
        known = {path.stem: path for path in sorted((paths.ENGINE / "results").glob("[a-z]*.py"))}
        result = str(self.constants["RESULT"])
        if result not in known:
            hint = did_you_mean(result, known)
            raise DltuiError(f'{self.path}: there is no RESULT "{result}".', hint, ExitStatus.USAGE)
        return read(known[result])


def read(source: Path, kind: str = "") -> Component:
    """Returns the component whose `build()` stands in the file `source`, which is parsed once a process.

    Raises DltuiError if the source has no `build()` of the house's form: that is our fault, not the user's.
    """
    found = _parsed(source, kind or source.stem, source.stat().st_mtime_ns)
    return _with_reading(found) if "READS" in found.constants else found


def _with_reading(kind: Component) -> Component:
    """A data kind, and after its own options those by which files of its sort are read: `READS = "table"`."""
    reading = read(paths.ENGINE / "reading" / "reading_options.py")
    names = reading.constants["OF"].get(kind.constants["READS"])
    if names is None:
        near = did_you_mean(str(kind.constants["READS"]), reading.constants["OF"])
        raise DltuiError(f"{kind.path}: READS names no sort of file. {near}", LIKE)
    return kind._replace(options={**kind.options, **{n: reading.options[n] for n in names if n not in kind.options}})


@functools.cache
def _parsed(source: Path, kind: str, changed: int) -> Component:
    tree = _tree(source)
    doc = (ast.get_docstring(tree) or "").strip().split("\n\n")[0].replace("\n", " ")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "build":
            return Component(kind, source, doc, _options_of(node, source), _constants(tree, source))
    raise DltuiError(f"{source}: no build() in this file.", LIKE)


def _tree(source: Path) -> ast.Module:
    """The syntax of a file, in the encoding that it names or UTF-8. Raises DltuiError with the line."""
    data = source.read_bytes()
    try:
        return ast.parse(data)
    except SyntaxError as error:
        lines = data.decode("utf-8", "replace").splitlines()
        there = error.lineno is not None and 0 < error.lineno <= len(lines)
        shown = f"The line: `{lines[error.lineno - 1].strip()}`." if there else ""
        what = error.msg.replace("(unicode error) ", "").rstrip(".?")
        raise DltuiError(f"{source}{f':{error.lineno}' if there else ''}: not Python: {what}.", shown) from None
    except ValueError as error:  # bytes that are no text
        raise DltuiError(f"{source}: not Python: {error}.", "Save it as UTF-8.") from None


def _options_of(build: ast.FunctionDef, source: Path) -> dict[str, Option]:
    if build.args.posonlyargs or build.args.args or build.args.vararg or build.args.kwarg:
        what = "the options of build() must be keyword-only, after *, and named"
        raise DltuiError(f"{source}:{build.lineno}: {what}.", LIKE)
    helps = help_lines(ast.get_docstring(build) or "")
    found = {}
    for argument, default in zip(build.args.kwonlyargs, build.args.kw_defaults, strict=True):
        name, where = argument.arg, f"{source}:{argument.lineno}"
        if argument.annotation is None or default is None:
            raise DltuiError(f"{where}: option {name} of build() needs a type and a default.", LIKE)
        choices = _choices(argument.annotation)
        kind = "choice" if choices else ast.unparse(argument.annotation)
        if not choices and not TYPE.fullmatch(kind):
            raise DltuiError(f"{where}: option {name} of build() has a type that no recipe can give: {kind}.", LIKE)
        try:
            found[name] = Option(name, kind, _literal(default), choices, helps.get(name, ""))
        except ValueError:
            raise DltuiError(f"{where}: the default of option {name} of build() is not a literal.", LIKE) from None
        if wrong := found[name].problem(found[name].default):
            raise DltuiError(f"{where}: the default of option {name} of build() {wrong}.", LIKE)
    return found


def assigned(tree: ast.Module) -> Iterator[tuple[ast.Assign | ast.AnnAssign, str]]:
    """Yields (statement, name) of the names that a module gives a value to."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and isinstance(target, ast.Name):
            yield node, target.id


def _constants(tree: ast.Module, source: Path) -> dict[str, object]:
    found = {}
    for node, name in assigned(tree):
        if name.isupper():
            try:
                found[name] = _constant(node.value)
                if name == "METRICS":
                    _check_metrics(found["METRICS"], source)
            except (ValueError, TypeError) as error:
                if name == "METRICS":
                    raise DltuiError(f"{source}:{node.lineno}: METRICS cannot be read: {error}.", LIKE) from None
                continue  # not a literal: the module's own business
    return found


def _check_metrics(metrics: object, source: Path) -> None:
    """Raises DltuiError where METRICS is not {name: Metric}."""
    like = 'Like this: METRICS = {"ece": Metric("calibration error", better="lower", range=(0, 1), rows="test")}'
    if not isinstance(metrics, dict):
        raise DltuiError(f"{source}: METRICS must be a table of Metric, not {metrics!r}.", like)
    for name, metric in metrics.items():
        if not isinstance(metric, Metric):
            raise DltuiError(f'{source}: METRICS["{name}"] must be a Metric, not {metric!r}.', like)
        for field in ("better", "rows"):
            if (value := getattr(metric, field)) not in (valid := get_args(Metric.__annotations__[field])):
                what = f"{field} must be one of {', '.join(map(repr, valid))}, not {value!r}"
                raise DltuiError(f'{source}: METRICS["{name}"]: {what}.', like)


def _constant(node: ast.expr) -> object:
    """The value of a literal, in which `Metric(...)` may stand. Raises ValueError where it is another expression."""
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = map(ast.literal_eval, node.keys)
        return dict(zip(keys, map(_constant, node.values), strict=True))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Metric":
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
        return Metric(*map(ast.literal_eval, node.args), **named)
    return ast.literal_eval(node)


def _literal(node: ast.expr) -> object:
    value = ast.literal_eval(node)
    return list(value) if isinstance(value, tuple) else value


def _choices(annotation: ast.expr) -> tuple:
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal":
        inner = annotation.slice
        return tuple(ast.literal_eval(item) for item in (inner.elts if isinstance(inner, ast.Tuple) else [inner]))
    return ()


def help_lines(doc: str) -> dict[str, str]:
    """Returns the `name: text` lines of a docstring, each perhaps continued on lines that are indented."""
    helps, last = {}, ""
    for line in doc.splitlines():
        name, colon, text = line.partition(": ")
        if colon and name.isidentifier():
            last = name
            helps[last] = text.strip()
        elif last and line.startswith(" "):
            helps[last] += " " + line.strip()
        else:
            last = ""
    return helps


# The sections of a recipe that name a kind, and the folder of engine/ that holds their kinds.
FOLDERS = {
    "task": "tasks",
    "algorithm": "algorithms",
    "data": "data",
    "model": "models",
    "loss": "losses",
    "regularizer": "regularizers",
    "augment": "augmentations",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "callback": "callbacks",
    "probe": "probes",
    "comparison": "comparisons",
}
BUILD = re.compile(r"^def build\(", re.MULTILINE)


def own_kinds(section: str) -> dict[str, Path]:
    """Returns name -> source file of our kinds for `[section]`: the files of its folder that have a `build()`."""
    names = (path.stem for path in sorted((paths.ENGINE / FOLDERS[section]).glob("*.py")))
    return {name: path for name in names if (path := own_kind(section, name))}


def own_kind(section: str, kind: str) -> Path | None:
    """Returns the source file of our kind of that name, None where there is none."""
    path = paths.ENGINE / FOLDERS[section] / f"{kind}.py"
    known = (
        kind.isidentifier()
        and not kind.startswith("_")
        and os.path.isfile(path)  # no OSError where its name is longer than one can be
        and _has_build(path, path.stat().st_mtime_ns)
    )
    return path if known else None


@functools.cache
def _has_build(path: Path, changed: int) -> bool:
    return bool(BUILD.search(path.read_text(encoding="utf-8")))


def foreign_kinds(section: str) -> dict[str, Path]:
    """The kinds of installed packages: entry points of the group `dltui.kinds` named `<section>.<kind>`.

    Their sources are found without importing more than the package that holds them.
    """
    return _installed_kinds(tuple(sys.path)).get(section, {})


@functools.cache
def _installed_kinds(_path: tuple[str, ...]) -> dict[str, dict[str, Path]]:
    """Section -> kind -> source. Looked for once, as it takes 20 ms and every kind that is not ours asks."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    found: dict[str, dict[str, Path]] = {}
    for point in entry_points(group="dltui.kinds"):
        section, _, kind = point.name.partition(".")
        if kind:
            try:
                spec = find_spec(point.module)
            except (ImportError, ValueError):  # a package that is half removed spoils only its own kinds
                continue
            if spec and spec.origin and Path(spec.origin).is_file():
                found.setdefault(section, {})[kind] = Path(spec.origin)
    return found


_declared: dict[tuple[str, str], Path] = {}  # (section, kind) -> file: of this process, see kind_files.py


def declare(section: str, kind: str, path: Path) -> None:
    """Makes a kind known that stands in a file of the user's own; it takes the place of one of the same name."""
    _declared[section, kind] = path


def undeclare(path: Path) -> None:
    """Forgets a kind of a file that is gone."""
    for key in [key for key, known in _declared.items() if known == path]:
        del _declared[key]


def declared(section: str) -> dict[str, Path]:
    """Returns name -> source file of the kinds that were declared."""
    return {kind: path for (of, kind), path in _declared.items() if of == section}


def kinds(section: str) -> dict[str, Path]:
    """Returns name -> source file of every kind that `[section]` can name. Ours win over the user's, these over a
    package's."""
    return {**foreign_kinds(section), **declared(section), **own_kinds(section)}


def find(section: str, kind: str) -> Component:
    """Returns the component that `kind` names under `[section]`.

    Raises DltuiError, with the nearest name, where there is none.
    """
    source = own_kind(section, kind) or _declared.get((section, kind)) or foreign_kinds(section).get(kind)
    unfinished = paths.ENGINE / FOLDERS[section] / f"{kind}.py"
    if source is None and kind.isidentifier() and not kind.startswith("_") and os.path.isfile(unfinished):
        raise DltuiError(f'kind "{kind}" has no build() in {unfinished}.', LIKE, ExitStatus.USAGE)
    if source is None:
        near = renamed.kind(section, kind) or did_you_mean(kind, kinds(section))
        own = (
            f'{kind}.py here is meant if the recipe says kinds = ["{kind}.py"].'
            if os.path.isfile(f"{kind}.py")  # no OSError where it is longer than a name can be
            else near
        )
        raise DltuiError(f'kind "{kind}" is unknown.', f"{own} See: dltui kinds {FOLDERS[section]}", ExitStatus.USAGE)
    return read(source, kind)._replace(section=section)


def own_options(section: str, kind: str) -> dict[str, Option]:
    """Returns the options that a kind's own `build()` takes. Raises DltuiError where there is no such kind."""
    path = find(section, kind).path
    return _parsed(path, kind, path.stat().st_mtime_ns).options


def train() -> Component:
    """Returns the options of `[train]`, which has no kind: those of engine/training/options.py."""
    return read(paths.ENGINE / "training" / "options.py", "train")
