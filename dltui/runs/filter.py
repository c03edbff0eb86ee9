"""The filter of runs, as `dltui runs` and the app's list take it: `acc > 0.9 topic:gan status:done moons`.

    moons              a word of the run's id, of its recipe's name, or of the name that was given to it
    accuracy >= 0.9    a value of its summary, or step, steps, seconds: <, <=, >, >=, =, !=; nan and inf are numbers.
                       With variants, of one of them at least. The beginning of a name will do where it is one name's.
    optimizer.lr < 0.1 an option of its parts, of one of its variants at least: a number, or with = and != a word too:
                       optimizer.kind=adam, model.hidden=[16,16], train.steps (steps are those that it has taken)
    recipe:mlp         a part of the recipe's name
    topic:12           the topic's number, a part of its name, or a part of the recipe's name
    status:done        starting, running, paused, done, stopped, failed, diverged, lost, or live for the first three;
                       imported for logs of other trainers
    claim:met          met, missed, or none where nothing was judged
    name:best          a part of the name that was given to the run
    tag:baseline       a tag of the run, whole; * stands for any letters: tag:lr-*, tag:* for any tag at all
    group:lr-study     its group, likewise
    pinned             the same as pinned:yes; pinned:no

All parts must hold. Letters are small and capital alike; the beginning of a status or of a claim will do. The seconds
may have a unit: seconds < 5m.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from dltui.digits import whole
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import schema
from dltui.runs import duration
from dltui.runs.annotations import Annotations
from dltui.runs.settings import as_text

LIVE = ("starting", "running", "paused")
IMPORTED = "imported"  # no status of its own: the run is done
CHOICES = {
    "status": (*LIVE, "done", "stopped", "failed", "diverged", "lost", "live", IMPORTED),
    "claim": ("met", "missed", "none"),
    "pinned": ("yes", "no"),
}
EXAMPLES = {"recipe": "mlp", "topic": "generative", "name": "best", "tag": "baseline", "group": "lr-study"}
FIELDS = (*EXAMPLES, *CHOICES)
OF_LOGS = ("status", "claim")  # what only the log of a run answers
ALWAYS = ("step", "steps", "seconds")  # numbers that every run has
STATISTICS = ("first", "min", "max")  # of a metric, as `claim` has them: alone they name nothing
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": lambda value, number: not _same(value, number),
    "==": lambda value, number: _same(value, number),
    "=": lambda value, number: _same(value, number),
    "<": operator.lt,
    ">": operator.gt,
}
EQUAL = ("=", "==", "!=")  # what a word can be compared by
SECTIONS = (*schema.FOLDERS, "train", "hparams")  # a name that begins with one of them is a setting
_OPERATOR = "|".join(OPERATORS)
_PART = re.compile(
    rf"(?P<name>[^\s<>=!:]+)\s*(?P<op>{_OPERATOR})\s*(?P<number>[^\s<>=!:]*)"
    r"|(?P<field>\w+):(?P<value>\S*)"
    r"|(?P<word>\S+)"
)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|[-+]?inf", re.IGNORECASE)


class Facts(Protocol):
    """What a filter asks of a run."""

    id: str
    recipe: str
    topic: str  # a folder's name: 12_generative
    status: str
    claim: str  # met, missed, none
    imported: bool
    annotations: Annotations
    numbers: Mapping[str, float]  # of its summary, and ALWAYS

    def values_of_setting(self, key: str) -> list[object]:
        """One a variant; none where it has no such setting."""


class FilterError(DltuiError):
    """What is wrong with a filter; `position` is where, counted from 0."""

    def __init__(self, problem: str, position: int, hint: str):
        super().__init__(f"filter, column {position + 1}: {problem}", hint, ExitStatus.USAGE)
        self.position = position


class Word(NamedTuple):
    """A word of the id, of the recipe's name, or of the name that was given to it."""

    word: str

    def holds(self, facts: Facts) -> bool:
        return self.word in facts.id or self.word in facts.recipe or self.word in facts.annotations.name.casefold()


