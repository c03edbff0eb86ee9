"""Any data set of the hub by its name: its features decide what it is, and what they leave open is asked for."""

import io
import json
import time

import datasets
import numpy as np
import pytest
import soundfile
import torch
import yaml
from datasets import ClassLabel, Features, Image, List, Translation, Value

from dltui import paths
from dltui.engine.reading import hub_repository, hub_sets, sources
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Section
from tests.engine.hub_standin import COMMIT, pictures, png, standing_in

ROWS = 60
NAME = "hf:x/y"
TWO = ClassLabel(names=["cat", "dog"])
LABELS = [row % 2 for row in range(ROWS)]
SHADES = [np.full((12, 16), 40 + 160 * (row % 2), np.uint8) for row in range(ROWS)]
IMAGES = [{"bytes": png(shade), "path": None} for shade in SHADES]
WALLS = np.where(np.arange(64)[None] % 9 == 0, 0, 255).repeat(64, 0).astype(np.uint8)


@pytest.fixture(autouse=True)
def _own_cache(home):
    """What is fetched lies in a cache of the test's own."""


def silent(text: str) -> None:
    pass


def parquet(columns: dict, features: Features | dict) -> bytes:
    """The file that a set with such columns has on the hub."""
    kept = Features({name: Image(decode=False) if type(one) is Image else one for name, one in features.items()})
    table = datasets.Dataset.from_dict(columns, features=kept).data.table
    told = {b"huggingface": json.dumps({"info": {"features": Features(features).to_dict()}}).encode()}
    file = io.BytesIO()
    datasets.table.pa.parquet.write_table(table.replace_schema_metadata(told), file)
    return file.getvalue()


def repository(columns: dict, features: dict, held: int = 20) -> dict[str, bytes]:
    """Its files: the first rows are the test."""
    test, train = ({name: rows[part] for name, rows in columns.items()} for part in (slice(held), slice(held, None)))
    return {"train.parquet": parquet(train, features), "test.parquet": parquet(test, features)}


def loaded(monkeypatch, files: dict[str, bytes], kind: str, name: str = NAME, fault="", **options: object):
    with standing_in(monkeypatch, files, fault) as server:
        data = sources.load(Section(kind, options), name, silent)
    return data, server


def refused(
    monkeypatch, files: dict[str, bytes], kind: str, name: str = NAME, fault="", **options: object
) -> DltuiError:
    with standing_in(monkeypatch, files, fault), pytest.raises(DltuiError) as raised:
        sources.load(Section(kind, options), name, silent)
    assert raised.value.status == ExitStatus.DATA
    assert str(paths.datasets()) not in raised.value.message
    return raised.value


PICTURES = ({"picture": IMAGES, "kind": LABELS}, {"picture": Image(), "kind": TWO})


def test_pictures_and_their_classes(monkeypatch):
    data, _ = loaded(monkeypatch, repository(*PICTURES), "mnist")
    assert data.train.inputs.shape == (40, 1, 28, 28) and data.classes == ("cat", "dog")
    assert (
        data.source == "hf" and data.commit == COMMIT and data.detail.startswith(f"hf:x/y (commit {COMMIT[:7]}): 60 ")
    )
    bright = data.train.inputs.float().mean((1, 2, 3)) > 100
    assert bright.long().tolist() == data.train.targets.tolist()


def test_columns_of_numbers_and_their_classes(monkeypatch):
    columns = {
        "height": [float(row) for row in range(ROWS)],
        "width": [3 * row for row in range(ROWS)],
        "species": LABELS,
    }
    features = {"height": Value("float64"), "width": Value("int64"), "species": TWO}
    data, _ = loaded(monkeypatch, repository(columns, features), "bundled_table")
    assert data.train.inputs.shape == (40, 2) and data.classes == ("cat", "dog")


def wav(row: int) -> dict:
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(4000) * (0.1 + 0.2 * (row % 2))), 8000, format="WAV")
    return {"bytes": file.getvalue(), "path": "x.wav"}


