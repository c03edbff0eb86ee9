"""`dltui sweep serve`: one process keeps the studies that searches on this and other machines share."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from dltui.cli.follow import Interrupts
from dltui.errors import DltuiError, ExitStatus
from dltui.search import grpc_proxy, reconnecting
from dltui.search import storage as storages

NAME = "served"  # of the file in DLTUI_HOME/sweeps
GRACE = 5.0  # seconds in which calls are ended that have begun


def serve(
    context: typer.Context,
    storage: Annotated[
        str, typer.Option(help="A file on a disk of this machine, or the URL of a database that Optuna takes.")
    ] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = grpc_proxy.PORT,
    host: Annotated[
        str, typer.Option(help="The address of this machine to listen at. There is no password: see whom it reaches.")
    ] = "127.0.0.1",
) -> ExitStatus:
    """Serve searches of several machines: an Optuna gRPC proxy before a database. Ctrl-C ends it.

    Its address stands on standard output. Searches join it by --storage grpc://HOST:PORT and share their trials where
    they have the same --name. When it is ended and started again with the same storage and port, they go on.
    """
    env = context.obj
    if not grpc_proxy.is_host(host):
        what = f"--host: {host!r} is no address: that is a name, 192.168.0.7 or [2001:db8::7], without a port."
        raise DltuiError(what, "Example: --host 127.0.0.1", ExitStatus.USAGE)
    address = grpc_proxy.Address(host, port)
    url = storages.url_of(NAME, storage)
    if grpc_proxy.is_of_proxy(url):
        what = f"--storage: {storage} is a proxy itself, and this one serves a database."
        raise DltuiError(what, f"Join that one: dltui sweep RECIPE KEY=SPACE... --storage {storage}", ExitStatus.USAGE)
    with _interrupts() as asked, storages.faults_told(url):
        server, address = grpc_proxy.serving(storages.served(url), address)
        try:
            env.print(f"{grpc_proxy.SCHEME}{_joinable(address)}")
            env.stdout.flush()
            for text in _how_to_join(address, storages.shown(url)):
                env.tell(text)
            asked.wait()
        finally:
            server.stop(GRACE).wait()
    env.tell(f"ended; searches wait {reconnecting.AWAY / 60:.0f} minutes for it to be back at {address}")
    return asked.status


class _Asked(threading.Event):
    """That the server is to end, and what its status is then."""

    status = ExitStatus.OK


@contextmanager
def _interrupts() -> Iterator[_Asked]:
    """Sets an event at Ctrl-C and SIGTERM while the block runs."""
    asked = _Asked()

    def note(number: int, _frame: object) -> None:
        asked.status = Interrupts.ASKED[signal.Signals(number)]
        asked.set()

    before = {number: signal.signal(number, note) for number in Interrupts.ASKED}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _joinable(address: grpc_proxy.Address) -> grpc_proxy.Address:
    """The address by which others reach what listens at all addresses of this machine."""
    everywhere = address.host in ("0.0.0.0", "[::]")
    return address._replace(host=socket.gethostname()) if everywhere else address


def _how_to_join(address: grpc_proxy.Address, kept: str) -> Iterator[str]:
    """Lines that say what is served, and how a search joins it from here and from elsewhere."""
    yield f"serves {kept} at {address}; Ctrl-C ends it"
    join = "dltui sweep RECIPE KEY=SPACE... --name NAME --storage grpc://"
    local = f"127.0.0.1:{address.port}"
    if address.host in ("127.0.0.1", "localhost", "[::1]"):
        yield f"join it: {join}{address}"
        there = socket.gethostname()
        yield f"from another machine, first: ssh -N -L {local}:{address} {there} (as you log in here), then {local}"
        return
    yield f"join it: {join}{_joinable(address)}"
    yield "whoever reaches this port can read and change the sweeps: it has no password"
