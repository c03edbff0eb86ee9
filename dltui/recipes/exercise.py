"""Exercises: a part of a recipe with one fault, or with a hole, which the recipe's claims judge.

`recipes/<NN_topic>/exercises/<name>.toml` holds no code of its own. It names a part of dltui/engine and what is changed
of it for the learner, who gets a copy:

    recipe = "kmeans"                      # whose claims are run with the learner's file
    part = "algorithms/kmeans.py"
    title.en = "Where do the centres go?"
    observed.en = "..."                    # what is seen while it is wrong
    explained.en = "..."                   # told once it is right

    [fault]
    right = ".mean(0)"                     # stands once in the part
    wrong = ".amax(0)"                     # what the learner finds in its place
    [[hint]]
    en = "..."
    [fixes]                                # plausible, and wrong: a claim must fail with each (tests/recipes)
    median = ".median(0).values"

With `hole = "KMeans.step"` in place of `[fault]` the body of that function is missing. `inline = "layers/boxes.py:nms"`
puts a function that the part imports into the copy, so that it can be what is wrong. `[run]` changes options of the
recipe, `[expect]` takes the place of its claims.
"""

import ast
import copy
import functools
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import files, kind_files, parts, schema, seeds
from dltui.recipes import recipe as recipes
from dltui.recipes.files import flat
from dltui.recipes.recipe import Recipe

LINE = 100  # characters of a comment's line
TASK = {
    "bug": {"en": "One place of this file is wrong. Find it.", "ru": "В одном месте этого файла ошибка. Найдите её."},
    "hole": {"en": "{hole} has no body. Write it.", "ru": "У {hole} нет тела. Напишите его."},
}
MISSING = 'raise NotImplementedError("{hole}: its body is yours to write")'


class Exercise(NamedTuple):
    """One exercise; `table` is what its file says."""

    name: str
    path: Path
    table: Mapping

    @property
    def topic(self) -> str:
        """The folder of its topic, "17_clustering"."""
        return self.path.parent.parent.name

    @property
    def kind(self) -> str:
        """bug or hole."""
        return "hole" if "hole" in self.table else "bug"

    @property
    def recipe(self) -> str:
        return self.table["recipe"]

    @property
    def part(self) -> Path:
        """The file of dltui's own that the learner gets a copy of."""
        return paths.ENGINE / self.table["part"]

    @property
    def section(self) -> str:
        """The section of a recipe that names such parts."""
        return next(section for section, folder in schema.FOLDERS.items() if folder == self.part.parent.name)

    @property
    def file_name(self) -> str:
        """What the learner's file is called; the name of the kind in it is its stem."""
        return f"my_{self.part.name}"

    @property
    def hints(self) -> list[Mapping[str, str]]:
        return self.table["hint"]

    @property
    def fixes(self) -> dict[str, str]:
        """Name -> what a plausible wrong fix puts in the place of the fault."""
        return self.table["fixes"]

    def text(self, key: str, language: str) -> str:
        """One of its texts (title, observed, explained), in English where there is none in `language`."""
        return said(self.table[key], language)

    def task(self, language: str) -> str:
        """What is to be done, in one or two sentences."""
        return TASK[self.kind][language].format(hole=self.table.get("hole"))

    def solved(self) -> str:
        """The part as it is, as a kind of the learner's own: below its imports it says of which section it is one, and
        holds what is inlined."""
        source = self.part.read_text(encoding="utf-8")
        lines = source.splitlines()
        last = max(node.end_lineno for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom))
        own = ["", f'SECTION = "{self.section}"']
        if "inline" in self.table:
            imported, function = _inlined(*self.table["inline"].split(":"))
            own = [imported, *own, "", "", *function]
        return "\n".join([*lines[:last], *own, *lines[last:]]).rstrip() + "\n"

    def given(self, language: str) -> str:
        """What the learner begins with."""
        wrong = MISSING.format(hole=self.table["hole"]) if self.kind == "hole" else self.table["fault"]["wrong"]
        head = [f"{self.name}: {self.text('title', language)}", *self.text("observed", language).split("\n")]
        lines = [line for part in (*head, self.task(language)) for line in textwrap.wrap(part, LINE) or [""]]
        return "\n".join(f"# {line}".rstrip() for line in lines) + "\n\n" + self.with_place(wrong)

    def with_place(self, text: str) -> str:
        """The part with `text` where its fault or its hole is, as a kind of the learner's own."""
        source = self.solved()
        right = _body(source, self.table["hole"]) if self.kind == "hole" else self.table["fault"]["right"].strip("\n")
        if source.count(right) != 1:
            raise DltuiError(f"{self.path}: what is to be replaced stands {source.count(right)} times in {self.part}.")
        text = text.strip("\n")
        if self.kind == "hole":
            indent = right[: len(right) - len(right.lstrip())]
            text = textwrap.indent(textwrap.dedent(text), indent)
        return source.replace(right, text)


