"""The options of a recipe as rows that can be changed: from the kinds' signatures, the recipe's values over them."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.recipes import check, files, hub_name, overrides, parts, schema
from dltui.recipes.schema import Component, Option

# in the order of the form: what a person turns most comes first
SECTIONS = (
    "algorithm", "optimizer", "schedule", "model", "loss", "regularizer", "augment", "task", "data", "probe",
    "comparison",
)  # fmt: skip
DEVICES = ("auto", "cpu", "cuda", "mps")
FACTS = ("inputs", "outputs", "channels", "size", "classes")  # a model takes these from the data where nobody sets them


class Row(NamedTuple):
    """One option of the form."""

    key: str  # dotted, as in KEY=VALUE; "device" and "full" are the command line's own
    group: str  # the section it stands under
    label: str
    option: Option
    base: object  # what holds if it is not changed
    given: bool  # the recipe itself says so; else it is the signature's default
    suggested: tuple[str, ...] = ()  # texts to choose from, where others are allowed too

    @property
    def choices(self) -> tuple:
        """What can be chosen by turning, one after another."""
        return self.option.choices or self.suggested or ((False, True) if self.option.type == "bool" else ())


@lru_cache(maxsize=256)
def _component(section: str, kind: str) -> Component:
    return schema.train() if section == "train" else schema.find(section, kind)


@lru_cache(maxsize=8)
def _kinds(section: str) -> tuple[str, ...]:
    return tuple(sorted({*schema.kinds(section)} - {*schema.declared(section)}))


def _part(section: str, kind: str) -> Component:
    """The component of a kind; that of a file of the user's own is read again, for it may be edited meanwhile."""
    return schema.find(section, kind) if kind in schema.declared(section) else _component(section, kind)


def _kinds_for(section: str, table: Mapping) -> tuple[str, ...]:
    """The kinds that a recipe can choose from: those that every recipe can name, and those of the files it names."""
    own = {Path(name).stem for name in table.get("kinds", ())} & {*schema.declared(section)}
    return tuple(sorted({*_kinds(section), *own}))


