"""Whole numbers that people and other programs write: str.isdigit() holds for "²", which is none for int(), and int()
takes no more than 4,300 digits."""

MOST = 9  # digits: what is counted here has fewer


def whole(text: str) -> int | None:
    """Returns the number of at most MOST decimal digits that a text is; None where it is none such."""
    return int(text) if text.isdecimal() and len(text) <= MOST else None
