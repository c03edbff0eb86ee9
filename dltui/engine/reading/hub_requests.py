"""What is asked of the Hugging Face hub, and how it is told what went wrong: which files a data set has, and a file.

Of `huggingface_hub` only the session is used (its tokens, proxies, mirrors and offline mode): `hf_hub_download` tries
again for minutes when a hub hangs (390 s measured). `datasets` reads what has been fetched: see hub_repository.py.
"""

from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import quote

from dltui.engine.reading import hub_listing, hub_wire
from dltui.engine.reading.hub_listing import Listing
from dltui.errors import DltuiError, ExitStatus

PREFLIGHT_SECONDS = 3.0
MOST_LISTED = 20_000_000  # bytes of the list of files
REFUSALS = (401, 403, 404)
WITHOUT = "Without the hub: --data builtin."

_unreachable = ""  # why the hub could not be reached, once it could not: it is not asked again in this process


def preflight(repo: str, revision: str) -> Listing:
    """Returns what the hub says of a data set, asked once, within PREFLIGHT_SECONDS. Raises DltuiError (4)."""
    global _unreachable
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    if _unreachable:
        raise fault(repo, _unreachable)
    url = f"{constants.ENDPOINT}/api/datasets/{repo}/revision/{quote(revision, safe='')}?blobs=true"
    try:  # its answer is the preflight and the list of files at once
        return hub_listing.parsed(hub_wire.answer(url, PREFLIGHT_SECONDS, MOST_LISTED))
    except OfflineModeIsEnabled:
        raise fault(repo, "HF_HUB_OFFLINE forbids asking the hub") from None
    except hub_wire.Refused as error:
        if error.status in REFUSALS:
            raise _refused(repo, revision, error) from None
        reason = str(error)
    except TimeoutError:
        reason = f"the hub did not answer in {PREFLIGHT_SECONDS:g} s"
    except ValueError as error:
        raise fault(repo, str(error)) from None
    except Exception as error:  # whatever the session's HTTP library raises: httpx, httpx2, ssl
        reason = f"the hub cannot be reached: {first_line(error)}"
    _unreachable = reason
    constants.HF_HUB_OFFLINE = True  # nothing else of Hugging Face shall wait for it either
    raise fault(repo, reason)


def fault(repo: str, reason: str) -> DltuiError:
    """Returns the error (4) that says why the hub's copy of a data set cannot be had."""
    return DltuiError(
        f"{repo}: {reason}.",
        f"{WITHOUT} A mirror: HF_ENDPOINT, a proxy: HTTPS_PROXY. See: dltui doctor",
        ExitStatus.DATA,
    )


def download(
    repo: str, listing: Listing, file: str, into: BinaryIO, most: int, report: Callable[[int, int], None]
) -> None:
    """Writes a file of a repository. report: is told the bytes that came, and of how many.

    Raises DltuiError (4), and OSError where the disk is full.
    """
    from huggingface_hub import constants

    came = 0

    def tell(done: int, total: int) -> None:
        nonlocal came
        came = done
        report(done, total)

    url = f"{constants.ENDPOINT}/datasets/{repo}/resolve/{listing.commit}/{quote(file)}"
    try:
        hub_wire.download(url, into, listing.sizes[file], most, tell)
    except (OSError, DltuiError):  # DltuiError: of `report`, where it is asked to stop
        raise
    except hub_wire.Untrue as error:
        raise fault(repo, f"{file}: {error}") from None
    except hub_wire.Refused as error:
        raise (
            _refused(repo, listing.commit, error) if error.status in REFUSALS else fault(repo, f"{file}: {error}")
        ) from None
    except Exception as error:  # as in preflight
        after = f" after {came / 1e6:.1f} MB" if came else ""
        raise fault(repo, f"the download of {file} broke off{after}: {first_line(error)}") from None


def first_line(error: BaseException) -> str:
    """Returns what an error says, in one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:300]


def _refused(repo: str, revision: str, error: hub_wire.Refused) -> DltuiError:
    """What 401, 403 and 404 mean, and what to do: the hub answers 401 or 404 for a private set as for none."""
    from huggingface_hub import get_token

    of = f" of {revision}" if revision != "main" else ""
    known = "the token that `hf auth login` left was sent" if get_token() else "no token of yours was found"
    told = {
        401: f"there is no such data set{of}, or it is private and {known}",
        403: f"it is gated: its owner has not granted you access, and {known}",
        404: f"there is no such data set{of}, or it is not for you",
    }[error.status]
    hint = "Look for its name on the hub, OWNER/NAME."
    if error.status != 404:
        hint = f"Log in: hf auth login. Ask for access on the page datasets/{repo} of the hub."
    return DltuiError(f"{repo}: {error}: {told}.", f"{hint} {WITHOUT}", ExitStatus.DATA)
