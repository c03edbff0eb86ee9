"""A hub that misbehaves is told in words, quickly; what it sent is whole or is not used."""

import pytest
from huggingface_hub import constants

from dltui import paths
from dltui.engine.data.mnist import HUB
from dltui.engine.reading import hub, hub_requests
from dltui.errors import DltuiError, ExitStatus
from tests.engine.hub_standin import COMMIT, card, mnist_files, standing_in


@pytest.fixture(autouse=True)
def _own_cache(home):
    """What is fetched lies in a cache of the test's own."""


PARQUET = "mnist/train-00000-of-00001.parquet"


def silent(text: str) -> None:
    pass


def promising(**rows: int) -> dict[str, bytes]:
    """The files of a small MNIST, whose card promises rows of its splits."""
    splits = [{"name": split, "num_examples": count} for split, count in rows.items()]
    features = [{"name": "image", "dtype": "image"}, {"name": "label", "dtype": "int64"}]
    info = {"config_name": "mnist", "features": features, "splits": splits}
    return {**mnist_files(), "README.md": card("mnist", dataset_info=info)}


def rows_of_hub(report=silent) -> tuple[dict[str, int], str]:
    """How many rows of each split come, and of which commit."""
    with hub.tables(HUB, report) as (splits, commit):
        return {split: rows.num_rows for split, rows in splits.items()}, commit


def test_the_rows_of_both_splits_arrive_with_progress_and_the_commit(monkeypatch):
    said = []
    with standing_in(monkeypatch, promising(train=30, test=10)):
        assert rows_of_hub(said.append) == ({"train": 30, "test": 10}, COMMIT)
    assert "fetching ylecun/mnist 0.0/0.0 MB" in said and "reading ylecun/mnist train: 30 rows" in said
    assert list((paths.datasets() / ".fetching").iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (503, "the hub answered 503"),
        (404, "the hub answered 404: there is no such data set"),
        ("hang", "the hub did not answer in 0.3 s"),
        ("drop", "the hub cannot be reached"),
        ("cut always", f"the download of {PARQUET} broke off after"),
        ("damaged", "README.md: it came damaged"),
    ],
)
def test_a_fault_is_told_in_words(monkeypatch, fault, told):
    if fault == "hang":
        monkeypatch.setattr(hub_requests, "PREFLIGHT_SECONDS", 0.3)
    with standing_in(monkeypatch, mnist_files(), fault), pytest.raises(DltuiError) as raised:
        rows_of_hub()
    assert raised.value.status == ExitStatus.DATA
    assert raised.value.message.startswith(f"ylecun/mnist: {told}")
    assert "--data builtin" in raised.value.hint


def test_a_hub_that_cannot_be_reached_is_not_asked_again(monkeypatch):
    with standing_in(monkeypatch, mnist_files(), 503) as server:
        for _ in range(2):
            with pytest.raises(DltuiError, match="answered 503"):
                rows_of_hub()
        assert len(server.asked) == 1
        assert constants.HF_HUB_OFFLINE


def test_offline_mode_asks_nobody(monkeypatch):
    with standing_in(monkeypatch, mnist_files()) as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(DltuiError, match="HF_HUB_OFFLINE forbids"):
            rows_of_hub()
        assert server.asked == []


def test_a_download_that_breaks_off_goes_on_where_it_did(monkeypatch):
    files = mnist_files()
    with standing_in(monkeypatch, files, "cut") as server:
        assert rows_of_hub()[0]["train"] == 30
    assert f"bytes={len(files[PARQUET]) // 2}-" in [range_ for _, range_ in server.asked]


def test_rows_that_the_card_does_not_promise_are_refused(monkeypatch):
    with (
        standing_in(monkeypatch, promising(train=60_000)),
        pytest.raises(DltuiError, match=r"promises 60,000 rows of train, the files hold 30"),
    ):
        rows_of_hub()


def test_a_repository_without_the_files_says_which(monkeypatch):
    with (
        standing_in(monkeypatch, {"train.csv": b"x"}),
        pytest.raises(DltuiError, match=r'it has no configuration "mnist": default'),
    ):
        rows_of_hub()


def test_what_is_no_parquet_is_refused(monkeypatch):
    with (
        standing_in(monkeypatch, {**mnist_files(), PARQUET: b"<html>"}),
        pytest.raises(DltuiError, match=r"train-00000-of-00001\.parquet cannot be read"),
    ):
        rows_of_hub()
