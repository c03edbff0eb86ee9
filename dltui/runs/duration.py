"""Lengths of time as a person writes them: 90s, 30m, 12h, 30d, 2w."""

import re

from dltui.errors import DltuiError, ExitStatus

UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
NAMES = {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week"}
WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(s|min|m|h|d|w)", re.IGNORECASE)


def seconds(text: str) -> float | None:
    """Returns the seconds of a length of time such as 30d; None where it is none."""
    found = WRITTEN.fullmatch(text.strip())
    return float(found[1]) * UNITS[found[2].lower()] if found else None


def parse(text: str, option: str) -> float:
    """Returns the seconds of what was given for an option. Raises DltuiError (2) where that is no length of time."""
    found = seconds(text)
    if not found:
        what = f'{option} "{text}" is no length of time above 0.'
        units = "s, m (minutes), h, d or w (weeks)"
        raise DltuiError(what, f"A number and a unit, {units}. Example: {option} 30d", ExitStatus.USAGE)
    return found


def in_words(text: str) -> str:
    """Returns "30 minutes" of 30m: what was understood, before something is done by it."""
    number, unit = WRITTEN.fullmatch(text.strip()).groups()
    return f"{number} {NAMES[unit.lower()]}{'' if float(number) == 1 else 's'}"
