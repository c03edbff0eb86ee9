"""Where a study is kept: a file or a database, made by whoever opens it first, and what is said when it cannot be."""

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.check import name_problems

if TYPE_CHECKING:
    import optuna

MADE = 60.0  # seconds in which another process has made a storage
LOCKED = 60  # seconds for which others may be writing to a file, one after the other
_IN_THE_WAY = re.compile("already exists|locked|no such table", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^:/@]*:).+@")


def url_of(name: str, given: str) -> str:
    """The URL of a study's storage: what was given (a URL or a file), else a file in DLTUI_HOME/sweeps."""
    if "://" in given:
        return given
    for problem in () if given else name_problems(name):
        raise DltuiError(f"--name: {problem}", "Example: --name night-1", ExitStatus.USAGE)
    path = Path(given).expanduser() if given else paths.home() / "sweeps" / f"{name}.db"
    try:
        if given:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            paths.make(path.parent)
            open(path, "ab", opener=paths.private).close()  # SQLite would let others read it
    except OSError as error:
        raise DltuiError(f"{path.parent}: {error.strerror}.", "Choose another place: --storage FILE") from None
    return f"sqlite:///{path.resolve()}"


def shown(url: str) -> str:
    """A URL as it may be printed: without its password."""
    return _PASSWORD.sub(r"\1***@", url)


def opened(url: str) -> "optuna.storages.RDBStorage":
    """Opens a storage, or makes it. Raises DltuiError where it cannot.

    Others may be making it at this moment: their tables are then in our way, or not all there yet, until they are done.
    """
    from optuna.storages import RDBStorage
    from sqlalchemy import exc

    waits = {"connect_args": {"timeout": LOCKED}} if url.startswith("sqlite") else {}
    until = time.monotonic() + MADE
    with faults_told(url, ImportError, RuntimeError, AssertionError):  # no driver, or another Optuna's tables
        while True:
            try:
                return RDBStorage(url, waits)
            except (exc.DatabaseError, AssertionError) as error:
                made = isinstance(error, AssertionError | exc.IntegrityError) or _IN_THE_WAY.search(str(error))
                if not made or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(0.05, 0.15))  # not all at once again


@contextmanager
def faults_told(url: str, *others: type[Exception]) -> Iterator[None]:
    """Tells what a storage's library raises, and `others`, by a DltuiError that names the storage."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OptunaError, SQLAlchemyError, *others) as error:
        cause = error.__cause__ if isinstance(error.__cause__, SQLAlchemyError) else error
        reason = str(cause).strip().partition("\n")[0].replace(url, shown(url))
        hint = "Choose another: --storage FILE, or a URL that Optuna takes, such as sqlite:///a.db"
        raise DltuiError(f"{shown(url)} cannot be used as a sweep's storage: {reason}", hint) from None
