"""TOML -> frozen `Recipe`: found by name, checked without importing torch, every problem told at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import check, check_claims, kind_files, overrides, parts, schema
from dltui.recipes.claims import Claim
from dltui.recipes.claims import parse as parse_claim
from dltui.recipes.files import files as files
from dltui.recipes.files import find, flat, read_table
from dltui.recipes.metric import Metric


class Section(NamedTuple):
    """One `[section]` that names a kind: a model, a data set, a task, an optimizer."""

    kind: str
    options: dict[str, object]


class Recipe(NamedTuple):
    """A recipe that was found sound. `table` is what the file (and the overrides) said, plain TOML values."""

    name: str
    topic: str
    path: Path | None
    table: dict

    @property
    def title(self) -> str:
        return self.table["title"]

    @property
    def summary(self) -> str:
        return self.table.get("summary", "")

    @property
    def subject(self) -> str:
        """The section that says what the recipe is: task (trained by gradients) or algorithm."""
        return parts.subject_of(self.table)

    @property
    def task(self) -> Section:
        """`[task]`, or `[algorithm]` where the recipe has that in its place."""
        return _section(self.table[self.subject])

    def part(self, section: str) -> Section | None:
        """A section with one kind that may be left out: loss, regularizer, augment, comparison."""
        return _section(self.table[section]) if section in self.table else None

    @property
    def callbacks(self) -> dict[str, Section]:
        """Name -> `[callback.NAME]`."""
        return {name: _section(body) for name, body in parts.callbacks_of(self.table).items()}

    @property
    def probes(self) -> dict[str, Section] | None:
        """Name -> `[probe.NAME]`; None where the recipe leaves that to its task."""
        named = parts.probes_of(self.table)
        return None if named is None else {name: _section(body) for name, body in named.items()}

    @property
    def metrics(self) -> dict[str, Metric]:
        """What its run measures: name -> Metric; of variants with a task of another kind theirs, too."""
        found = check_claims.of_recipe(self.table)
        for variant in self.variants.values():
            found = {**check_claims.of_recipe(variant.table), **found}
        return found

    @property
    def takes(self) -> tuple[str, ...]:
        """What rows of the user's own its subject does with, whatever its data kind reads (schema.Component)."""
        return schema.find(self.subject, self.task.kind).takes

    @property
    def data(self) -> Section | None:
        return _section(self.table["data"]) if "data" in self.table else None

    @property
    def data_from(self) -> str:
        """Where the rows come from: auto, hub, builtin, hf:OWNER/NAME or a path."""
        return self.table.get("data", {}).get("from", "auto")

    @property
    def models(self) -> dict[str, Section]:
        """Role -> section. A recipe with one model has the role "model"."""
        return {role: _section(body) for role, body in parts.roles(self.table.get("model", {}), "model")}

    def optimizer(self, role: str) -> Section:
        """The optimizer of one role: `[optimizer.<role>]`, else `[optimizer]`."""
        table = self.table.get("optimizer", {})
        return _section(table if "kind" in table else table[role])

    def schedule(self, role: str) -> Section | None:
        """How the learning rate of one role moves: `[schedule.<role>]`, else `[schedule]`; None where it stands."""
        table = self.table.get("schedule", {})
        table = table if "kind" in table else table.get(role)
        return _section(table) if table else None

    @property
    def train(self) -> dict[str, object]:
        """The options of `[train]` with the defaults filled in."""
        defaults = {name: option.default for name, option in schema.train().options.items()}
        return {**defaults, **self.table.get("train", {})}

    @property
    def variants(self) -> dict[str, "Recipe"]:
        """Name -> the recipe of that variant; {"": self} where there are none."""
        named = self.table.get("variants", {})
        return {name: self.with_changes(dict(flat(changes))) for name, changes in named.items()} or {"": self}

    def ignored(self, changes: Mapping[str, object]) -> list[str]:
        """What to say of those of the `changes` with which it was made that have no effect: variants override them."""
        return list(overrides.ignored(changes, {name: variant.table for name, variant in self.variants.items()}))

    @property
    def claims(self) -> list[Claim]:
        """What the run must reach on built-in data."""
        return [parse_claim(k, v) for k, v in flat(self.table.get("expect", {})) if not k.startswith("hub.")]

    @property
    def hub_claims(self) -> list[Claim]:
        """What the run must reach on the hub's copy of the data."""
        return [parse_claim(k, v) for k, v in flat(self.table.get("expect", {}).get("hub", {}))]

    def claims_for(self, source: str) -> list[Claim]:
        """The claims that hold on rows from `source`: hub, builtin; none on the user's own."""
        return {"hub": self.hub_claims, "builtin": self.claims}.get(source, [])

    def lesson(self, language: str = "en") -> str:
        """The lesson in `language`, in English where that one is not there."""
        lesson = self.table.get("lesson", {})
        return (lesson.get(language) or lesson.get("en") or "").strip()

    def with_changes(self, changes: Mapping[str, object]) -> "Recipe":
        """Returns this recipe with dotted keys set, not checked again."""
        table = overrides.applied(self.table, changes)
        table.pop("variants", None)
        return self._replace(table=table)


