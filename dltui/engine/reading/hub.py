"""The one place that talks to the Hugging Face hub: which files a data set has there, and their rows.

Of `datasets` and `huggingface_hub` only the session is used (its tokens, proxies, mirrors and offline mode), and
pyarrow. `load_dataset` and `hf_hub_download` try again for minutes when a hub hangs (390 s measured), keep two further
copies of the rows on disk, and leave `*.incomplete` behind when killed. Here a file is taken into memory, tried once
more from where it broke off, compared with its sha256, and decoded: what is half there is never on disk. No code that
a repository holds is ever run.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.json

from dltui.engine.reading import hub_listing, hub_wire
from dltui.engine.reading.hub_listing import Listing
from dltui.engine.reading.parquet import read_rows
from dltui.errors import DltuiError, ExitStatus

PREFLIGHT_SECONDS = 3.0
MOST_LISTED = 20_000_000  # bytes of the list of files
MOST_CARD = 2_000_000  # of README.md
MOST_BYTES = 2_000_000_000  # of a file, and of the rows of a split
MOST_ROWS = 10_000_000

_unreachable = ""  # why the hub could not be reached, once it could not: it is not asked again in this process


class Source(NamedTuple):
    """A pinned data set: repository, configuration, and the Parquet or JSON Lines files of each split as a pattern."""

    repo: str
    config: str
    files: dict[str, str]
    revision: str = "main"


def tables(source: Source, report: Callable[[str], None]) -> tuple[dict[str, pa.Table], str]:
    """Returns the rows of each split as they stand in the files, one at least, and the commit they are of.

    Raises DltuiError (4) within seconds where the hub is not to be reached, lacks the data set, breaks off, comes too
    slowly, or sends other than it promised.
    """
    listing = preflight(source)
    try:
        files = {split: hub_listing.matching(listing, pattern) for split, pattern in source.files.items()}
    except ValueError as error:
        raise fault(source.repo, str(error)) from None
    promised = hub_listing.promised_rows(_card(source.repo, listing), source.config)
    found = {}
    for split, names in files.items():
        parts = [_table(source.repo, listing, file, report) for file in names]
        try:
            rows = found[split] = pa.concat_tables(parts)
        except pa.ArrowException:
            raise fault(source.repo, f"the files of {split} have different columns") from None
        if rows.num_rows != promised.get(split, rows.num_rows):
            held = f"the files hold {rows.num_rows:,}"
            raise fault(source.repo, f"the card promises {promised[split]:,} rows of {split}, {held}")
        if not rows.num_rows:
            raise fault(source.repo, f"the files of {split} hold no rows")
    return found, listing.commit


def preflight(source: Source) -> Listing:
    """Returns what the hub says of a data set, asked once, within PREFLIGHT_SECONDS. Raises DltuiError (4)."""
    global _unreachable
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    if _unreachable:
        raise fault(source.repo, _unreachable)
    url = f"{constants.ENDPOINT}/api/datasets/{source.repo}/revision/{quote(source.revision, safe='')}?blobs=true"
    try:  # its answer is the preflight and the list of files at once
        return hub_listing.parsed(hub_wire.answer(url, PREFLIGHT_SECONDS, MOST_LISTED))
    except OfflineModeIsEnabled:
        raise fault(source.repo, "HF_HUB_OFFLINE forbids asking the hub") from None
    except hub_wire.Refused as error:
        if error.status in (401, 403, 404):
            raise fault(source.repo, f"{error}: there is no such data set, or not for you") from None
        reason = str(error)
    except TimeoutError:
        reason = f"the hub did not answer in {PREFLIGHT_SECONDS:g} s"
    except Exception as error:  # whatever the session's HTTP library raises: httpx, httpx2, ssl
        reason = f"the hub cannot be reached: {_first_line(error)}"
    _unreachable = reason
    constants.HF_HUB_OFFLINE = True  # nothing else of Hugging Face shall wait for it either
    raise fault(source.repo, reason)


def texts(repo: str, rows: pa.Table, column: str) -> list[str]:
    """Returns a column of texts. Raises DltuiError (4) where it is not there, is of another type, or has gaps."""
    checked(repo, rows, column, "texts", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind))
    return rows[column].to_pylist()


def checked(repo: str, rows: pa.Table, column: str, wanted: str, fits: Callable[[pa.DataType], bool]) -> None:
    """Raises DltuiError (4) where a column is not there once, holds other than what is wanted, or has gaps."""
    if rows.column_names.count(column) != 1:
        raise fault(repo, f"expected a column {column}, found {', '.join(rows.column_names[:8]) or 'none'}")
    kind = rows.schema.field(column).type
    if not fits(kind) or rows[column].null_count:
        raise fault(repo, f"expected {wanted} in {column}, found {'gaps' if fits(kind) else str(kind)[:60]}")


def fault(repo: str, reason: str) -> DltuiError:
    """Returns the error (4) that says why the hub's copy of a data set cannot be had."""
    hint = "Without the hub: --data builtin. A mirror: HF_ENDPOINT, a proxy: HTTPS_PROXY. See: dltui doctor"
    return DltuiError(f"{repo}: {reason}.", hint, ExitStatus.DATA)


def _card(repo: str, listing: Listing) -> dict:
    """The data set's card; its README.md where the hub's answer did not bring it along (a mirror's need not)."""
    if "dataset_info" in listing.card or "README.md" not in listing.sizes:
        return listing.card
    readme = bytes(_download(repo, listing, "README.md", MOST_CARD, lambda told: None))
    try:
        return hub_wire.within(hub_listing.CARD_SECONDS, lambda: hub_listing.card_of(readme))
    except TimeoutError:  # megabytes of YAML
        return {}


def _table(repo: str, listing: Listing, file: str, report: Callable[[str], None]) -> pa.Table:
    data = pa.BufferReader(pa.py_buffer(_download(repo, listing, file, MOST_BYTES, report)))
    kind = "JSON Lines" if file.endswith(".jsonl") else "Parquet"
    try:
        return pa.json.read_json(data) if kind == "JSON Lines" else read_rows(data, MOST_BYTES, MOST_ROWS)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = f": {_first_line(error)}" if type(error) is ValueError else ""
        raise fault(repo, f"{file} is not a {kind} file that can be read{reason}") from None


def _download(repo: str, listing: Listing, file: str, most: int, report: Callable[[str], None]) -> bytearray:
    from huggingface_hub import constants

    came = 0

    def tell(done: int, total: int) -> None:
        nonlocal came
        came = done
        report(f"fetching {repo} {done / 1e6:.1f}/{total / 1e6:.1f} MB")

    url = f"{constants.ENDPOINT}/datasets/{repo}/resolve/{listing.commit}/{quote(file)}"
    try:
        return hub_wire.download(url, listing.sizes[file], most, tell)
    except hub_wire.Untrue as error:
        raise fault(repo, f"{file}: {error}") from None
    except Exception as error:  # as in preflight
        after = f" after {came / 1e6:.1f} MB" if came else ""
        raise fault(repo, f"the download of {file} broke off{after}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