class Field(NamedTuple):
    """FIELD:VALUE."""

    field: str
    value: str

    def holds(self, facts: Facts) -> bool:
        if self.field == "topic":
            return _is_topic(self.value, facts.topic.lower()) or self.value in facts.recipe
        if self.field == "recipe":
            return self.value in facts.recipe
        if self.field in ("name", "tag", "group", "pinned"):
            return self._is_noted(facts.annotations)
        given = getattr(facts, self.field)
        if given.startswith(self.value) or (given in LIVE and "live".startswith(self.value)):
            return True
        return self.field == "status" and IMPORTED.startswith(self.value) and facts.imported

    def _is_noted(self, noted: Annotations) -> bool:
        if self.field == "name":
            return self.value in noted.name.casefold()
        if self.field == "pinned":
            return noted.pinned == "yes".startswith(self.value)
        given = noted.tags if self.field == "tag" else filter(None, [noted.group])
        return any(fnmatchcase(one.casefold(), self.value) for one in given)


class Comparison(NamedTuple):
    """NAME OP NUMBER. `position` is where the name stands."""

    name: str
    op: str
    number: float
    position: int

    def holds(self, facts: Facts) -> bool:
        holds, number = OPERATORS[self.op], self.number
        return any([holds(value, number) for value in values_of(facts.numbers, self.name)])


class Setting(NamedTuple):
    """KEY OP VALUE, of an option of the recipe's parts. `position` is where the key stands."""

    key: str
    op: str
    value: str
    position: int

    def holds(self, facts: Facts) -> bool:
        return any(self._holds(value) for value in facts.values_of_setting(self.key))

    def _holds(self, value: object) -> bool:
        if type(value) in (int, float) and _NUMBER.fullmatch(self.value):
            return OPERATORS[self.op](value, float(self.value))
        return self.op in EQUAL and (as_text(value) == self.value.casefold()) == (self.op != "!=")