def _section(table: Mapping) -> Section:
    return Section(table["kind"], {k: v for k, v in table.items() if k not in ("kind", "from")})


def load(
    word: str,
    changes: Mapping[str, object] | None = None,
    *,
    full: bool = False,
    changed_in: str = "",
    kinds: Sequence[str] = (),
) -> Recipe:
    """Returns the checked recipe that `word` names, with `[full]` and then `changes` laid over it.

    kinds: files with further kinds (see kind_files.py), beside those that the recipe names itself.
    Raises DltuiError (2) that holds every problem, one a line; changed_in: see `of_table`.
    """
    path = find(word)
    return of_table(read_table(path), path, changes, full=full, changed_in=changed_in, kinds=kinds)


def of_table(
    table: Mapping,
    path: Path | None,
    changes: Mapping[str, object] | None = None,
    *,
    full: bool = False,
    checked: bool = False,
    changed_in: str = "",
    kinds: Sequence[str] = (),
) -> Recipe:
    """Returns the checked recipe of a table; `path` tells name and topic. Raises DltuiError (2).

    checked: it has been checked already, as the recipe.toml of a run has before its engine is started.
    changed_in: where the changes were given, in words ("on the command line"): what is wrong with them is told with
    that, and not with the file.
    kinds: see `load`; the table holds their absolute paths.
    """
    if kinds or "kinds" in table:
        table = {**table, "kinds": kind_files.of_recipe(table, path, kinds)}
    if full and isinstance(table.get("full"), dict):
        table = overrides.applied(table, dict(flat(table["full"])))
    if "data" not in table:  # where its rows come from is no question for a recipe without any
        changes = dict(changes or {})
        source = changes.pop("data.from", "auto")
        if source not in check.SOURCES:
            whose = path.stem if path else "The recipe"
            what = f'{whose} has no [data]: "{source}" cannot take the place of what it makes itself.'
            hint = "Leave out --data (data.from). What recipes take: dltui show NAME"
            raise DltuiError(what, hint, ExitStatus.USAGE)
    before, table = table, overrides.applied(table, changes or {})
    if (full or changes) and not any(key.startswith("twin.") for key in changes or ()):
        table.pop("twin", None)  # they spoil the recipe as its file has it, and need not fit what it has become
    # a run's own recipe.toml carries its name: its file's name says nothing
    name = table.pop("name", None) or (path.stem if path else "recipe")
    topic = table.pop("topic", None) or (path.parent.name if path and is_bundled(path) else "")
    from_user = "data.from" in (changes or {}) or path is None or not is_bundled(path)
    problems = []
    if not checked:
        problems += [*check.name_problems(name), *check.topic_problems(topic)]
        problems += check.problems(table, own_path=from_user)
    if problems:
        own = set(check.problems(before, own_path=from_user)) if changes else set(problems)
        if not full and not any(key.split(".")[0] == "full" for key in changes or ()):
            problems = _without_unfit_full(table, problems, own)
    if problems:
        own = own if changed_in else set(problems)
        where = str(path or "recipe")
        lines = "\n".join(f"{where if problem in own else changed_in}: {problem}" for problem in problems)
        raise DltuiError(lines, status=ExitStatus.USAGE)  # each line tells what to do next
    return Recipe(name, topic, path, table)


def _without_unfit_full(table: dict, problems: list[str], own: set[str]) -> list[str]:
    """Takes `[full]` out of a changed table that it does not fit: it is of the recipe as its file has it, and nobody
    asked for it. Returns the other problems; `own` are those of the file."""
    unfit = {problem for problem in problems if problem.startswith("full: ")} - own
    if unfit:
        table.pop("full")
    return [problem for problem in problems if problem not in unfit]


def is_bundled(path: Path) -> bool:
    """Whether `path` is one of dltui's own recipes."""
    return path.resolve().parent.parent == paths.recipes().resolve()


def to_toml(recipe: Recipe) -> str:
    """Returns the resolved recipe as TOML; `dltui run` of it repeats the run."""
    import tomli_w

    table = {"name": recipe.name, "topic": recipe.topic, **recipe.table}
    exact = tomli_w.dumps(table)
    # texts over several lines are easier to read, but would lose the \r of a \r\n
    return exact if r"\r" in exact else tomli_w.dumps(table, multiline_strings=True)
