"""What the hub says of a data set, checked at the door: the commit, the files and their sizes, the rows it promises."""

import json
import re
from fnmatch import fnmatch
from typing import NamedTuple

COMMIT = re.compile(r"[0-9A-Za-z]{6,64}")
MOST_FILES = 100  # of a split
CARD_SECONDS = 5.0


class Listing(NamedTuple):
    """sizes: name of a file -> its bytes, None where the hub does not say."""

    commit: str
    sizes: dict[str, int | None]
    card: dict


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
            sizes[one["rfilename"]] = size if _is_count(size) else None
    card = told.get("cardData")
    return Listing(told["sha"], sizes, card if isinstance(card, dict) else {})


def matching(listing: Listing, pattern: str) -> list[str]:
    """Returns the names of the files of a split, sorted. Raises ValueError, in words, where there are none."""
    found = sorted(name for name in listing.sizes if fnmatch(name, pattern) and ".." not in name.split("/"))
    if not found:
        others = ", ".join(sorted(listing.sizes)[:5])
        raise ValueError(f"expected files {pattern}, found {others[:200] or 'none'}")
    if len(found) > MOST_FILES:
        raise ValueError(f"expected at most {MOST_FILES} files {pattern}, found {len(found):,}")
    return found


def card_of(readme: bytes) -> dict:
    """Returns the head of a README.md; {} where it cannot be read: it holds a promise, and no row."""
    from huggingface_hub import DatasetCard

    try:
        return DatasetCard(readme.decode("utf-8", "replace"), ignore_metadata_errors=True).data.to_dict()
    except MemoryError:
        raise
    except Exception:  # what YAML and the hub's library make of an odd one
        return {}


def promised_rows(card: dict, config: str) -> dict[str, int]:
    """Returns the rows of each split, where the card says them."""
    infos = card.get("dataset_info")
    for info in infos if isinstance(infos, list) else [infos]:
        if isinstance(info, dict) and info.get("config_name", config) == config:
            splits = info.get("splits")
            rows = [one for one in splits if isinstance(one, dict)] if isinstance(splits, list) else []
            return {one["name"]: one["num_examples"] for one in rows
                    if isinstance(one.get("name"), str) and _is_count(one.get("num_examples"))}  # fmt: skip
    return {}


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
