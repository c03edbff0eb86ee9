"""Rows of the hub that are other than they should be: told in words, and `auto` goes on with what is built in."""

from collections.abc import Callable
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.reading import hub_pictures, sources
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Section
from tests.engine.hub_standin import card, mnist_files, pictures, png, standing_in

IMAGES = [{"bytes": png(picture), "path": None} for picture in pictures(20, 0)]
LABELS = [row % 10 for row in range(20)]
TAGS = {"tokens": [["a", "b"]] * 9, "upos": [[0, 1]] * 9}
EWT = [f"en_ewt/{split}-0.parquet" for split in ("train", "test")]
TRAIN = "mnist/train-00000-of-00001.parquet"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def parquet(*columns: object, names: list[str]) -> bytes:
    file = BytesIO()
    pa.parquet.write_table(pa.Table.from_arrays([pa.array(column) for column in columns], names), file)
    return file.getvalue()


def mnist(*columns: object, names: tuple[str, ...] = ("image", "label")) -> dict[str, bytes]:
    return {name: parquet(*columns, names=list(names)) if name.endswith(".parquet") else data
            for name, data in mnist_files().items()}  # fmt: skip


def ewt(data: bytes) -> dict[str, bytes]:
    return {"README.md": card("en_ewt"), **dict.fromkeys(EWT, data)}


LIES: dict[str, tuple[str, Callable[[], dict[str, bytes]], str]] = {
    "labels in words": (
        "mnist",
        lambda: mnist(IMAGES, ["three"] * 20),
        "expected whole numbers in label, found string",
    ),
    "labels with gaps": ("mnist", lambda: mnist(IMAGES, [None, *LABELS[1:]]), "whole numbers in label, found gaps"),
    "labels in fractions": ("mnist", lambda: mnist(IMAGES, [0.5] * 20), "whole numbers in label, found double"),
    "labels of other classes": ("mnist", lambda: mnist(IMAGES, [99] * 20), "expected labels 0 to 9"),
    "no label": (
        "mnist",
        lambda: mnist(IMAGES, LABELS, names=("image", "y")),
        "expected a column label, found image, y",
    ),
    "two labels": (
        "mnist",
        lambda: mnist(IMAGES, LABELS, LABELS, names=("image", "label", "label")),
        "Multiple matches for FieldRef.Name(label)",
    ),
    "no rows": ("mnist", lambda: mnist(IMAGES[:0], LABELS[:0]), "the files of train hold no rows"),
    "pictures in words": ("mnist", lambda: mnist(["a cat"] * 20, LABELS), "expected pictures in image, found string"),
    "pictures that are text": (
        "mnist",
        lambda: mnist([{"bytes": b"a cat", "path": None}] * 20, LABELS),
        "row 1: not a picture that can be read",
    ),
    "pictures whose bytes are words": (
        "mnist",
        lambda: mnist([{"bytes": "a cat", "path": None}] * 20, LABELS),
        "row 1: not a picture that can be read",
    ),
    "a web page": ("mnist", lambda: {**mnist_files(), TRAIN: b"<html>"}, f"{TRAIN.partition('/')[2]} cannot be read"),
    "a card that names files elsewhere": (
        "mnist",
        lambda: {**mnist_files(), "README.md": card("mnist", "/etc")},
        "its card names files outside of it: /etc/train-*",
    ),
    "a card that names another server": (
        "mnist",
        lambda: {**mnist_files(), "README.md": card("mnist", "https://x.example")},
        "its card names files outside of it: https://x.example/train-*",
    ),
    "a card that leads out": (
        "mnist",
        lambda: {**mnist_files(), "README.md": card("mnist", "../../..")},
        "its card names files outside of it: ../../../train-*",
    ),
    "text in numbers": (
        "text",
        lambda: dict.fromkeys(("train.parquet", "test.parquet"), parquet([1, 2], names=["text"])),
        "expected texts in text, found int64",
    ),
    "text with gaps": (
        "text",
        lambda: dict.fromkeys(("train.parquet", "test.parquet"), parquet(["a", None], names=["text"])),
        "expected texts in text, found gaps",
    ),
    "tags in words": (
        "sentences",
        lambda: ewt(parquet(TAGS["tokens"], ["NOUN"] * 9, names=list(TAGS))),
        "expected lists in upos, found string",
    ),
    "tags that nobody names": (
        "sentences",
        lambda: ewt(parquet(*TAGS.values(), names=list(TAGS))),
        "expected the tags' names",
    ),
    "words that are none": (
        "sentences",
        lambda: ewt(parquet([[None, 3]] * 9, TAGS["upos"], names=list(TAGS))),
        "universal-dependencies/universal_dependencies: ",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_and_auto_goes_on_without_the_hub(monkeypatch, lie):
    kind, files, told = LIES[lie]
    with standing_in(monkeypatch, files()):
        with pytest.raises(DltuiError) as raised:
            sources.load(Section(kind, {}), "hub", silent)
        assert raised.value.status == ExitStatus.DATA and told in raised.value.message
        data = sources.load(Section(kind, {}), "auto", silent)
    assert data.source == "builtin" and told in data.notes[0]


@pytest.mark.parametrize("head", [b"a: b: c", b"configs: 3", b"configs: [3]", b"dataset_info: 3", b"- a", b"3", b"{"])
def test_an_odd_card_is_told_and_auto_goes_on_without_the_hub(monkeypatch, head):
    with standing_in(monkeypatch, {**mnist_files(), "README.md": b"---\n" + head + b"\n---\n"}):
        assert sources.load(Section("mnist", {}), "auto", silent).source in ("hub", "builtin")


@pytest.mark.parametrize("info", [[], "x", {"sha": 3}, {"siblings": {}}, {"sha": "abcdef0", "siblings": [3, None]}])
def test_an_odd_answer_is_told(monkeypatch, info):
    with standing_in(monkeypatch, mnist_files()) as server:
        server.info = info
        assert sources.load(Section("mnist", {}), "auto", silent).source == "builtin"


def test_a_fault_that_nobody_thought_of_does_not_keep_auto_from_going_on(monkeypatch):
    monkeypatch.setattr(hub_pictures.picture_column, "decoded", lambda *of: 1 / 0)
    with standing_in(monkeypatch, mnist_files()):
        data = sources.load(Section("mnist", {}), "auto", silent)
    assert data.source == "builtin"
    assert "its rows are not what is expected: ZeroDivisionError: division by zero" in data.notes[0]
