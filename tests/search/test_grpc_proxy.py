"""A proxy serves a database at one address, which it alone has, and tells its clients what is wrong with it."""

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError

from dltui.errors import DltuiError, ExitStatus
from dltui.search import grpc_proxy, reconnecting, storage
from dltui.search.grpc_proxy import Address

HERE = Address("127.0.0.1", 0)


class Lockable(optuna.storages.InMemoryStorage):
    """A database that others write to, as often as `locked` says."""

    locked = 0

    def get_all_studies(self):
        if self.locked:
            self.locked -= 1
            raise StorageInternalError("commit") from OperationalError("SELECT", {}, Exception("database is locked"))
        return super().get_all_studies()


@pytest.fixture
def served():
    """served(storage, address) -> the address of a proxy that serves it until the test's end."""
    servers = []

    def serve(kept=None, address: Address = HERE) -> Address:
        server, address = grpc_proxy.serving(kept or Lockable(), address)
        servers.append(server)
        return address

    yield serve
    for server in servers:
        server.stop(0).wait()


def test_two_proxies_never_have_one_port(served):
    """Optuna's own let a second one listen, and each worker got either of two databases by chance."""
    address = served()
    with pytest.raises(DltuiError, match="another process listens there") as fault:
        served(None, address)
    assert fault.value.hint == f"Choose another: --port {address.port + 1}; 0 takes a free one."


def test_a_study_of_a_proxy_is_a_study(served):
    kept = Lockable()
    study = optuna.create_study(study_name="it", storage=storage.opened(f"grpc://{served(kept)}"), direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    found = optuna.load_study(study_name="it", storage=kept)
    assert found.best_value == study.best_value and [trial.number for trial in found.trials] == [0, 1, 2]


def test_a_database_behind_the_proxy_that_is_away_is_waited_for(served, monkeypatch):
    monkeypatch.setattr(reconnecting, "RETRY", 0.01)
    kept, said = Lockable(), []
    joined = storage.opened(f"grpc://{served(kept)}", storage.Watch(said.append))
    kept.locked = 2
    assert joined.get_all_studies() == []
    assert len(said) == 2 and "the proxy's database: (builtins.Exception) database is locked" in said[0]


def test_a_server_that_is_no_proxy_is_told(served):
    """Another program that speaks gRPC, or an Optuna whose protocol lacks a call."""
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with pytest.raises(DltuiError, match="no proxy of Optuna's, or of another version") as fault:
        storage.opened(f"grpc://127.0.0.1:{port}")
    assert fault.value.status == ExitStatus.FAILED
    server.stop(0).wait()


def test_nobody_there_is_told_soon(monkeypatch):
    monkeypatch.setattr(storage, "FIRST", 0.1)
    with pytest.raises(DltuiError, match=r"No proxy at grpc://127.0.0.1:1: .*Connection refused\."):
        storage.opened("grpc://127.0.0.1:1")


@pytest.mark.parametrize("missing", ["grpc", "google.protobuf"])
def test_without_its_packages_it_says_what_to_install(missing, monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith(("grpc.", "google.", "optuna.storages._grpc"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DltuiError, match="needs gRPC") as fault:
        grpc_proxy.client(HERE)
    assert "pip install 'dltui[machines]'" in fault.value.hint


@pytest.mark.parametrize(
    "url", ["grpc://host", "grpcs://host:1", "grpc://me:secret@host:1", "grpc://h:0", "grpc://h:65536", "grpc://h:1/x",
            "GRPC://h", "grpc://::1:5", "grpc://:5", "host:13000", "localhost:13000", "10.0.0.7:13000"],
)  # fmt: skip
def test_what_is_no_address_is_told(url):
    with pytest.raises(DltuiError, match="grpc://") as fault:
        storage.url_of("it", url)
    assert fault.value.status == ExitStatus.USAGE and "secret" not in str(fault.value)


@pytest.mark.parametrize("url", ["grpc://node-7.cluster:13000", "grpc://10.0.0.7:1", "grpc://[::1]:65535"])
def test_an_address_is_read_and_written_alike(url):
    assert f"grpc://{grpc_proxy.address_of(url)}" == url == storage.url_of("it", url + "/")