def test_sounds_and_their_classes(monkeypatch):
    columns = {"audio": [wav(row) for row in range(ROWS)], "command": LABELS}
    features = {"audio": {"bytes": Value("binary"), "path": Value("string")}, "command": TWO}
    files = repository(columns, features)
    command = {"name": "command", "dtype": {"class_label": {"names": {"0": "cat", "1": "dog"}}}}
    card = {"dataset_info": {"features": [{"name": "audio", "dtype": "audio"}, command]}}
    files["README.md"] = f"---\n{yaml.safe_dump(card)}---\n".encode()
    data, _ = loaded(monkeypatch, files, "sounds")
    assert len(data.train.inputs) == 40 and data.classes == ("cat", "dog")


@pytest.mark.parametrize("form", ["records", "lists"])
@pytest.mark.parametrize("corners", [False, True])
def test_pictures_and_boxes(monkeypatch, form, corners):
    """A box of COCO and one of two corners are told apart by all boxes together: misread, some leave their picture."""
    box = [4.0, 3.0, 14.0, 11.0] if corners else [4.0, 3.0, 10.0, 8.0]
    inside = {"bbox": List(Value("float32")), "category": TWO}
    if form == "records":
        objects, feature = [[{"bbox": box, "category": label}] for label in LABELS], List(inside)
    else:
        objects = [{"bbox": [box], "category": [label]} for label in LABELS]
        feature = {name: List(one) for name, one in inside.items()}
    files = repository({"image": IMAGES, "objects": objects}, {"image": Image(), "objects": feature})
    data, _ = loaded(monkeypatch, files, "scenes", size=64)
    wanted = torch.tensor([4 * 64 / 16, 3 * 64 / 12, 14 * 64 / 16, 11 * 64 / 12])
    torch.testing.assert_close(
        data.train.targets[:, 0, :4], wanted.expand(len(data.train.targets), 4), atol=1e-3, rtol=0
    )
    assert data.classes == ("cat", "dog") and any("boxes of objects are" in note for note in data.notes)


def test_pictures_and_masks(monkeypatch):
    held = {"bytes": png(WALLS), "path": None}
    columns = {"image": [{"bytes": png(one), "path": None} for one in pictures(ROWS, 0)], "annotation": [held] * ROWS}
    data, _ = loaded(monkeypatch, repository(columns, {"image": Image(), "annotation": Image()}), "cells", size=32)
    assert data.train.targets.float().mean() == pytest.approx(8 / 64, abs=0.06)


def test_sentences_and_tags(monkeypatch):
    columns = {"words": [[f"w{row}", "runs", "fast"] for row in range(ROWS)], "marks": [[0, 1, 2]] * ROWS}
    tags = ClassLabel(names=["NOUN", "VERB", "ADV"])
    files = repository(columns, {"words": List(Value("string")), "marks": List(tags)}, held=25)
    data, _ = loaded(monkeypatch, files, "sentences")
    assert sorted(data.classes) == ["ADV", "NOUN", "VERB"] and (len(data.train.inputs), len(data.test.inputs)) == (
        35,
        25,
    )


@pytest.mark.parametrize("nested", [True, False])
def test_pairs_of_sentences(monkeypatch, nested):
    pairs = [{"en": f"number {row}", "ru": f"число {row}"} for row in range(ROWS)]
    if nested:
        files = repository({"translation": pairs}, {"translation": Translation(languages=["en", "ru"])}, held=25)
    else:
        columns = {name: [pair[name] for pair in pairs] for name in ("en", "ru")}
        files = repository(columns, {"en": Value("string"), "ru": Value("string")}, held=25)
    data, _ = loaded(monkeypatch, files, "sentences", targets="translation", input="ru", label="en")
    assert "число" in data.vocabularies[0] and "number" in data.vocabularies[1]
    assert (len(data.train.inputs), len(data.test.inputs)) == (35, 25)


