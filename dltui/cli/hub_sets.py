"""Data sets of the hub that a user names, on the command line: what the cache holds of them, and what the hub says."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dltui import paths
from dltui.cli.columns import aligned, explained
from dltui.cli.sizes import folder_size, size_in_words
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.hub_name import HubName


def kept() -> list[dict]:
    """Returns {name, commit, rows, cached} of each data set that the cache holds, by its name."""
    found: dict[str, dict] = {}
    for told in sorted(_folder().glob("*/*/source.json")):
        try:
            said = json.loads(told.read_bytes())
            name = str(HubName(said["asked"]["repo"], said["asked"]["config"], said["asked"]["revision"]))
            rows, commit = sum(said.get("rows", {}).values()), str(said["commit"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # it is fetched anew
        one = found.setdefault(name, {"name": name, "commit": commit, "rows": 0, "cached": 0})
        one["rows"], one["cached"] = max(one["rows"], rows), one["cached"] + folder_size(told.parent)
    return list(found.values())


def remove(name: HubName) -> int:
    """Deletes what the cache holds of a repository; returns its bytes. Raises DltuiError (1) where it cannot."""
    folder = _folder() / name.repo.replace("/", "--")
    size = folder_size(folder)
    try:
        if folder.is_dir():
            shutil.rmtree(folder)
    except OSError as error:
        raise DltuiError(f"{error.filename}: {error.strerror}.", "", ExitStatus.FAILED) from None
    return size


def lines(answer: Mapping, width: int | None) -> Iterator[str]:
    """Yields what the hub says of a data set, in lines."""
    facts = [
        ("name", answer["name"]),
        ("commit", answer["commit"]),
        ("configuration", answer["config"]),
        (
            "read as",
            ", ".join(_as(kind, options) for kind, options in answer["kinds"]) or "nothing that a recipe takes",
        ),
    ]
    yield from explained(facts, width, indent="")
    yield ""
    rows = [
        (name, f"{split['rows']:,}" if split["rows"] is not None else "not said", f"{split['files']:,}",
         size_in_words(split["bytes"]) or "not said")
        for name, split in answer["splits"].items()
    ]  # fmt: skip
    yield from aligned([("SPLIT", "ROWS", "FILES", "SIZE"), *rows], width, right=(1, 2, 3))
    if answer["columns"]:
        yield ""
        yield from aligned([("COLUMN", "HOLDS"), *answer["columns"].items()], width)


def _as(kind: str, options: Mapping) -> str:
    return " ".join([kind, *(f"data.{name}={value}" for name, value in options.items())])


def _folder() -> Path:
    return paths.datasets() / "hf"
