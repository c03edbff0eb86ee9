"""What a data set of the hub may be read as, by what its columns hold."""

from collections.abc import Sequence

from dltui.engine.reading.hub_columns import (
    CLASS,
    CLASSES,
    NUMBER,
    OBJECTS,
    PICTURE,
    SOUND,
    TEXT,
    TEXTS,
    TRANSLATION,
    Column,
)  # fmt: skip

Candidate = tuple[str, dict[str, object]]  # a data kind and options of it
OF_FOLDERS = {"imagefolder": "photographs", "audiofolder": "sounds"}
TRANSLATED: Candidate = ("sentences", {"targets": "translation"})


def candidates(columns: Sequence[Column], made_of: str) -> list[Candidate]:
    """Returns the data kinds that may read a set, the likeliest first; none where no recipe takes such rows.

    made_of: which of the readers of `datasets` reads its files.
    """
    if made_of in OF_FOLDERS:
        return [(OF_FOLDERS[made_of], {})]
    count = {holds: sum(column.holds == holds for column in columns) for holds in (one.holds for one in columns)}
    has, found = count.keys(), []
    if PICTURE in has:
        found += [("scenes", {})] * (OBJECTS in has)
        found += [("photographs", {})] * bool({CLASS, TEXT, NUMBER} & has)
        found += [("cells", {})] * (count[PICTURE] > 1)
        return found
    if SOUND in has:
        return [("sounds", {})]
    if TRANSLATION in has:
        return [TRANSLATED]
    if TEXTS in has and (CLASSES in has or count[TEXTS] > 1):
        return [("sentences", {})]
    if NUMBER in has:
        found += [("bundled_table", {})] * bool({CLASS, TEXT} & has) + [("series", {})]
    if TEXT in has:
        found += [("labelled_texts", {})] * bool({CLASS, NUMBER} & has)
        found += [TRANSLATED] * (count[TEXT] > 1 and CLASS not in has) + [("text", {})]
    return found
