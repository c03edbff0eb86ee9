"""A hub that misbehaves is told in words, quickly; what it sent is whole or is not used."""

import pytest
from huggingface_hub import constants

from dltui.engine.data.mnist import HUB
from dltui.engine.reading import hub
from dltui.errors import DltuiError, ExitStatus
from tests.engine.hub_standin import COMMIT, mnist_files, standing_in

PARQUET = "mnist/train-00000-of-00001.parquet"


def silent(text: str) -> None:
    pass


def card(train: int) -> dict:
    return {"dataset_info": {"config_name": "mnist", "splits": [{"name": "train", "num_examples": train}]}}


def test_the_rows_of_both_splits_arrive_with_progress_and_the_commit(monkeypatch):
    said = []
    with standing_in(monkeypatch, mnist_files(), card=card(30)):
        splits, commit = hub.tables(HUB, said.append)
    assert {split: rows.num_rows for split, rows in splits.items()} == {"train": 30, "test": 10}
    assert commit == COMMIT
    assert said and all(text.startswith("fetching ylecun/mnist ") and text.endswith(" MB") for text in said)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (503, "the hub answered 503"),
        (404, "the hub answered 404: there is no such data set"),
        ("hang", "the hub did not answer in 0.3 s"),
        ("drop", "the hub cannot be reached"),
        ("cut always", f"the download of {PARQUET} broke off after"),
        ("damaged", f"{PARQUET}: it came damaged"),
    ],
)
def test_a_fault_is_told_in_words(monkeypatch, fault, told):
    if fault == "hang":
        monkeypatch.setattr(hub, "PREFLIGHT_SECONDS", 0.3)
    with standing_in(monkeypatch, mnist_files(), fault), pytest.raises(DltuiError) as raised:
        hub.tables(HUB, silent)
    assert raised.value.status == ExitStatus.DATA
    assert raised.value.message.startswith(f"ylecun/mnist: {told}")
    assert "--data builtin" in raised.value.hint


def test_a_hub_that_cannot_be_reached_is_not_asked_again(monkeypatch):
    with standing_in(monkeypatch, mnist_files(), 503) as server:
        for _ in range(2):
            with pytest.raises(DltuiError, match="answered 503"):
                hub.tables(HUB, silent)
        assert len(server.asked) == 1
        assert constants.HF_HUB_OFFLINE


def test_offline_mode_asks_nobody(monkeypatch):
    with standing_in(monkeypatch, mnist_files()) as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(DltuiError, match="HF_HUB_OFFLINE forbids"):
            hub.tables(HUB, silent)
        assert server.asked == []


def test_a_download_that_breaks_off_goes_on_where_it_did(monkeypatch):
    files = mnist_files()
    with standing_in(monkeypatch, files, "cut") as server:
        splits, _ = hub.tables(HUB, silent)
    assert splits["train"].num_rows == 30
    assert f"bytes={len(files[PARQUET]) // 2}-" in [range_ for _, range_ in server.asked]


def test_rows_that_the_card_does_not_promise_are_refused(monkeypatch):
    with (
        standing_in(monkeypatch, mnist_files(), card=card(60_000)),
        pytest.raises(DltuiError, match=r"promises 60,000 rows of train, the files hold 30"),
    ):
        hub.tables(HUB, silent)


def test_a_card_that_only_the_readme_holds_is_read(monkeypatch):
    head = b"---\ndataset_info:\n  config_name: mnist\n  splits:\n  - name: test\n    num_examples: 11\n---\n"
    with (
        standing_in(monkeypatch, {**mnist_files(), "README.md": head}, card={"license": "mit"}),
        pytest.raises(DltuiError, match=r"promises 11 rows of test, the files hold 10"),
    ):
        hub.tables(HUB, silent)


def test_a_repository_without_the_files_says_which(monkeypatch):
    with (
        standing_in(monkeypatch, {"train.csv": b"x"}),
        pytest.raises(DltuiError, match=r"expected files mnist/train-\*.parquet, found train.csv"),
    ):
        hub.tables(HUB, silent)


def test_what_is_no_parquet_is_refused(monkeypatch):
    with (
        standing_in(monkeypatch, {**mnist_files(), PARQUET: b"<html>"}),
        pytest.raises(DltuiError, match="is not a Parquet file"),
    ):
        hub.tables(HUB, silent)
