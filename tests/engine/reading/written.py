"""What tests write for readers to read: in which encodings a text can be, and how often they try."""

from hypothesis import HealthCheck, settings

FEW = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def encodings_of(text: str) -> list[str]:
    """The encodings in which a program of today, or of Windows, would have written a text, and it can be found out."""
    found = ["utf-8", "utf-8-sig", "utf-16"]
    letters = [letter for letter in text if not letter.isascii()]
    if letters and all("а" <= letter.lower() <= "я" or letter in "ёЁ" for letter in letters):
        found.append("cp1251")
    if letters and all(letter in "üöäßÜ" for letter in letters):
        found.append("cp1252")
    return found
