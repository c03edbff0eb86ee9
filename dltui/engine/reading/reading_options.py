"""What `[data]` may say about a file of the user's own, for all data kinds that read such a file."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}  # separators
# a data kind names one of these in READS: the options that its files can be read by
OF = {
    "table": ("label", "header", "columns", "encoding", "separator"),
    "series": ("header", "columns", "encoding", "separator"),
    "sentences": ("header", "columns", "encoding", "separator"),
    "text": ("encoding",),
}


class Reading(NamedTuple):
    """What the user says of a file; "", () and auto where it is found out."""

    label: str = ""
    header: str = "auto"
    columns: tuple[str, ...] = ()
    encoding: str = ""
    separator: str = ""


FOUND_OUT = Reading()  # nothing was said


def build(
    *,
    label: str = "",
    header: Literal["auto", "yes", "no"] = "auto",
    columns: list[str] = (),
    encoding: str = "",
    separator: str = "",
) -> Reading:
    """How a file of the user's own is read.

    label: of a file of your own, the column that holds the class: its name, or its number from 1; empty: found out.
    header: of a file of your own, whether its first row names the columns; auto: found out.
    columns: of a file of your own, names or numbers from 1 of the columns that are taken; none: all that are data.
    encoding: of a file of your own, the name of its encoding, such as cp1251; empty: found out.
    separator: of a file of your own, what stands between two columns: one sign, or tab; empty: found out.
    """
    return Reading(label, header, tuple(columns), encoding, NAMED.get(separator, separator))


def options(of: str, given: Mapping[str, object]) -> dict[str, object]:
    """Returns those of the `given` options that say how a file is read, for a kind whose READS is `of`."""
    return {name: value for name, value in given.items() if name in OF.get(of, ())}
