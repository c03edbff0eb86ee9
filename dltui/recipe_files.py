"""Where recipes stand: found by name, read as TOML, not yet checked. Little is imported: the app begins with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean


def files() -> dict[str, Path]:
    """Returns name -> file of every bundled recipe, in course order."""
    return {path.stem: path for path in sorted(paths.recipes().glob("*/*.toml"))}


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
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DltuiError(f"{path}: not TOML: {error}.", status=ExitStatus.USAGE) from None
    except OSError as error:
        raise DltuiError(f"{path}: {error.strerror}.", status=ExitStatus.NOT_FOUND) from None


def flat(table: Mapping, prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted key, value) of every leaf of nested tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
