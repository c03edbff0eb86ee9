"""`hf:OWNER/NAME[:CONFIG][@REVISION]`: a data set of the Hugging Face hub that a user names."""

import re
from typing import NamedTuple

from dltui.errors import DltuiError, ExitStatus

PREFIX = "hf:"
FORM = "hf:OWNER/NAME[:CONFIG][@REVISION]"
PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})"
NAME = re.compile(
    rf"hf:(?P<repo>{PART}(?:/{PART})?)(?::(?P<config>[^@:\s/]{{1,100}}))?(?:@(?P<revision>[^@\s]{{1,200}}))?"
)
COMMIT = re.compile(r"[0-9a-f]{40}")


class HubName(NamedTuple):
    """config: "" where the data set has one, or a default; revision: a branch, a tag, or a commit."""

    repo: str
    config: str = ""
    revision: str = "main"

    @property
    def is_pinned(self) -> bool:
        """Whether it names a commit, whose rows never change."""
        return bool(COMMIT.fullmatch(self.revision))

    def __str__(self) -> str:
        config = f":{self.config}" if self.config else ""
        revision = f"@{self.revision}" if self.revision != "main" else ""
        return f"{PREFIX}{self.repo}{config}{revision}"


def is_hub_name(source: object) -> bool:
    """Whether a value of data.from is meant as the name of a data set of the hub."""
    return isinstance(source, str) and source.startswith(PREFIX)


def parse(source: str) -> HubName:
    """Returns what `hf:OWNER/NAME[:CONFIG][@REVISION]` says. Raises DltuiError (2) where it is not of that form."""
    match = NAME.fullmatch(source)
    if match is None or ".." in match["repo"] or ".." in (match["revision"] or ""):
        hint = f"Its form is {FORM}, such as hf:zalando-datasets/fashion_mnist."
        raise DltuiError(f'data.from "{source}" names no data set of the hub.', hint, ExitStatus.USAGE)
    return HubName(match["repo"], match["config"] or "", match["revision"] or "main")
