"""The one place that talks to the Hugging Face hub: which files a data set has there, and their rows.

Of `datasets` and `huggingface_hub` only the session is used (its tokens, proxies, mirrors and offline mode), and
pyarrow. `load_dataset` and `hf_hub_download` try again for minutes when a hub hangs (390 s measured), keep two further
copies of the rows on disk, and leave `*.incomplete` behind when killed. Here a file is taken into memory, tried once
more from where it broke off, compared with its sha256, and decoded: what is half there is never on disk. No code that
a repository holds is ever run.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from fnmatch import fnmatch
from typing import NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

from dltui.errors import DltuiError, ExitStatus

PREFLIGHT_SECONDS = 3.0
STALL_SECONDS = 3.0  # without a byte
SHA256 = re.compile(r'"?([0-9a-f]{64})"?')

_unreachable = ""  # why the hub could not be reached, once it could not: it is not asked again in this process


class Source(NamedTuple):
    """A pinned data set: repository, configuration, and the Parquet or JSON Lines files of each split as a pattern."""

    repo: str
    config: str
    files: dict[str, str]
    revision: str = "main"


class Snapshot(NamedTuple):
    """What one answer of the hub told: the commit, the files of each split, and how many rows the card promises."""

    commit: str
    files: dict[str, list[str]]
    rows: dict[str, int]


def tables(source: Source, report: Callable[[str], None]) -> tuple[dict[str, pa.Table], str]:
    """Returns the rows of each split as they stand in the files, and the commit they are of.

    Raises DltuiError (4) within seconds where the hub is not to be reached, lacks the data set, or breaks off.
    """
    snapshot = preflight(source)
    found = {}
    for split, files in snapshot.files.items():
        parts = [_table(source.repo, snapshot.commit, file, report) for file in files]
        found[split] = pa.concat_tables(parts)
        promised = snapshot.rows.get(split, found[split].num_rows)
        if promised != found[split].num_rows:
            held = f"the files hold {found[split].num_rows:,}"
            raise fault(source.repo, f"the card promises {promised:,} rows of {split}, {held}")
    return found, snapshot.commit


def preflight(source: Source) -> Snapshot:
    """Returns what the hub says of a data set, asked once, within PREFLIGHT_SECONDS. Raises DltuiError (4)."""
    global _unreachable
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if _unreachable:
        raise fault(source.repo, _unreachable)
    try:
        api = HfApi()  # its answer is the preflight and the list of files at once
        info = _within(
            PREFLIGHT_SECONDS,
            lambda: api.dataset_info(source.repo, revision=source.revision, timeout=PREFLIGHT_SECONDS),
        )
    except OfflineModeIsEnabled:
        raise fault(source.repo, "HF_HUB_OFFLINE forbids asking the hub") from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):
            raise fault(source.repo, f"the hub answered {status}: there is no such data set, or not for you") from None
        reason = f"the hub answered {status}"
    except TimeoutError:
        reason = f"the hub did not answer in {PREFLIGHT_SECONDS:g} s"
    except Exception as error:  # whatever the session's HTTP library raises: httpx, httpx2, ssl, json
        reason = f"the hub cannot be reached: {_first_line(error)}"
    else:
        return _snapshot(source, info)
    _unreachable = reason
    constants.HF_HUB_OFFLINE = True  # nothing else of Hugging Face shall wait for it either
    raise fault(source.repo, reason)


def fault(repo: str, reason: str) -> DltuiError:
    """Returns the error (4) that says why the hub's copy of a data set cannot be had."""
    hint = "Without the hub: --data builtin. A mirror: HF_ENDPOINT, a proxy: HTTPS_PROXY. See: dltui doctor"
    return DltuiError(f"{repo}: {reason}.", hint, ExitStatus.DATA)


