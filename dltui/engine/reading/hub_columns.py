"""What the columns of a hub data set hold, by the features of Hugging Face, and which of them is meant."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dltui.engine.reading.dialect import LABELS
from dltui.engine.reading.picture_column import FIRST
from dltui.errors import DltuiError, ExitStatus, did_you_mean

if TYPE_CHECKING:
    import datasets

PICTURE, SOUND, CLASS, TEXT, NUMBER, OBJECTS, TRANSLATION, CLASSES, TEXTS, OTHER = (
    "picture", "sound", "class", "text", "number", "objects", "translation", "classes", "texts", "other",
)  # fmt: skip
MASKS = ("mask", "masks", "label", "annotation", "segmentation", "segmentation_mask")
BOX, CATEGORY = ("bbox", "boxes", "box"), ("category", "label", "labels", "category_id", "class")
FAMILIAR = (
    *LABELS,
    "fine_label",
    "labels",
    "intent",
    "emotion",
    "sentiment",
    "species",
)  # names of labels, as people have them


class Column(NamedTuple):
    """holds: PICTURE, SOUND ...; words: that as a person reads it; names: of classes, where it holds them."""

    name: str
    holds: str
    words: str
    names: tuple[str, ...] = ()
    box: tuple[str, str] = ("", "")  # of objects: the names of their boxes and categories


class HubRows(NamedTuple):
    """The rows of a hub data set, ready to be laid out as files that the readers of the user's own files read.

    tables: split -> rows, {"": rows} where it has one split; input, label: data.input and data.label, "" where they are
    found out; options: those of the data kind; gives: its GIVES.
    """

    repo: str
    columns: tuple[Column, ...]
    tables: dict[str, pa.Table]
    input: str
    label: str
    options: dict[str, object]
    gives: tuple[str, ...]

    def column(self, option: str, *holds: str, but: Sequence[str] = (), named: Sequence[str] = ()) -> Column:
        """Returns the column that data.`option` names, else the only one that holds one of these, else the first of
        these with one of the names `named`. Raises DltuiError (4): it lists the columns with their types.

        but: names of columns that are others already.
        """
        given = getattr(self, option)
        fitting = [one for one in self.columns if one.holds in holds and one.name not in but]
        if given:
            found = next((one for one in self.columns if one.name == given), None)
            if found is None:
                near = did_you_mean(given, [one.name for one in self.columns])
                raise self.wrong(f'data.{option}: there is no column "{given}"', near)
            if found not in fitting:
                raise self.wrong(
                    f"data.{option}: {given} holds {found.words}, wanted {_or(holds)}", _naming(option, fitting)
                )
            return found
        if len(fitting) == 1:
            return fitting[0]
        known = sorted(
            (one for one in fitting if one.name.lower() in named), key=lambda one: named.index(one.name.lower())
        )
        if known:
            return known[0]
        what = "several columns hold" if fitting else "no column holds"
        raise self.wrong(f"{what} {_or(holds)}", _naming(option, fitting))

    def picture(self) -> Column:
        """Returns the column of pictures."""
        return self.column("input", PICTURE, named=FIRST)

    def wrong(self, what: str, hint: str = "") -> DltuiError:
        """Returns an error (4) that lists the columns."""
        listed = ", ".join(f"{one.name} ({one.words})" for one in self.columns[:20])
        more = f" ... ({len(self.columns)})" if len(self.columns) > 20 else ""
        hint = hint or "Take a recipe that fits: dltui data look hf:NAME tells which data it can be."
        return DltuiError(f"{self.repo}: {what}. Its columns: {listed}{more}.", hint, ExitStatus.DATA)


class Written(NamedTuple):
    """How the files that were written are to be read (values of Reading), and what is to be told of them."""

    path: Path
    reading: Mapping[str, object] = MappingProxyType({})
    notes: tuple[str, ...] = ()


def columns_of(features: "datasets.Features") -> tuple[Column, ...]:
    """Returns the columns in their order."""
    return tuple(_column(name, feature) for name, feature in features.items())


def _column(name: str, feature: object) -> Column:
    kind = type(feature).__name__
    if kind == "Image":
        return Column(name, PICTURE, "a picture")
    if kind == "Audio":
        return Column(name, SOUND, "a sound")
    if kind == "ClassLabel":
        return Column(name, CLASS, f"one of {feature.num_classes} classes", tuple(feature.names or ()))
    if kind == "Translation":
        return Column(name, TRANSLATION, f"a translation: {', '.join(feature.languages)}", tuple(feature.languages))
    if kind == "Value":
        texts = feature.dtype in ("string", "large_string")
        numbers = feature.dtype.startswith(("int", "uint", "float", "bool"))
        return Column(name, TEXT if texts else NUMBER if numbers else OTHER, "a text" if texts else feature.dtype)
    inside = feature if isinstance(feature, dict) else getattr(feature, "feature", None)
    if isinstance(inside, dict):
        return _objects(name, inside)
    if type(inside).__name__ in ("ClassLabel", "Value"):
        one = _column(name, inside)
        holds = {CLASS: CLASSES, TEXT: TEXTS}.get(one.holds, OTHER)
        return Column(name, holds, f"a list, each {one.words}", one.names)
    return Column(name, OTHER, kind)


def _objects(name: str, inside: dict) -> Column:
    """A column of {bbox, category}, as a list of records or a record of lists."""
    box = next((key for key in inside if key.lower() in BOX), "")
    category = next((key for key in inside if key.lower() in CATEGORY), "")
    if not box or not category:
        if sorted(inside) == ["bytes", "path"]:
            return Column(name, PICTURE, "a picture")
        if inside and all(type(one).__name__ == "Value" and one.dtype == "string" for one in inside.values()):
            return Column(name, TRANSLATION, f"texts: {', '.join(inside)}", tuple(inside))
        return Column(name, OTHER, f"a record: {', '.join(inside)}"[:60])
    classes = inside[category]
    classes = getattr(classes, "feature", classes)
    return Column(name, OBJECTS, "boxes with classes", tuple(getattr(classes, "names", None) or ()), (box, category))


def _naming(option: str, fitting: list[Column]) -> str:
    return f"Say which: data.{option}={fitting[0].name}" if fitting else ""


def _or(holds: Sequence[str]) -> str:
    words = {
        PICTURE: "a picture", SOUND: "a sound", CLASS: "a class", TEXT: "a text", NUMBER: "a number",
        OBJECTS: "boxes with classes", TRANSLATION: "a translation",
        CLASSES: "a list of classes", TEXTS: "a list of words",
    }  # fmt: skip
    return " or ".join(words[one] for one in holds)