class Form:
    """A recipe's table and what the person changed in it.

    changes: dotted key -> value, as StartRun takes them. wrong: key -> (text, what is wrong with it, in words).
    """

    def __init__(self, table: Mapping):
        self.recipe_table = table
        self.changes: dict[str, object] = {}
        self.wrong: dict[str, tuple[str, str]] = {}
        self.device, self.full = "auto", False
        self.rows: list[Row] = []
        self.trouble = ""  # why there is no form, or not all of it
        self._read()

    @property
    def base(self) -> dict:
        """The recipe's table at the size that is chosen, unchanged."""
        full = self.recipe_table.get("full") if self.full else None
        return overrides.applied(self.recipe_table, dict(files.flat(full)) if isinstance(full, dict) else {})

    def _read(self) -> None:
        """Makes the rows anew: after another kind or size was chosen there are others."""
        self.trouble = ""
        base = self.base
        try:
            table = overrides.applied(base, {k: v for k, v in self.changes.items() if k.endswith("kind")})
            self.rows = list(_rows(table, self.recipe_table, base))
        except (DltuiError, AttributeError, KeyError, TypeError) as error:  # a recipe that `dltui check` refuses
            self.rows, self.trouble = [], str(error) if isinstance(error, DltuiError) else "This recipe is not sound."
        keys = {row.key for row in self.rows}
        self.changes = {key: value for key, value in self.changes.items() if key in keys}
        self.wrong = {key: told for key, told in self.wrong.items() if key in keys}

    def row(self, key: str) -> Row:
        return next(row for row in self.rows if row.key == key)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the rows of the data that are chosen can come from: hub, builtin, path."""
        kind = self.changes.get("data.kind") or _at(self.base, "data.kind")
        return _part("data", kind).constants.get("SOURCES", ())

    def value(self, row: Row) -> object:
        """Returns what holds now."""
        if row.key in ("device", "full"):
            return getattr(self, row.key)
        return self.changes.get(row.key, row.base)

    def changed(self, row: Row) -> bool:
        return row.key in self.wrong or self.value(row) != row.base

    @property
    def any_changed(self) -> bool:
        return any(map(self.changed, self.rows))

    def text(self, row: Row) -> str:
        """Returns the value as a person types it; what was typed last where that is wrong."""
        return self.wrong[row.key][0] if row.key in self.wrong else text_of(self.value(row))

    def problem(self, row: Row, text: str) -> str:
        """Returns what is wrong with `text` as the value of a row, in words, or ''."""
        if row.key == "device":
            return _device_problem(text)
        if row.key == "data.from":
            return _source_problem(text, self.sources)
        return row.option.problem(value_of(row.option, text))

    def put(self, row: Row, text: str) -> str:
        """Sets a row to what was typed; returns what is wrong with that, in words, or ''. An empty text resets it."""
        text = text.strip()
        problem = self.problem(row, text)
        if problem and not text:
            self.reset(row)
            return ""
        if problem:
            self.wrong[row.key] = (text, problem)
        else:
            self._set(row, value_of(row.option, text))
        return problem

    def turn(self, row: Row, by: int) -> None:
        """Goes `by` choices on, or to the next number of 1, 2, 5, 10, 20 ...; stays where there is no next one."""
        if row.choices:
            value, known = self.value(row), list(row.choices)
            at = known.index(value) + by if value in known else 0
            self._set(row, known[at % len(known)])
        else:
            value = _next_number(self.value(row), by)
            if value is not None and not row.option.problem(value):
                self._set(row, value)

    def _set(self, row: Row, value: object) -> None:
        self.wrong.pop(row.key, None)
        if row.key == "device":
            self.device = str(value)
        elif row.key == "full":
            self.full = bool(value)
            self._read()
        else:
            self.changes[row.key] = value
            if value == row.base:
                del self.changes[row.key]
            if row.label == "kind":
                self._read()

    def set_all(self, changes: Mapping[str, object]) -> list[str]:
        """Resets the form and sets these; returns the keys that it has no row for, which are not set."""
        self.reset_all()
        left = dict(sorted(changes.items(), key=lambda item: not item[0].endswith("kind")))
        for key in list(left):
            row = next((row for row in self.rows if row.key == key), None)
            if row and not self.put(row, text_of(left[key])):
                del left[key]
        return list(left)

    def reset(self, row: Row) -> None:
        """Makes a row say again what the recipe says."""
        self._set(row, {"device": "auto", "full": False}.get(row.key, row.base))

    def reset_all(self) -> None:
        self.changes, self.wrong, self.device, self.full = {}, {}, "auto", False
        self._read()


# -- values ------------------------------------------------------------------------------------------------------------


def text_of(value: object) -> str:
    """Returns a value as it is typed: 0.001, true, [64, 64], relu."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_quoted(item) if isinstance(item, str) else text_of(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else str(value)
    return "" if value is None else str(value)


def value_of(option: Option, text: str) -> object:
    """Returns the value that was typed for an option: TOML where it is TOML, else the text itself."""
    value = overrides.parse_value(text)
    if option.type.startswith(("list", "tuple")) and not isinstance(value, list):
        value = overrides.parse_value(f"[{text}]")
        return value if isinstance(value, list) else text
    if option.choices and value not in option.choices and text in option.choices:
        return text
    return text if option.type.startswith("str") and not isinstance(value, str) else value


def word_of(key: str, value: object) -> str:
    """Returns KEY=VALUE for the command line, not yet quoted for the shell, such that it is read as `value` again."""
    text = text_of(value)
    return f"{key}={text if overrides.parse_value(text) == value else _quoted(text)}"


def _quoted(text: str) -> str:
    """As a TOML string."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _next_number(value: object, by: int) -> int | float | None:
    """The next number of the series 1, 2, 5, 10 ... above or below; small whole numbers go one by one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    if isinstance(value, int) and (value < 10 or (value == 10 and by < 0)):
        return value + by
    if value == 0:
        return None
    power = 10.0 ** int(f"{value:e}".partition("e")[2])
    series = [float(f"{factor * power:.6g}") for factor in (0.5, 1, 2, 5, 10)]
    found = next(n for n in (series if by > 0 else reversed(series)) if (n - value) * by > 1e-9 * value)
    return int(found) if isinstance(value, int) else found


