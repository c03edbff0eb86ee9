"""Where a study is kept: a file or a database, made by whoever opens it first, and what is said when it cannot be."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.check import name_problems
from dltui.search import grpc_proxy
from dltui.search.reconnecting import AWAY, Reconnecting, StorageLost

if TYPE_CHECKING:
    import optuna

FIRST = 10.0  # seconds in which a proxy must answer that is joined
MADE = 60.0  # seconds in which another process has made a storage
LOCKED = 60  # seconds for which others may be writing to a file, one after the other
_IN_THE_WAY = re.compile("already exists|locked|no such table", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^:/@]*:).+@")
_HOST_AND_PORT = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+):[0-9]+")


class Watch(NamedTuple):
    """Who is told that a storage is away, and what ends waiting for it: the status of a Ctrl-C."""

    tell: Callable[[str], None] = lambda text: None
    interrupted: Callable[[], ExitStatus] = lambda: ExitStatus.OK


def url_of(name: str, given: str) -> str:
    """The URL of a study's storage: what was given (a URL or a file), else a file in DLTUI_HOME/sweeps.

    Raises DltuiError (2) for an address of a proxy that is none.
    """
    if "://" in given:
        return f"{grpc_proxy.SCHEME}{grpc_proxy.address_of(shown(given))}" if grpc_proxy.is_of_proxy(given) else given
    if _HOST_AND_PORT.fullmatch(given) and not Path(given).exists():
        what = f"--storage: {given} is an address, and no file of this name is here."
        raise DltuiError(what, f"Of a proxy: --storage grpc://{given}; of a file: ./{given}", ExitStatus.USAGE)
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


def opened(url: str, watch: Watch = Watch()) -> "optuna.storages.BaseStorage":  # noqa: B008 it never changes
    """Opens a storage, or makes it; calls to one of another machine wait where that is away. Raises DltuiError."""
    if grpc_proxy.is_of_proxy(url):
        return _joined(url, watch)
    kept = _database(url)
    if url.startswith("sqlite"):
        return kept
    from optuna.storages import get_storage

    return Reconnecting(get_storage(kept), shown(url), *watch)


def _joined(url: str, watch: Watch) -> Reconnecting:
    """The storage that a proxy serves. Raises DltuiError where none answers."""
    proxy = Reconnecting(grpc_proxy.client(grpc_proxy.address_of(url)), url, interrupted=watch.interrupted, away=FIRST)
    try:
        proxy.get_study_id_from_name("")
    except KeyError:  # it has answered
        pass
    except StorageLost as lost:
        if lost.status is not ExitStatus.FAILED:
            raise
        what, hint = lost.message, "Is it up, and its port reached from here? There: dltui sweep serve"
        raise DltuiError(f"No proxy at {url}: {what.partition(': ')[2]}", hint) from None
    proxy.tell, proxy.away = watch.tell, AWAY
    return proxy


def served(url: str) -> "optuna.storages.BaseStorage":
    """Opens a database, or makes it, for a proxy to serve. Raises DltuiError where it cannot."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.storages.get_storage(_database(url))


def _database(url: str) -> "optuna.storages.RDBStorage":
    """Opens a database, or makes its tables. Raises DltuiError where it cannot.

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
        hint = "Choose another: --storage FILE, or a URL that Optuna takes, such as sqlite:///a.db or grpc://HOST:PORT"
        raise DltuiError(f"{shown(url)} cannot be used as a sweep's storage: {reason}", hint) from None
