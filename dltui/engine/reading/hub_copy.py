"""The hub's copy of a data kind: fetched and decoded once, kept as a tensor file in the cache, mapped from there."""

from collections.abc import Callable

from dltui.engine.reading import hub_requests, tensor_file
from dltui.engine.reading.tensor_file import Stored
from dltui.errors import DltuiError


def copy_of(kind: str, stamp: dict[str, object], fetch: Callable[[], Stored]) -> tuple[Stored, str, tuple[str, ...]]:
    """Returns what the hub has, how it came, in words, and notes. Raises DltuiError: (4) whatever `fetch` makes of rows
    that are not what they should be.

    stamp: values that tell whether the cache's copy is what is wanted, {"repo": name} among them; `fetch` is called
    where it is not. What cannot be kept, on a full disk, is used all the same, and a note says so.
    """
    path = tensor_file.of_hub(kind)
    stored = tensor_file.read_tensors(path)
    if stored is not None and all(stored.values.get(name) == value for name, value in stamp.items()):
        return stored, "from the cache", ()
    try:
        stored = fetch()
    except (DltuiError, MemoryError):
        raise
    except Exception as error:  # the rows are others' and may be anything: `auto` must be able to go on without them
        what = f"its rows are not what is expected: {type(error).__name__}: {str(error)[:200]}"
        raise hub_requests.fault(str(stamp["repo"]), " ".join(what.split()).rstrip(".")) from error
    try:
        tensor_file.write_tensors(path, stored.tensors, {**stored.values, **stamp})
    except OSError as error:
        return stored, "fetched from the hub", (
            f"{path} could not be kept ({error.strerror}): the next run fetches again",
        )  # fmt: skip
    return stored, "fetched from the hub", ()