def _device_problem(text: str) -> str:
    try:
        launch.check_choices(text, "auto", 0, "")
    except DltuiError as error:
        return error.message.removeprefix("device ")
    return ""


def _source_problem(text: str, sources: tuple[str, ...]) -> str:
    if text == "auto" or (text in sources and text in check.SOURCES):
        return ""
    valid = ", ".join(("auto", *(source for source in sources if source != "path")))
    valid += " or a path" if "path" in sources else ""
    if text in check.SOURCES:
        return f"these data have no {text}: give {valid}"
    if hub_name.is_hub_name(text) and "path" in sources:
        return _hub_name_problem(text)
    there = "path" in sources and text and Path(text).expanduser().exists()
    return "" if there else f'there is no "{text}" here: give {valid}'


def _hub_name_problem(text: str) -> str:
    try:
        hub_name.parse(text)
    except DltuiError as error:
        return error.hint
    return ""


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows(table: Mapping, recipe_table: Mapping, base: Mapping) -> Iterator[Row]:
    yield from _run_rows(table, recipe_table)
    train = Component("", Path(), "", _component("train", "").options, {})
    yield from _section_rows("train", "train", train, table.get("train", {}), base)
    for section in SECTIONS:
        for role, body in parts.roles(table.get(section, {}), ""):
            place = f"{section}.{role}" if role else section
            part = _part(section, body["kind"])
            yield from _section_rows(section, place, _asked(part, body) if section == "data" else part, body, base)
    yield from _variant_rows(table, base)


def _asked(part: Component, body: Mapping) -> Component:
    """A data kind without the options that say how files are read, where none are: they would fill half of the form."""
    if body.get("from", "auto") not in check.SOURCES:
        return part
    own = schema.own_options("data", part.kind)
    return part._replace(options={name: option for name, option in part.options.items() if name in own or name in body})


def _run_rows(table: Mapping, recipe_table: Mapping) -> Iterator[Row]:
    if "data" in table:
        sources = _part("data", table["data"]["kind"]).constants.get("SOURCES", ())
        suggested = ("auto", *(source for source in sources if source != "path"))
        base = recipe_table["data"].get("from", "auto")
        source = Option(
            "data",
            "str",
            "auto",
            (),
            "where the rows come from: auto, hub, builtin, hf:OWNER/NAME, or a path to your own",
        )
        yield Row("data.from", "run", "data", source, base, base != "auto", suggested)
    device = Option("device", "str", "auto", (), "what computes: auto takes the fastest; cuda:1 is the second GPU")
    yield Row("device", "run", "device", device, "auto", False, DEVICES)
    if recipe_table.get("full"):
        size = Option("full", "bool", False, (), "the published size: longer, for a GPU")
        yield Row("full", "run", "full size", size, False, False)


def _section_rows(section: str, place: str, part: Component, body: Mapping, base: Mapping) -> Iterator[Row]:
    if part.kind:
        fixed = section in ("task", "algorithm")
        kinds = (part.kind,) if fixed else tuple(dict.fromkeys((*_kinds_for(section, base), part.kind)))
        kind = Option("kind", "choice", part.kind, kinds, part.doc)
        yield Row(f"{place}.kind", place, "kind", kind, _at(base, f"{place}.kind"), True)
    for name, option in part.options.items():
        yield Row(f"{place}.{name}", place, name, option, body.get(name, option.default), name in body)


def _variant_rows(table: Mapping, base: Mapping) -> Iterator[Row]:
    """What each variant changes: it wins over what the sections say. Its kinds are what it is about, and stay."""
    for variant, changes in table.get("variants", {}).items():
        flat = dict(files.flat(changes))
        for key, value in flat.items():
            place, _, name = key.rpartition(".")
            kind = flat.get(f"{place}.kind") or _at(base, f"{place}.kind") or ""
            known = {} if name in ("kind", "from") else _part(place.partition(".")[0], kind).options
            option = known.get(name) or Option(name, "choice", value, (value,), f"what {key} is in this variant")
            yield Row(f"variants.{variant}.{key}", f"variant {variant}", key, option, value, True)


def _at(table: Mapping, key: str) -> object:
    """The value under a dotted key, None where there is none."""
    found: object = table
    for name in key.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
