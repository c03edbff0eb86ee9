"""The cache's copy is used where it is what is wanted, and only then."""

import torch

from dltui.engine.reading import tensor_file
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.tensor_file import Stored


def test_it_is_fetched_once_and_again_for_another_stamp(home):
    fetched = []

    def fetch() -> Stored:
        fetched.append(1)
        return Stored({"x": torch.arange(3)}, {"words": ["a"]})

    hows = [copy_of("text", {"repo": repo}, fetch)[1] for repo in ("a/b", "a/b", "c/d", "c/d")]
    assert hows == ["fetched from the hub", "from the cache"] * 2 and len(fetched) == 2
    stored, _, notes = copy_of("text", {"repo": "c/d"}, fetch)
    assert stored.tensors["x"].tolist() == [0, 1, 2] and stored.values["words"] == ["a"] and not notes


def test_what_cannot_be_kept_is_used_all_the_same(home, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_file, "write_tensors", full)
    stored, how, [note] = copy_of("text", {"repo": "a/b"}, lambda: Stored({"x": torch.ones(2)}, {}))
    assert len(stored.tensors["x"]) == 2 and how == "fetched from the hub" and "No space left" in note