@pytest.mark.parametrize("label", [TWO, Value("int64"), Value("string")])
def test_texts_with_classes(monkeypatch, label):
    """The columns have other names than ours: the only one of texts, and the one that is called as a label is."""
    named = [TWO.names[one] for one in LABELS]
    columns = {"headline": [f"a {name} number {row}" for row, name in enumerate(named)], "id": [*range(ROWS)]}
    columns["sentiment"] = named if label == Value("string") else LABELS
    features = {"headline": Value("string"), "id": Value("int64"), "sentiment": label}
    more = {"input": "headline"} if label == Value("string") else {}
    data, _ = loaded(monkeypatch, repository(columns, features), "labelled_texts", **more)
    assert data.classes == (("0", "1") if label == Value("int64") else ("cat", "dog"))
    assert len(data.train.targets) == 40 and len(data.test.targets) == 20 and "left out: id" in data.notes
    cat = data.vocabularies[0].index("cat")
    assert ((data.train.inputs == cat).any(1) == (data.train.targets == 0)).all()


def test_texts(monkeypatch):
    columns = {"text": ["the cat sat on the mat and looked at the dog " * 40] * ROWS}
    data, _ = loaded(monkeypatch, repository(columns, {"text": Value("string")}), "text")
    assert "".join(data.vocabularies[0][symbol] for symbol in data.train.inputs[0].tolist()).startswith("the cat sat")


def test_what_the_features_leave_open_is_asked_for_with_the_columns_and_their_types(monkeypatch):
    columns = {"front": IMAGES, "back": IMAGES, "kind": LABELS, "weight": [1.5] * ROWS}
    files = repository(columns, {"front": Image(), "back": Image(), "kind": TWO, "weight": Value("float32")})
    error = refused(monkeypatch, files, "mnist")
    told = "front (a picture), back (a picture), kind (one of 2 classes), weight (float32)"
    assert error.message == f"hf:x/y: several columns hold a picture. Its columns: {told}."
    assert error.hint == "Say which: data.input=front"
    assert "no column" in refused(monkeypatch, files, "mnist", input="bakc").message
    assert 'Did you mean "back"?' in refused(monkeypatch, files, "mnist", input="bakc").hint
    assert "kind holds one of 2 classes, wanted a picture" in refused(monkeypatch, files, "mnist", input="kind").message
    assert loaded(monkeypatch, files, "mnist", input="back")[0].classes == ("cat", "dog")


def test_a_set_that_a_recipe_cannot_take_is_refused_with_what_it_has(monkeypatch):
    error = refused(monkeypatch, repository({"text": ["a b"] * ROWS}, {"text": Value("string")}), "mnist")
    assert error.message == "hf:x/y: no column holds a picture. Its columns: text (a text)."
    error = refused(monkeypatch, repository(*PICTURES), "faces")
    assert "reads no data set of the hub" in error.message


def test_of_several_configurations_one_is_named(monkeypatch):
    configs = [
        {"config_name": name, "data_files": [{"split": "train", "path": f"{name}.parquet"}]}
        for name in ("big", "small")
    ]
    small = {name: rows[:30] for name, rows in PICTURES[0].items()}
    files = {"README.md": f"---\n{yaml.safe_dump({'configs': configs})}---\n".encode(),
             "big.parquet": parquet(*PICTURES), "small.parquet": parquet(small, PICTURES[1])}  # fmt: skip
    error = refused(monkeypatch, files, "mnist")
    assert "2 configurations: big, small" in error.message and error.hint == "Name one: data.config=big"
    assert 'Did you mean "small"?' in refused(monkeypatch, files, "mnist", name="hf:x/y:smal").hint
    for name, options in ((NAME, {"config": "small"}), ("hf:x/y:small", {})):
        data, server = loaded(monkeypatch, files, "mnist", name=name, **options)
        assert len(data.train.inputs) + len(data.test.inputs) == 30
    assert not any("big.parquet" in path for path, _ in server.asked)


def test_only_the_files_that_hold_the_rows_that_are_taken_are_fetched(monkeypatch):
    """A set of 200 shards, of which two are read."""
    shard = {name: rows[:5] for name, rows in PICTURES[0].items()}
    files = {f"data/train-{number:05d}-of-00200.parquet": parquet(shard, PICTURES[1]) for number in range(200)}
    data, server = loaded(monkeypatch, files, "mnist", take=10)
    assert len(data.train.inputs) + len(data.test.inputs) == 10
    assert sum(path.endswith(".parquet") for path, _ in server.asked) == 2
    data, _ = loaded(monkeypatch, files, "mnist")
    assert len(data.train.inputs) + len(data.test.inputs) == 1000


