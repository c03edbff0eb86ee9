"""The hub's copy of a data kind: fetched and decoded once, kept as a tensor file in the cache, mapped from there."""

from collections.abc import Callable

from dltui.engine.reading import tensor_file
from dltui.engine.reading.tensor_file import Stored


def copy_of(kind: str, stamp: dict[str, object], fetch: Callable[[], Stored]) -> tuple[Stored, str, tuple[str, ...]]:
    """Returns what the hub has, how it came, in words, and notes. Raises what `fetch` raises.

    stamp: values that tell whether the cache's copy is what is wanted, such as {"repo": name}; `fetch` is called where
    it is not. What cannot be kept, on a full disk, is used all the same, and a note says so.
    """
    path = tensor_file.of_hub(kind)
    stored = tensor_file.read_tensors(path)
    if stored is not None and all(stored.values.get(name) == value for name, value in stamp.items()):
        return stored, "from the cache", ()
    stored = fetch()
    try:
        tensor_file.write_tensors(path, stored.tensors, {**stored.values, **stamp})
    except OSError as error:
        return stored, "fetched from the hub", (
            f"{path} could not be kept ({error.strerror}): the next run fetches again",
        )  # fmt: skip
    return stored, "fetched from the hub", ()
