"""By what a run knows its rows again: the names of its classes, in their order, and a fingerprint of all splits."""

import hashlib
from collections.abc import Iterator

from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError, ExitStatus

PART_BYTES = 1 << 24  # of a tensor that are in memory at once
MOST_BYTES = 1 << 28  # of a tensor that are looked at: of a larger one, rows at equal distances


def identity_of(data: Dataset) -> dict[str, object]:
    """Returns {"classes": names, "rows": how many of each split, "fingerprint": sha256 of the rows}, JSON values."""
    digest = hashlib.sha256()
    for tensor in _tensors(data):
        stride = max(1, -(-tensor.nbytes // MOST_BYTES))
        digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        for part in tensor[::stride].split(max(1, PART_BYTES // max(1, tensor[:1].nbytes))):  # a mapped tensor stays so
            digest.update(part.detach().cpu().contiguous().numpy().tobytes())
    rows = [len(split.inputs) for split in _splits(data)]
    return {"classes": list(data.classes), "rows": rows, "fingerprint": digest.hexdigest()}


def _splits(data: Dataset) -> list[Split]:
    return [each for each in (data.train, data.test, data.validation, data.base, data.other_domain) if each]


def _tensors(data: Dataset) -> Iterator[Tensor]:
    for split in _splits(data):
        yield from split
    for drawn in data.draws:
        yield from _tensors(drawn)


def check_same(began: dict[str, object], now: dict[str, object], detail: str) -> None:
    """Raises DltuiError (4) where rows are not those that a run began with: it says what is another.

    began, now: those of `identity_of`; detail: what the rows are, as a person reads it.
    """
    if began == now:
        return
    if began["classes"] != now["classes"]:
        what = f"the classes were {_listed(began['classes'])} and are {_listed(now['classes'])}"
    elif began["rows"] != now["rows"]:
        what = f"there were {_counts(began['rows'])} rows and are {_counts(now['rows'])}"
    else:
        what = "as many rows of the same classes, but others or in another order"
    raise DltuiError(
        f"The data are not those that the run began with: {what} ({detail}).",
        "Put the data back as they were, or begin a new run.",
        ExitStatus.DATA,
    )


def _listed(classes: list[str]) -> str:
    return f"{', '.join(classes[:8])}{f' ... ({len(classes)})' if len(classes) > 8 else ''}" or "none"


def _counts(rows: list[int]) -> str:
    return " + ".join(f"{count:,}" for count in rows)