def test_a_large_download_is_told_before_it_begins_and_a_huge_one_is_refused(monkeypatch):
    files, said = repository(*PICTURES), []
    monkeypatch.setattr(hub_sets, "LARGE", 100)
    with standing_in(monkeypatch, files) as server:
        server.info["siblings"] = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
        sources.load(Section("mnist", {}), NAME, said.append)
        assert said[0] == "x/y has 0.0 GB in 2 files: fetching it"
        monkeypatch.setattr(hub_sets, "MOST_FETCHED", 1000)
        with pytest.raises(DltuiError, match=r"x/y: it has 0\.0 GB in 2 files; at most") as raised:
            sources.load(Section("mnist", {"input": "picture"}), NAME, said.append)
        assert "data.take=" in raised.value.hint
        sources.load(Section("mnist", {"take": 20}), NAME, said.append)


def test_a_sorted_set_of_which_a_part_is_taken_says_which_classes_it_lacks(monkeypatch):
    columns = {"picture": IMAGES, "kind": sorted(LABELS)}
    with (
        standing_in(monkeypatch, {"train.parquet": parquet(columns, PICTURES[1])}),
        pytest.raises(DltuiError) as raised,
    ):
        sources.load(Section("mnist", {"take": 20}), NAME, silent)
    assert "expected two classes or more, found one: cat" in raised.value.message
    three = ClassLabel(names=["cat", "dog", "owl"])
    data, _ = loaded(monkeypatch, repository(PICTURES[0], {"picture": Image(), "kind": three}), "mnist")
    assert "train has no row of 1 of 3 classes: owl" in data.notes


def test_test_rows_whose_labels_are_kept_secret_are_left_out(monkeypatch):
    files = repository(*PICTURES)
    secret = {"picture": IMAGES[:20], "kind": [-1] * 20}
    data, _ = loaded(monkeypatch, {**files, "test.parquet": parquet(secret, PICTURES[1])}, "mnist")
    assert "test is left out: its labels are not public (-1)" in data.notes
    assert len(data.train.inputs) + len(data.test.inputs) == 40


def test_one_split_can_be_named_and_a_part_of_it_is_held_back(monkeypatch):
    files = repository(*PICTURES)
    data, server = loaded(monkeypatch, files, "mnist", split="test")
    assert len(data.train.inputs) + len(data.test.inputs) == 20
    assert not any("train.parquet" in path for path, _ in server.asked)
    assert refused(monkeypatch, files, "mnist", split="tset").hint == "Valid: train, test."


def test_a_repository_of_a_script_is_told_and_its_script_is_never_fetched(monkeypatch):
    files = {"y.py": b"raise SystemExit('code ran')", "README.md": b"---\nlicense: mit\n---\n"}
    with standing_in(monkeypatch, files) as server, pytest.raises(DltuiError, match="only a script or a card"):
        sources.load(Section("mnist", {}), NAME, silent)
    assert not any(path.endswith(".py") for path, _ in server.asked)


@pytest.mark.parametrize(
    ("status", "told"), [(401, "it is private and"), (403, "it is gated"), (404, "no such data set")]
)
def test_a_set_that_is_not_for_everybody_is_told_with_what_to_do(monkeypatch, status, told):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    error = refused(monkeypatch, repository(*PICTURES), "mnist", fault=status)
    assert told in error.message and ("hf auth login" in error.hint or status == 404)