class Filter(NamedTuple):
    """What was asked for; the empty one holds for every run."""

    parts: tuple[Word | Field | Comparison | Setting, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """Whether every part does."""
        return all(part.holds(facts) for part in self.parts)

    @property
    def of_names(self) -> "Filter":
        """Those of its parts that ids, recipes and what was noted answer, with no log opened."""
        named = (part for part in self.parts if not isinstance(part, Comparison | Setting))
        return Filter(tuple(part for part in named if part[0] not in OF_LOGS))

    @property
    def metrics(self) -> list[str]:
        """The names that it compares, in order."""
        return [part.name for part in self.parts if isinstance(part, Comparison)]

    @property
    def settings(self) -> list[Setting]:
        """What it asks of the options of the recipes' parts."""
        return [part for part in self.parts if isinstance(part, Setting)]

    def check_settings(self, found: Collection[Facts], known: Callable[[], Iterable[str]]) -> None:
        """Raises FilterError where none of the runs has what a key names. known: tells every key that they have."""
        for part in self.settings:
            if not any(facts.values_of_setting(part.key) for facts in found):
                raise FilterError(f'no run has "{part.key}".', part.position, did_you_mean(part.key, set(known())))

    def resolved(self, names: Iterable[str]) -> "Filter":
        """Returns the filter with every beginning of a name in full. names: those of the summaries that there are.

        Raises FilterError where a name begins none of them, or several.
        """
        known = keys(names)
        return Filter(
            tuple(
                part._replace(name=_resolved(part, known)) if isinstance(part, Comparison) else part
                for part in self.parts
            )
        )


def parse(text: str) -> Filter:
    """Returns the filter that `text` is. Raises FilterError."""
    return Filter(tuple(_part(match) for match in _PART.finditer(text)))


def _part(match: re.Match) -> Word | Field | Comparison:
    at = match.start()
    if match["op"] and match["name"].partition(".")[0] in SECTIONS and "." in match["name"]:
        return _setting(match)
    if match["op"]:
        return Comparison(match["name"], match["op"], _number(match), at)
    if match["field"]:
        return _field(match["field"].lower(), match["value"].lower(), at, match.start("value"))
    word = match["word"]
    if word[0] in "<>=!":
        raise FilterError(f'"{word}" has no name before it.', at, "Example: accuracy > 0.9")
    if word.lower() == "pinned":
        return Field("pinned", "yes")
    return Word(word.lower())


def _number(match: re.Match) -> float:
    given = match["number"]
    if "seconds".startswith(match["name"].lower()) and (length := duration.seconds(given)) is not None:
        return length
    if not _NUMBER.fullmatch(given):
        problem = f'"{given}" is no number.' if given else f'there is no number after "{match["op"]}".'
        raise FilterError(problem, match.start("number"), f"Example: {match['name']} {match['op']} 0.9")
    return float(given)


def _setting(match: re.Match) -> Setting:
    name, op, value = match["name"], match["op"], match["number"]
    if not value or (op not in EQUAL and not _NUMBER.fullmatch(value)):
        what = f'"{value}" is no number.' if value else f'nothing stands after "{op}".'
        raise FilterError(what, match.start("number"), f"Example: {name} > 0.01, or {name}=...")
    return Setting(name, op, value, match.start())


def _field(field: str, value: str, at: int, value_at: int) -> Field:
    if field not in FIELDS:
        raise FilterError(f'"{field}:" is unknown.', at, did_you_mean(field, FIELDS))
    value = value.removeprefix("#") if field == "tag" else value
    choices = CHOICES.get(field, ())
    if not value:
        example = choices[0] if choices else EXAMPLES[field]
        raise FilterError(f'nothing stands after "{field}:".', value_at, f"Example: {field}:{example}")
    if choices and not any(choice.startswith(value) for choice in choices):
        raise FilterError(f'there is no {field} "{value}".', value_at, did_you_mean(value, choices))
    return Field(field, value)


def _is_topic(value: str, topic: str) -> bool:
    number, _, name = topic.partition("_")
    if value.isdecimal():
        return number.isdecimal() and int(number) == whole(value)
    return value in topic or value in name.replace("_", "-")


def _same(value: float, number: float) -> bool:
    return value == number or (value != value and number != number)  # NaN is what was asked for


# -- the names of values -----------------------------------------------------------------------------------------------


def keys(names: Iterable[str]) -> list[str]:
    """Returns what a comparison can name: ALWAYS, the metrics without their variants, then the names with them."""
    bare, full = dict.fromkeys(ALWAYS), {}
    for name in names:
        last = name.rpartition(".")[2]
        (full if last in STATISTICS else bare)[name if last in STATISTICS else last] = None
        if last != name:
            full[name] = None
    return [*bare, *full]


def values_of(numbers: Mapping[str, float], key: str) -> list[float]:
    """Returns the values that a key of `keys` names: those of all variants where it is a metric without one."""
    ending = f".{key}"
    return [value for name, value in numbers.items() if name == key or name.endswith(ending)]


def _resolved(part: Comparison, known: list[str]) -> str:
    """The one name that is meant: the very one, else the one metric, else the one `variant.metric`, that begins so."""
    given = part.name.casefold()
    for name in known:
        if name.casefold() == given:
            return name
    meant = [name for name in known if name.casefold().startswith(given)]
    meant = [name for name in meant if "." not in name] or meant
    if len(meant) == 1:
        return meant[0]
    if meant:
        listed = ", ".join(sorted(meant)[:8])
        raise FilterError(f'"{part.name}" begins several names: {listed}.', part.position, "Give more of the name.")
    raise FilterError(f'no run has a value "{part.name}".', part.position, did_you_mean(part.name, known))
