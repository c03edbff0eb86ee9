"""Where recipes stand: found by name, read as TOML, not yet checked. Little is imported: the app begins with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean


def files() -> dict[str, Path]:
    """Returns name -> file of every bundled recipe, in course order."""
    return {path.stem: path for path in sorted(paths.recipes().glob("*/*.toml"))}


def topics() -> dict[str, str]:
    """Returns folder -> name of every topic, in course order: {"01_foundations": "foundations"}."""
    folders = dict.fromkeys(path.parent.name for path in files().values())
    return {folder: folder.partition("_")[2].replace("_", " ") or folder for folder in folders}


def find_topic(word: str) -> str:
    """Returns the folder of the topic that `word` names: by its number, its name, or a part of it.

    Raises DltuiError (3) where there is none, or more than one.
    """
    known = topics()
    wanted = " ".join(word.lower().replace("_", " ").replace("-", " ").split())
    number = int(wanted) if wanted.isdigit() else None
    same = [
        folder
        for folder, name in known.items()
        if wanted in (name, folder.replace("_", " ")) or folder.partition("_")[0].lstrip("0") == str(number)
    ]
    parts = same or [folder for folder, name in known.items() if wanted and wanted in name]
    if len(parts) == 1:
        return parts[0]
    if parts:
        names = ", ".join(known[folder] for folder in parts)
        raise DltuiError(f'"{word}" is in several topics.', f"Which: {names}?", ExitStatus.NOT_FOUND)
    near = did_you_mean(wanted, known.values())
    raise DltuiError(f'There is no topic "{word}".', f"{near} See: dltui course", ExitStatus.NOT_FOUND)


def find(word: str) -> Path:
    """Returns the file of the recipe that `word` names: a bundled recipe's name or a path to a TOML file.

    Raises DltuiError (3) with the nearest name where there is none.
    """
    if word.endswith(".toml") or "/" in word:
        path = Path(word).expanduser()
        if path.is_file():
            return path
        raise DltuiError(f"{word}: no such recipe file.", "See: dltui list", ExitStatus.NOT_FOUND)
    known = files()
    if word in known:
        return known[word]
    raise DltuiError(
        f'There is no recipe "{word}".', f"{did_you_mean(word, known)} See: dltui list", ExitStatus.NOT_FOUND
    )


def read_table(path: Path) -> dict:
    """Returns the TOML of `path` as a dict. Raises DltuiError (2) with line and column where it is not TOML."""
    import tomli

    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "How a recipe looks: dltui show mlp-mnist --toml"
        raise DltuiError(f"{path}: not TOML: {error}.", hint, ExitStatus.USAGE) from None
    except OSError as error:
        raise DltuiError(
            f"{path}: {error.strerror}.", "The recipes there are: dltui list", ExitStatus.NOT_FOUND
        ) from None


def read_parts(path: Path, *sections: str) -> dict:
    """Returns what stands above a recipe's first section, and the sections named: a list needs no more of 300 recipes.

    Raises DltuiError as `read_table`. A fault in the other sections is not seen.
    """
    import tomli

    try:
        head, *others = path.read_text(encoding="utf-8").split("\n[")
        wanted = [part for part in others if part.startswith(sections)]
        return tomli.loads("\n[".join([head, *wanted]))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, OSError):
        return read_table(path)


def flat(table: Mapping, prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted key, value) of every leaf of nested tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
