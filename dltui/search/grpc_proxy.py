"""Optuna's gRPC proxy of a storage: one process serves a database, and searches on other machines join it.

Optuna's own `run_grpc_proxy_server` and channel are not used: the first lets a second proxy have the same port without
a word (SO_REUSEPORT) and cannot be ended while it finishes what it does, the second tries a server that came back only
after up to two minutes, and waits for ever for a machine that has lost its power.
"""

import os
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from dltui.errors import DltuiError, ExitStatus

if TYPE_CHECKING:
    import grpc
    import optuna

SCHEME = "grpc://"
PORT = 13000  # Optuna's own default
CALLS = 32  # that are answered at once
WIDEST = ("grpc.max_receive_message_length", -1)  # a study of many trials is one message
_CLIENT = (
    WIDEST,
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # which is how long one attempt to connect may take
    ("grpc.dns_min_time_between_resolutions_ms", 2_000),
    ("grpc.keepalive_time_ms", 20_000),  # while a call waits for its answer
    ("grpc.keepalive_timeout_ms", 10_000),
)
_SERVER = (WIDEST, ("grpc.so_reuseport", 0), ("grpc.http2.max_ping_strikes", 0))
_PREFIX = re.compile(r"([A-Z_]+: )?(ipv[46]:\S+: )?")  # of what gRPC says of one of several addresses
_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+"
_FORM = re.compile(rf"grpc://(?P<host>{_HOST}):(?P<port>[0-9]{{1,5}})/?")


class Address(NamedTuple):
    """Where a proxy listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def is_of_proxy(url: str) -> bool:
    """Whether a storage's URL means a proxy, in a right or a wrong form."""
    return url.partition("://")[0].lower().startswith("grpc")


def is_host(text: str) -> bool:
    """Whether a text can be the host of an address."""
    return bool(re.fullmatch(_HOST, text))


def address_of(url: str) -> Address:
    """The address in a storage's URL, grpc://HOST:PORT. Raises DltuiError (2) for any other form."""
    found = _FORM.fullmatch(url)
    if not found or not 0 < int(found["port"]) < 65536:
        what = f"--storage: {url} is no address of a proxy: that is grpc://HOST:PORT, its port from 1 to 65535."
        raise DltuiError(what, f"Example: --storage grpc://127.0.0.1:{PORT}", ExitStatus.USAGE)
    return Address(found["host"], int(found["port"]))


def client(address: Address) -> "optuna.storages.GrpcStorageProxy":
    """A storage that asks the proxy at an address; it connects at its first call. Raises DltuiError without gRPC."""
    grpc, api, _ = _modules()
    from optuna.storages import GrpcStorageProxy
    from optuna.storages._grpc.client import GrpcClientCache

    class Proxy(GrpcStorageProxy):
        def _setup(self) -> None:
            self._channel = grpc.insecure_channel(str(address), options=_CLIENT)
            self._stub = api.StorageServiceStub(self._channel)
            self._cache = GrpcClientCache(self._stub)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is experimental
        return Proxy(host=address.host, port=address.port)


def serving(storage: "optuna.storages.BaseStorage", address: Address) -> tuple["grpc.Server", Address]:
    """Starts to serve a storage. Returns the server and its address, where port 0 has become a free one.

    Raises DltuiError where the address is not to be had, or without gRPC.
    """
    from concurrent.futures import ThreadPoolExecutor

    grpc, api, servicer = _modules()
    server = grpc.server(ThreadPoolExecutor(CALLS), options=_SERVER, interceptors=(_fault_teller(grpc),))
    api.add_StorageServiceServicer_to_server(servicer.OptunaStorageProxyService(storage), server)
    try:
        port = server.add_insecure_port(str(address))
    except RuntimeError as error:
        reason = str(error)
        if "in use" in reason.lower() or _is_taken(address):
            reason = "another process listens there"
        hint = f"Choose another: --port {address.port + 1 if address.port < 65535 else PORT}; 0 takes a free one."
        raise DltuiError(f"{address} cannot be listened at: {reason}.", hint) from None
    server.start()
    return server, address._replace(port=port)


def is_away(error: Exception) -> bool:
    """Whether a call failed since no proxy answered, or the proxy lost its own database for now."""
    grpc = _loaded()
    gone = grpc and isinstance(error, grpc.RpcError) and error.code()
    return bool(gone) and gone in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def fault(error: Exception) -> str:
    """In words why a proxy refused a call; '' where `error` is none of gRPC's."""
    grpc = _loaded()
    if not grpc or not isinstance(error, grpc.RpcError):
        return ""
    details = (error.details() or error.code().name).strip().partition("\n")[0].rstrip(".")
    details = _PREFIX.sub("", details.rpartition("last error: ")[2]).replace("getsockopt(SO_ERROR): ", "")
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return f"what answers there is no proxy of Optuna's, or of another version than this one ({details})"
    return details


def _is_taken(address: Address) -> bool:
    """Whether somebody listens at an address."""
    import socket

    try:
        socket.create_connection((address.host.strip("[]"), address.port), timeout=1).close()
    except OSError:
        return False
    return True


def _loaded():
    """The module grpc where somebody has imported it."""
    import sys

    return sys.modules.get("grpc")


def _modules():
    """grpc, and Optuna's modules of its protocol. Raises DltuiError where they are not there, or too old."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its log goes to standard error, past any view
    try:
        import grpc
        from optuna.storages._grpc import servicer
        from optuna.storages._grpc.auto_generated import api_pb2, api_pb2_grpc

        _ = api_pb2.GetTrialsRequest, servicer.OptunaStorageProxyService
    except (ImportError, AttributeError, RuntimeError, TypeError) as error:  # protobuf tells old versions by the last
        what = f"A search over machines needs gRPC: {str(error).partition(chr(10))[0]}."
        raise DltuiError(what, "Install it: pip install 'dltui[machines]'") from None
    return grpc, api_pb2_grpc, servicer


def _fault_teller(grpc) -> "grpc.ServerInterceptor":
    """Answers UNAVAILABLE, which clients wait out, where the database behind the proxy cannot be reached for now."""
    from dltui.search.reconnecting import is_lost_database

    def answered(behaviour):
        def answer(request, context):
            try:
                return behaviour(request, context)
            except Exception as error:
                if not is_lost_database(error):
                    raise
                context.abort(grpc.StatusCode.UNAVAILABLE, f"the proxy's database: {error.__cause__}")

        return answer

    class FaultTeller(grpc.ServerInterceptor):
        def intercept_service(self, continuation, details):
            handler = continuation(details)
            if handler is None or not handler.unary_unary:
                return handler
            return grpc.unary_unary_rpc_method_handler(
                answered(handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )

    return FaultTeller()
