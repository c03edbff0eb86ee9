"""What a file of the user's own says that dltui does not read, or that a resumed run forgets: told, not refused."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dltui.errors import did_you_mean, nearest
from dltui.recipes import schema
from dltui.recipes.option import BOUND, OPPOSITE, Option

CONSTANTS = (
    "SECTION", "METRICS", "TASKS", "LIVE", "ANEW", "RESULT", "TAKES", "NEEDS_DATA", "SOURCES", "GIVES", "READS",
    "MODELS", "TRAINED", "PROBES", "PARTS", "ANSWERS", "LOSS_HAS", "NET_HAS", "SAME_ROWS",
)  # fmt: skip
NUMBER = r"(-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?)"
# what looks like a bound -> how it is to be said; {1} and {2} are its numbers
PHRASES = {
    rf"\bbetween {NUMBER} and {NUMBER}": "at least {1}, at most {2}",
    rf"\bfrom {NUMBER} to {NUMBER}": "at least {1}, at most {2}",
    rf"\bin {NUMBER} ?\.\. ?{NUMBER}": "at least {1}, at most {2}",
    rf"\bin \[{NUMBER}, ?{NUMBER}\]": "at least {1}, at most {2}",
    rf"\bin \({NUMBER}, ?{NUMBER}\)": "above {1}, below {2}",
    rf"\bin \[{NUMBER}, ?{NUMBER}\)": "at least {1}, below {2}",
    rf"\bin \({NUMBER}, ?{NUMBER}\]": "above {1}, at most {2}",
    rf">= ?{NUMBER}": "at least {1}",
    rf"<= ?{NUMBER}": "at most {1}",
    rf"(?<![-=])> ?{NUMBER}": "above {1}",
    rf"<(?!=) ?{NUMBER}": "below {1}",
    rf"\b(?:no more than|not more than|up to|maximum|max\.?) {NUMBER}": "at most {1}",
    rf"\b(?:no less than|no fewer than|not less than|minimum|min\.?) {NUMBER}": "at least {1}",
    rf"\b(?:more|greater|larger|higher|bigger) than {NUMBER}": "above {1}",
    rf"\b(?:less|smaller|lower|fewer) than {NUMBER}": "below {1}",
    r"\bpositive(?= (?:number|integer|int|float|value)\b|[,.;)]|$)": "above 0",
    r"\b(?:non-?negative|not negative)\b": "at least 0",
}
PLAIN = "N, a plain number"
WORDS = {"zero": "0", "one": "1", "two": "2", "three": "3"}
CUT = re.compile(r",\d|[/*^%]|e\+|\s[*/^%]")  # after a number that is read only up to here
APART = {"random": "Python's random", "numpy": "NumPy's random"}
# what is given a seed of its own
SEEDED = (
    "default_rng", "RandomState", "Random", "Generator", "seed", "PCG64", "MT19937", "Philox", "SFC64", "SeedSequence",
)  # fmt: skip
TORCH = ("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial")  # draw by one generator for all
REGISTERS = ("register_buffer", "register_parameter")
ASIDE = ("__init__", "evaluate", "pictures")  # what is read there alone is made anew by the next step
STEPS = {"algorithm": ("step",), "probe": ("after_step",), "callback": ("before_step", "after_step"),
         "model": ("forward",), "optimizer": ("step",)}  # fmt: skip


def warnings(section: str, kind: str) -> list[str]:
    """Returns what is to be said of a kind's file, each with file and line. Raises DltuiError as `schema.find`."""
    component = schema.find(section, kind)
    tree = ast.parse(component.path.read_bytes())
    options = schema.own_options(section, kind)
    found = [*_of_options(tree, options), *_of_constants(tree, component)]
    found += [*_of_draws(tree, section), *_of_state(tree, section)]
    return [f"{component.path}:{line}: {text}" for line, text in sorted(found)]


def of_files(paths: Iterable[str]) -> list[str]:
    """Returns the warnings of files that are declared."""
    paths = {*map(Path, paths)}
    known = [(section, kind, path) for section in schema.FOLDERS for kind, path in schema.declared(section).items()]
    return [text for section, kind, path in known if path in paths for text in warnings(section, kind)]


# -- options -----------------------------------------------------------------------------------------------------------


def unread_bound(help: str) -> tuple[str, str]:
    """Returns (what looks like a bound in an option's help and is not read as one, how to say it), ('', '') where there
    is none."""
    read = {OPPOSITE.get(word, word) for word, _ in BOUND.findall(help)}
    for phrase, saying in PHRASES.items():
        if found := re.search(phrase, help, re.IGNORECASE):
            said = saying.format(found.group(0), *found.groups())
            if not {OPPOSITE.get(word, word) for word, _ in BOUND.findall(said)} <= read:
                return found.group(0), said
    for found in re.finditer(r"\b(at least|at most|above|below) (\S+)", help):
        exact, number = BOUND.match(help, found.start()), found.group(2).rstrip(",.;:)")
        if exact and not CUT.match(help, exact.end()):
            continue
        if exact or number in WORDS or number.startswith((".", "+")):
            whole = exact and exact.group(2) == number  # and goes on after a space: "at least 2 * width"
            return f"{found.group(1)} {number}", f"{found.group(1)} {PLAIN if whole else _plain(number)}"
    return "", ""


