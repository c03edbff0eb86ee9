"""Numbers and dates as they are said, in English and in Russian: pairs of sentences to translate."""

from datetime import date, timedelta

import numpy as np

DATES = 0.25  # share of the sentences
DIGITS = 12  # of the longest number
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)


def pairs(rows: int, seed: int) -> list[tuple[str, str]]:
    """Returns different pairs (English, Russian): numbers of 1 to DIGITS digits, and dates.

    Month and day change places; a Russian "thousand" takes one of three forms, as the number before it wants.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    found: dict[str, str] = {}
    while len(found) < rows:
        if random.random() < DATES:
            english, russian = _date(FIRST + timedelta(int(random.integers((LAST - FIRST).days + 1))))
        else:
            digits = int(random.integers(1, DIGITS + 1))
            english, russian = _number(int(random.integers(10 ** (digits - 1), 10**digits)))
        found[english] = russian
    return list(found.items())


def _number(value: int) -> tuple[str, str]:
    from num2words import num2words

    return _plain(num2words(value)), _plain(num2words(value, lang="ru"))


def _date(day: date) -> tuple[str, str]:
    """friday march the third nineteen ninety five, and the same in Russian."""
    from babel.dates import format_date
    from num2words import num2words

    names = {language: [format_date(day, form, language) for form in ("EEEE", "MMMM")] for language in ("en", "ru")}
    weekday, month = names["en"]
    english = f"{weekday} {month} the {num2words(day.day, to='ordinal')} {num2words(day.year, to='year')}"
    weekday, month = names["ru"]
    number = num2words(day.day, lang="ru", to="ordinal", gender="n")
    year = num2words(day.year, lang="ru", to="ordinal", case="g", gender="m")
    return _plain(english), _plain(f"{weekday} {number} {month} {year} года")


def _plain(text: str) -> str:
    """In small letters, without hyphens and commas: one word a piece."""
    return text.lower().replace("-", " ").replace(",", "")
