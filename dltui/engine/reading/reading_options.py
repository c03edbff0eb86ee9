"""What `[data]` may say about a file of the user's own, for all data kinds that read such a file."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}  # separators
# a data kind names one of these in READS: the options that its files can be read by, and those of a hub data set, of
# which hub_layouts/ has a file of that name
OF = {
    "table": ("label", "header", "columns", "encoding", "separator", "input", "config", "split", "take"),
    "series": ("header", "columns", "encoding", "separator", "input", "config", "split", "take"),
    "sentences": ("header", "columns", "encoding", "separator", "input", "label", "config", "split", "take"),
    "labelled_texts": ("label", "header", "columns", "encoding", "separator", "input", "config", "split", "take"),
    "text": ("encoding", "input", "config", "split", "take"),
    "sounds": ("input", "label", "config", "split", "take"),
    "masks": ("input", "label", "config", "split", "take"),
    "boxes": ("input", "label", "config", "split", "take"),
}
HUB = ("input", "config", "split", "take")  # which say something of a hub data set only
FOLDERS = ("sounds", "masks", "boxes")  # files that are found out, and whose reader takes no Reading


class Reading(NamedTuple):
    """What the user says of a file; "", () and auto where it is found out.

    unlabelled: whether rows without a label will do, as what is run needs none.
    """

    label: str = ""
    header: str = "auto"
    columns: tuple[str, ...] = ()
    encoding: str = ""
    separator: str = ""
    unlabelled: bool = False


class Choice(NamedTuple):
    """What the user says of a data set of the hub; "" where it is found out; take: 0 for all rows."""

    input: str = ""
    label: str = ""
    config: str = ""
    split: str = ""
    take: int = 0


FOUND_OUT = Reading()  # nothing was said


def build(
    *,
    label: str = "",
    header: Literal["auto", "yes", "no"] = "auto",
    columns: list[str] = (),
    encoding: str = "",
    separator: str = "",
    input: str = "",
    config: str = "",
    split: str = "",
    take: int = 0,
) -> tuple[Reading, Choice]:
    """How a file of the user's own, or a data set of the hub, is read.

    label: the column that holds the class: its name, or in a file of your own its number from 1; empty: found out.
    header: of a file of your own, whether its first row names the columns; auto: found out.
    columns: of a file of your own, names or numbers from 1 of the columns that are taken; none: all that are data.
    encoding: of a file of your own, the name of its encoding, such as cp1251; empty: found out.
    separator: of a file of your own, what stands between two columns: one sign, or tab; empty: found out.
    input: of hf:OWNER/NAME, the column that is the input; empty: found out.
    config: of hf:OWNER/NAME, its configuration; empty: its default.
    split: of hf:OWNER/NAME, the one split that is read, a part of it held back; empty: train and test.
    take: of hf:OWNER/NAME, rows that are read of each split, at least 0; 0: all.
    """
    reading = Reading(label, header, tuple(columns), encoding, NAMED.get(separator, separator))
    return reading, Choice(input, label, config, split, take)


def options_of_hub(given: Mapping[str, object]) -> dict[str, object]:
    """Returns those of the `given` options that say what is read of a data set of the hub."""
    return {name: value for name, value in given.items() if name in Choice._fields}


def of_hub_only(of: str) -> tuple[str, ...]:
    """Returns the options that say nothing of the user's own files, for a kind whose READS is `of`."""
    return HUB if of in ("table", "labelled_texts") else (*HUB, "label")


def options(of: str, given: Mapping[str, object]) -> dict[str, object]:
    """Returns those of the `given` options that say how a file is read, for a kind whose READS is `of`."""
    return {name: value for name, value in given.items() if name in OF.get(of, ())}