def _plain(number: str) -> str:
    try:
        return f"{float(number.replace(',', '')):g}"
    except ValueError:
        return WORDS.get(number, PLAIN)


def _of_options(tree: ast.Module, options: dict[str, Option]) -> Iterator[tuple[int, str]]:
    build = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    lines = {argument.arg: argument.lineno for argument in build.args.kwonlyargs}
    for name, option in options.items():
        numeric = any(word in option.type for word in ("int", "float"))
        looks, said = unread_bound(option.help) if numeric else ("", "")
        if looks:
            yield lines[name], f'"{looks}" in the line of option {name} bounds nothing. Write: "{said}"'
    without = [name for name, option in options.items() if not option.help]
    for name in schema.help_lines(ast.get_docstring(build) or ""):
        if name not in options and (near := nearest(name, without)):
            yield build.lineno, f'the docstring of build() tells of "{name}", which is no option. Is it {near[0]}?'


def _of_constants(tree: ast.Module, component: schema.Component) -> Iterator[tuple[int, str]]:
    from difflib import get_close_matches  # 2 ms, which most commands do without

    used = {
        *CONSTANTS,
        *(one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)),
    }
    subjects = {*schema.kinds("task"), *schema.kinds("algorithm")}
    for node, name in schema.assigned(tree):
        if name in CONSTANTS and name not in component.constants:
            yield node.lineno, f"{name} is not a literal, and is not read"
        elif name.isupper() and name not in used and (near := get_close_matches(name, CONSTANTS, 1, 0.85)):
            yield node.lineno, f'{name} means nothing to dltui. Did you mean "{near[0]}"?'
        for task in component.constants["TASKS"] if name == "TASKS" and name in component.constants else ():
            if task not in subjects:
                yield node.lineno, f'TASKS names "{task}", which is no task. {did_you_mean(task, schema.kinds("task"))}'


# -- what a seed does not decide, and what a checkpoint does not hold --------------------------------------------------


def _of_draws(tree: ast.Module, section: str) -> Iterator[tuple[int, str]]:
    named = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    aside = any(isinstance(node, ast.Attribute) and node.attr == "fork_rng" for node in ast.walk(tree))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        called = ast.unparse(node.func)
        head, _, last = called.rpartition(".")
        module = ".".join([named.get(head.partition(".")[0], ""), *head.split(".")[1:]])
        if module in ("random", "numpy.random") and not (last in SEEDED and (node.args or node.keywords)):
            of = APART[module.partition(".")[0]]
            yield node.lineno, f"{called}(): {of} is no part of the run's seed, nor of its checkpoints. Draw by torch"
        elif module == "torch" and last == "manual_seed" and not aside:
            yield node.lineno, f"{called}() sets back what the whole run draws. Take torch.Generator().manual_seed(...)"
        elif section == "data" and module == "torch" and last in TORCH and "generator" not in ast.unparse(node):
            yield (
                node.lineno,
                f"{called}() draws other rows in each run, and none can be resumed. Give it a generator=",
            )


def _of_state(tree: ast.Module, section: str) -> Iterator[tuple[int, str]]:
    """Attributes that steps change and go on from, and that no checkpoint holds.

    Of a net only what is counted: it may keep what it saw last.
    """
    for made in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        methods = [node for node in made.body if isinstance(node, ast.FunctionDef)]
        kept = _kept(made)
        going_on = {name for method in methods if method.name not in ASIDE for name in _read(method)}
        for method in methods if None not in kept else ():
            for node, name in _changed(method) if method.name in STEPS.get(section, ()) else ():
                counted = isinstance(node, ast.AugAssign) or name in _read(node.value)
                if name in kept or not (counted or (section == "algorithm" and name in going_on)):
                    continue
                kept.add(name)  # told once
                where = "in self.state[p]" if section == "optimizer" else f'so: self.register_buffer("{name}", ...)'
                what = f"self.{name} changes in {method.name}() and is in no checkpoint"
                yield node.lineno, f"{what}: a resumed run does not have it. Keep it {where}"


def _kept(made: ast.ClassDef) -> set[object]:
    """The names of a class's buffers and parameters; None among them where some are named by an expression."""
    calls = (node for node in ast.walk(made) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    named = (node.args[0] for node in calls if node.func.attr in REGISTERS and node.args)
    return {"done", *(name.value if isinstance(name, ast.Constant) else None for name in named)}


def _changed(method: ast.FunctionDef) -> Iterator[tuple[ast.Assign | ast.AugAssign, str]]:
    """(statement, name) of each attribute of self that a method sets."""
    for node in ast.walk(method):
        if not isinstance(node, ast.Assign | ast.AugAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for one in [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]:
            if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self":
                yield node, one.attr


def _read(tree: ast.AST) -> set[str]:
    """The attributes of self that are read."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load))
    return {node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == "self"}