def test_the_token_that_hf_auth_left_is_sent(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    _, server = loaded(monkeypatch, repository(*PICTURES), "mnist")
    assert set(server.tokens) == {"Bearer hf_secret"}


def test_a_broken_row_is_named(monkeypatch):
    images = [*IMAGES[:30], {"bytes": b"a cat", "path": None}, *IMAGES[31:]]
    error = refused(monkeypatch, repository({**PICTURES[0], "picture": images}, PICTURES[1]), "mnist")
    assert "train.parquet: row 11: not a picture that can be read" in error.message


def test_a_picture_that_is_only_a_path_is_not_read_from_this_machine(monkeypatch, tmp_path):
    (tmp_path / "secret.png").write_bytes(png(SHADES[0]))
    images = [{"bytes": None, "path": str(tmp_path / "secret.png")}] * ROWS
    error = refused(monkeypatch, repository({**PICTURES[0], "picture": images}, PICTURES[1]), "mnist")
    assert "secret.png" in error.message and "expected the file of a picture" in error.message


def test_what_is_kept_is_used_without_asking_the_hub(monkeypatch):
    files = repository(*PICTURES)
    first, _ = loaded(monkeypatch, files, "mnist")
    with standing_in(monkeypatch, files, "hang") as server:
        again = sources.load(Section("mnist", {}), NAME, silent)
    assert server.asked == [] and torch.equal(first.train.inputs, again.train.inputs) and again.commit == COMMIT


@pytest.mark.parametrize("fault", ["cut always", "damaged", 503, "drop"])
def test_nothing_half_made_is_left_by_a_fault(monkeypatch, fault):
    refused(monkeypatch, repository(*PICTURES), "mnist", fault=fault)
    assert [path for path in paths.datasets().rglob("*") if path.is_file()] == []


def test_what_a_killed_fetch_left_is_deleted_by_the_next_one(monkeypatch):
    left = paths.datasets() / ".fetching" / "killed"
    left.mkdir(parents=True)
    (left / "lock").touch()
    monkeypatch.setattr(hub_repository, "BEGINNING", 0.05)
    time.sleep(0.1)
    loaded(monkeypatch, repository(*PICTURES), "mnist")
    assert not left.exists()


def test_options_of_a_hub_set_mean_nothing_for_other_rows(monkeypatch, tmp_path):
    (tmp_path / "a.csv").write_text("a,label\n" + "1,x\n2,y\n" * 9)
    for source in (str(tmp_path / "a.csv"), "builtin"):
        with pytest.raises(DltuiError, match=r"data\.take") as raised:
            sources.load(Section("clouds", {"take": 3}), source, silent)
        assert raised.value.status == ExitStatus.USAGE


def test_a_label_that_a_file_of_ones_own_has_not_is_refused(tmp_path):
    """Guards data.label=, which names a column of a hub set, taken in silence for a file of tagged words."""
    (tmp_path / "a.tsv").write_text("".join(f"w{row}\tNOUN\n\n" for row in range(30)))
    with pytest.raises(DltuiError, match=r"data\.label says what is read of a data set of the hub") as raised:
        sources.load(Section("sentences", {"label": "upos"}), str(tmp_path / "a.tsv"), silent)
    assert raised.value.status == ExitStatus.USAGE


def test_rows_of_a_set_of_folders_cannot_be_taken(monkeypatch):
    """Guards data.take that is passed over in silence, with all of a large set fetched."""
    files = {f"train/{('cat', 'dog')[row % 2]}/{row}.png": image["bytes"] for row, image in enumerate(IMAGES[:20])}
    error = refused(monkeypatch, files, "mnist", take=5)
    assert "data.take speaks of rows; this data set is made of files in folders" in error.message


def test_a_repository_of_too_many_files_is_refused_and_never_read_in_part(monkeypatch):
    monkeypatch.setattr(hub_repository, "MOST_FILES", 1)
    assert "it has 2 files, at most 1 are read" in refused(monkeypatch, repository(*PICTURES), "mnist").message


def test_folders_of_pictures_are_read_as_those_of_the_users_own(monkeypatch):
    files = {f"{split}/{('cat', 'dog')[row % 2]}/{row}.png": image["bytes"]
             for split in ("train", "test") for row, image in enumerate(IMAGES[:20])}  # fmt: skip
    data, _ = loaded(monkeypatch, files, "mnist")
    assert (len(data.train.inputs), len(data.test.inputs), data.classes) == (20, 20, ("cat", "dog"))
