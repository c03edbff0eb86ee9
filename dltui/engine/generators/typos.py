"""Misspelt words as fingers make them: neighbours on the keyboard, letters left out, doubled or in the wrong order."""

import numpy as np

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHIFTS = (0.0, 0.25, 0.75)  # by which a row of keys stands to the right
NEAR = 1.2  # keys apart
KINDS, SHARES = ("substitute", "delete", "insert", "transpose"), (0.4, 0.2, 0.2, 0.2)
TWICE = 0.2  # share of words with two errors
BESIDE = 0.9  # share of wrong letters that are from a key beside the right one
DOUBLED = 0.7  # share of added letters that repeat the one before


def _neighbours() -> dict[str, str]:
    at = {
        key: (column + shift, row)
        for row, (keys, shift) in enumerate(zip(KEYS, SHIFTS, strict=True))
        for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other for other in ALPHABET if other != key and np.hypot(at[other][0] - x, at[other][1] - y) <= NEAR
        )
        for key, (x, y) in at.items()
    }


NEIGHBOURS = _neighbours()


def misspelt(word: str, random: np.random.Generator) -> str:
    """Returns the word with an error, now and then with two; never the word itself. It has two letters or more."""
    written = word
    while written == word:
        written = word
        for _ in range(1 + (random.random() < TWICE)):
            written = _with_error(written, random)
    return written


def _with_error(word: str, random: np.random.Generator) -> str:
    kind, at = random.choice(KINDS, p=SHARES), int(random.integers(len(word)))
    if kind == "delete":
        return word[:at] + word[at + 1 :] if len(word) > 1 else word
    if kind == "transpose":
        return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    letter = _wrong(word[at], random)
    if kind == "substitute":
        return word[:at] + letter + word[at + 1 :]
    return word[: at + 1] + (word[at] if random.random() < DOUBLED else letter) + word[at + 1 :]


def _wrong(letter: str, random: np.random.Generator) -> str:
    near = NEIGHBOURS[letter] if random.random() < BESIDE else ALPHABET.replace(letter, "")
    return near[random.integers(len(near))]