def said(texts: Mapping[str, str], language: str) -> str:
    """One of the texts of an exercise, in English where there is none in `language`."""
    return (texts.get(language) or texts["en"]).strip()


def found() -> dict[str, Path]:
    """Returns name -> file of every exercise, topic after topic."""
    return {path.stem: path for path in sorted(paths.recipes().glob("*/exercises/*.toml"))}


def load(name: str) -> Exercise:
    """Returns the exercise of that name. Raises DltuiError (3) where there is none."""
    known = found()
    if name not in known:
        near = did_you_mean(name, known)
        raise DltuiError(f'There is no exercise "{name}".', f"{near} See: dltui exercise --list", ExitStatus.NOT_FOUND)
    return Exercise(name, known[name], files.read_table(known[name]))


def of_recipe(name: str) -> list[str]:
    """Returns the names of the exercises on a recipe of ours."""
    return _by_recipe(paths.recipes()).get(name, [])


@functools.cache
def _by_recipe(_folder: Path) -> dict[str, list[str]]:
    """Recipe -> its exercises. Read once: the app asks for every recipe that one passes."""
    named: dict[str, list[str]] = {}
    for name, path in found().items():
        named.setdefault(files.read_parts(path)["recipe"], []).append(name)
    return named


def with_file(exercise: Exercise, file: Path, seed: int) -> tuple[Recipe, dict[str, object]]:
    """Returns the exercise's recipe with the part of `file` in place of ours, on built-in data and with `seed` for all
    that is drawn; and what was changed of its options. Raises DltuiError (2, 3) for a file that is no such part."""
    path = files.find(exercise.recipe)
    kind_files.declare([file], file.parent)
    table = _renamed(files.read_table(path), exercise.section, exercise.part.stem, file.stem)
    for key in ("twin", "predict", "full", "lesson"):
        table.pop(key, None)
    if exercise.section == "algorithm":
        table.pop("comparison", None)  # one that is for algorithms names their kinds, and measures nothing
    if "expect" in exercise.table:
        table["expect"] = exercise.table["expect"]
    changes = dict(flat(exercise.table.get("run", {}))) | {"data.from": "builtin", "train.seed": seed}
    if seeds.of_data(table) is not None:
        changes["data.seed"] = seed
    return recipes.of_table(table, path, changes, kinds=[str(file)]), changes


def _renamed(table: Mapping, section: str, ours: str, theirs: str) -> dict:
    """A recipe's table in which parts of the kind `ours` are of the kind `theirs`, those of its variants too. They keep
    their options, as `overrides` would not let parts of another kind."""

    def is_ours(key: str, value: object) -> bool:
        return key.partition(".")[0] == section and key.endswith(".kind") and value == ours

    made = copy.deepcopy(dict(table))
    for of, _, body in parts.kind_sections(made):
        if of == section and body.get("kind") == ours:
            body["kind"] = theirs
    for name, changes in made.get("variants", {}).items():
        made["variants"][name] = {key: theirs if is_ours(key, value) else value for key, value in flat(changes)}
    return made


def _body(source: str, hole: str) -> str:
    """The lines of a function's body below its docstring; hole: its name, "KMeans.step" of a method."""
    node: ast.AST = ast.parse(source)
    for name in hole.split("."):
        node = next(one for one in node.body if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name)
    documented = ast.get_docstring(node) is not None
    first, last = node.body[documented], node.body[-1]
    return "\n".join(source.splitlines()[first.lineno - 1 : last.end_lineno])


def _inlined(file: str, name: str) -> tuple[str, list[str]]:
    """An import of all that a function of ours needs of its module, and the function's lines; file: of dltui/engine."""
    source = (paths.ENGINE / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    node = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - {name}
    needed = sorted(used & set(_top_names(tree)))
    module = "dltui.engine." + file.removesuffix(".py").replace("/", ".")
    return f"from {module} import {', '.join(needed)}", source.splitlines()[node.lineno - 1 : node.end_lineno]


def _top_names(tree: ast.Module) -> Iterator[str]:
    """The names that a module defines or imports."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
    yield from (name for _, name in schema.assigned(tree))