def _within(seconds: float, work: Callable[[], object]) -> object:
    """Returns what `work` returns, or raises what it raises; TimeoutError where it takes longer.

    The socket's own timeout is not enough: a name server may hang before there is a socket.
    """
    outcome: list[tuple[object, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:  # handed to the caller below
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError
    result, error = outcome[0]
    if error is None:
        return result
    raise TimeoutError if "Timeout" in type(error).__name__ else error


def _snapshot(source: Source, info) -> Snapshot:
    names = sorted(sibling.rfilename for sibling in info.siblings or ())
    files = {split: [n for n in names if fnmatch(n, pattern)] for split, pattern in source.files.items()}
    for split, found in files.items():
        if not found:
            raise fault(source.repo, f"expected files {source.files[split]}, found {', '.join(names[:5]) or 'none'}")
    card = info.card_data.to_dict() if info.card_data else {}
    if "dataset_info" not in card and "README.md" in names:
        card = _card(source.repo, info.sha)
    return Snapshot(info.sha, files, _promised(card, source.config))


def _card(repo: str, commit: str) -> dict:
    """The head of README.md, where the answer of the hub did not bring it along (a mirror's need not)."""
    from huggingface_hub import DatasetCard

    text = _download(repo, commit, "README.md", lambda told: None).decode("utf-8", "replace")
    try:
        return DatasetCard(text, ignore_metadata_errors=True).data.to_dict()
    except ValueError:
        return {}


def _promised(card: dict, config: str) -> dict[str, int]:
    """Rows of each split, where the card says them."""
    infos = card.get("dataset_info") or []
    for info in infos if isinstance(infos, list) else [infos]:
        if info.get("config_name", config) == config:
            return {s["name"]: s["num_examples"] for s in info.get("splits") or () if "num_examples" in s}
    return {}


def _table(repo: str, commit: str, file: str, report: Callable[[str], None]) -> pa.Table:
    data = pa.BufferReader(_download(repo, commit, file, report))
    kind, read = ("JSON Lines", pa.json.read_json) if file.endswith(".jsonl") else ("Parquet", pa.parquet.read_table)
    try:
        return read(data)
    except (pa.ArrowException, OSError):
        raise fault(repo, f"{file} is not a {kind} file that can be read") from None


def _download(repo: str, commit: str, file: str, report: Callable[[str], None]) -> bytes:
    """Returns a file, gone on with where a connection breaks off, for as long as each try brings something.

    Raises DltuiError where one brings nothing, or where the bytes are not those that the hub has.
    """
    from huggingface_hub import constants

    url = f"{constants.ENDPOINT}/datasets/{repo}/resolve/{commit}/{quote(file)}"
    body, total, digest = bytearray(), None, ""
    while total is None or len(body) < total:
        before = len(body)
        try:
            total, digest = _append(url, body, lambda done, total: report(f"fetching {repo} {_megabytes(done, total)}"))
        except Exception as error:  # as in preflight
            if len(body) <= before:
                of = f" after {len(body) / 1e6:.1f} MB" if body else ""
                raise fault(repo, f"the download of {file} broke off{of}: {_first_line(error)}") from None
    if len(body) != total or (digest and hashlib.sha256(body).hexdigest() != digest):
        raise fault(repo, f"{file} came damaged: its size or sha256 is not what the hub has")
    return bytes(body)


def _append(url: str, body: bytearray, tell: Callable[[int, int], None]) -> tuple[int, str]:
    """Appends to `body` what it lacks of the file at `url`. Returns the file's size and, where it is known, sha256."""
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if body:
        headers["Range"] = f"bytes={len(body)}-"
    with get_session().stream("GET", url, headers=headers, timeout=STALL_SECONDS, follow_redirects=True) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:
            body.clear()  # the server began anew
        total = len(body) + int(response.headers["Content-Length"])
        # the hub names the sha256 of a large file in its first answer, before it sends us on to where the bytes lie
        told = (*response.history, response)[0].headers
        digest = SHA256.fullmatch(told.get("X-Linked-Etag") or told.get("ETag") or "")
        for chunk in response.iter_bytes():  # as they come: a larger piece would be lost where the connection breaks
            body += chunk
            tell(len(body), total)
    return total, digest[1] if digest else ""


def _megabytes(done: int, total: int) -> str:
    return f"{done / 1e6:.1f}/{total / 1e6:.1f} MB"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
