"""The one place where text from data, labels, recipes and file names is made harmless for a terminal."""

import re

# C0 and C1 controls, DEL, line and paragraph separators, the characters that turn the direction of writing, and
# surrogates: Python's stand-ins for the bytes of a file name that is not UTF-8, which no stream takes
# as patterns: the first screen of the app needs neither compiled
_HARMFUL = (
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)
_ESCAPES = (
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI ... final byte
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]?"  # the short ones
)


def clean(text: str) -> str:
    """Returns `text` without terminal escapes and control characters; newlines stay, a tab becomes a space."""
    if text.isprintable() or text.replace("\n", "").isprintable():  # a long table takes a tenth of what patterns take
        return text
    return re.sub(_HARMFUL, "", re.sub(_ESCAPES, "", text.replace("\t", " ")))


def clean_line(text: object) -> str:
    """Returns the text of `text` on one line, cleaned."""
    return " ".join(clean(str(text)).splitlines())
