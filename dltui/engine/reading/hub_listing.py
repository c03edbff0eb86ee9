"""What the hub says of a data set, checked at the door: the commit, the files and their sizes, and the card."""

import json
import re
from typing import NamedTuple

COMMIT = re.compile(r"[0-9A-Za-z]{6,64}")


class Listing(NamedTuple):
    """sizes: name of a file -> its bytes, None where the hub does not say."""

    commit: str
    sizes: dict[str, int | None]


def parsed(answer: bytes) -> Listing:
    """Returns what the hub's answer says; of what is not of its form, nothing. Raises ValueError in words."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        raise ValueError("its answer is not JSON") from None
    if not isinstance(told, dict) or not COMMIT.fullmatch(str(told.get("sha"))):
        raise ValueError("its answer names no commit")
    siblings = told.get("siblings")
    sizes = {}
    for one in siblings if isinstance(siblings, list) else ():
        if isinstance(one, dict) and isinstance(one.get("rfilename"), str):
            size = one.get("size")
            sizes[one["rfilename"]] = size if type(size) is int and size >= 0 else None
    return Listing(told["sha"], sizes)


def card_of(readme: bytes) -> dict:
    """Returns the head of a README.md; {} where it cannot be read: it holds a promise, and no row."""
    from huggingface_hub import DatasetCard

    try:
        return DatasetCard(readme.decode("utf-8", "replace"), ignore_metadata_errors=True).data.to_dict()
    except MemoryError:
        raise
    except Exception:  # what YAML and the hub's library make of an odd one
        return {}
