"""Byte pair encoding: the pair of symbols that stands together most often becomes a symbol (Gage 1994; Sennrich,
Haddow and Birch 2016, arXiv:1508.07909; of bytes Radford et al. 2019).
"""

import re
import sysconfig
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes import files
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spans, Tree

NEEDS_DATA = False
METRICS = {
    "merges_made": Metric("merges so far", counter=True),
    "english_ratio": Metric("symbols a character of held-out English", better="lower"),
    "russian_ratio": Metric("symbols a character of held-out Russian", better="lower", axis="english_ratio"),
    "code_ratio": Metric("symbols a character of held-out Python", better="lower", axis="english_ratio"),
    "worst_ratio": Metric(
        "the greatest of english_ratio, russian_ratio and code_ratio", better="lower", axis="english_ratio"
    ),
    "lost": Metric("texts that are not the same after they are cut and joined again", better="lower", check=True),
}
LANGUAGES = ("english", "russian", "code")
MODULES = ("textwrap.py", "shutil.py", "statistics.py", "csv.py", "heapq.py", "bisect.py", "glob.py", "string.py")
TRAINED, HELD = 60_000, 6_000  # characters of each language
SHOWN = {
    "english": "Training the network with a smaller learning rate takes longer.",
    "russian": "Обучение сети с меньшей скоростью обучения длится дольше.",
    "code": "def forward(self, inputs):\n    return self.layers(inputs)",
}
STRANGE = ("", " ", "\n\n\t", "naïve 日本語 🎈", "\x00\x7f", "ǅ ﬁ e\u0301")
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+|.")  # a symbol never crosses these borders
BYTES = 256
A_STEP = 10  # merges
LONGEST = 8  # characters of the scale of colours
Pair = tuple[int, int]


def build(
    *,
    merges: int = 600,
    choose: Literal["frequent", "random"] = "frequent",
    trained_on: list[str] = ("english", "russian", "code"),
) -> Callable[[Context], "BytePairs"]:
    """Each step makes ten merges; the texts are the lessons of the recipes and Python's library, drawn by the seed.

    merges: how many are made, at least 10, at most 2000.
    choose: the pair that is merged: the most frequent one, or any that there is.
    trained_on: the languages whose texts decide on the merges: english, russian, code.
    """
    return lambda context: BytePairs(merges, choose, [one for one in LANGUAGES if one in trained_on] or [*LANGUAGES])


@lru_cache
def texts() -> dict[str, list[str]]:
    """Language -> texts: the lessons of all recipes, and modules of Python's library."""
    told = [files.read_table(path).get("lesson", {}) for path in files.files().values()]
    found = {name: [one[key] for one in told if key in one] for name, key in (("english", "en"), ("russian", "ru"))}
    library = Path(sysconfig.get_path("stdlib"))
    found["code"] = [(library / name).read_text(encoding="utf-8") for name in MODULES]
    return found


def drawn(parts: list[str]) -> tuple[str, str]:
    """Returns characters to train on and others to test with, of other texts."""
    order = torch.randperm(len(parts)).tolist()
    return "".join(parts[place] for place in order[1:])[:TRAINED], parts[order[0]][:HELD]


def words_of(text: str) -> Counter[bytes]:
    return Counter(word.encode() for word in WORD.findall(text))


def merged(symbols: list[int], pair: Pair, new: int) -> list[int]:
    """The symbols with each occurrence of the pair, from the left, as one."""
    found, place = [], 0
    while place < len(symbols):
        here = place + 1 < len(symbols) and (symbols[place], symbols[place + 1]) == pair
        found.append(new if here else symbols[place])
        place += 1 + here
    return found


class Vocabulary:
    """Merges in their order; symbol BYTES + m is what merge m makes."""

    def __init__(self, merges: list[Pair]):
        self.rank = {pair: number for number, pair in enumerate(merges)}
        self.bytes = [bytes([one]) for one in range(BYTES)]
        for first, second in merges:
            self.bytes.append(self.bytes[first] + self.bytes[second])

    def word(self, word: bytes) -> list[int]:
        """The symbols of a word: the earliest merge that it has is made first."""
        symbols = list(word)
        while len(symbols) > 1:
            best = min(pairwise(symbols), key=lambda pair: self.rank.get(pair, len(self.bytes)))
            if best not in self.rank:
                break
            symbols = merged(symbols, best, BYTES + self.rank[best])
        return symbols

    def encode(self, text: str) -> list[int]:
        words = WORD.findall(text)
        cut = {word: self.word(word.encode()) for word in set(words)}
        return [symbol for word in words for symbol in cut[word]]

    def decode(self, symbols: list[int]) -> str:
        return b"".join(self.bytes[symbol] for symbol in symbols).decode()


def learned(words: Counter[bytes], count: int, choose: str = "frequent") -> list[Pair]:
    """Returns the merges of a corpus: after each only the words that hold its pair are counted anew."""
    cut, times = [list(word) for word in words], list(words.values())
    pairs: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = {}
    for number, symbols in enumerate(cut):
        _count(symbols, times[number], number, pairs, where)
    made: list[Pair] = []
    while len(made) < count and (left := [pair for pair, often in pairs.items() if often > 0]):
        if choose == "frequent":
            best = max(left, key=lambda pair: (pairs[pair], pair))
        else:
            best = sorted(left)[int(torch.randint(len(left), ()))]
        for number in sorted(where[best]):
            _count(cut[number], -times[number], number, pairs, where)
            cut[number] = merged(cut[number], best, BYTES + len(made))
            _count(cut[number], times[number], number, pairs, where)
        made.append(best)
    return made


def _count(symbols: list[int], times: int, number: int, pairs: Counter[Pair], where: dict[Pair, set[int]]) -> None:
    for pair in pairwise(symbols):
        pairs[pair] += times
        where.setdefault(pair, set()).add(number)


class BytePairs:
    """A walkthrough of the merges of one corpus."""

    def __init__(self, merges: int, choose: str, trained_on: list[str]):
        parts = {language: drawn(texts()[language]) for language in LANGUAGES}
        corpus = sum((words_of(parts[language][0]) for language in trained_on), Counter())
        self.merges = learned(corpus, merges, choose)
        self.held = {language: parts[language][1] for language in LANGUAGES}
        self.length = -(-len(self.merges) // A_STEP)
        self.ratios = {language: self._course(text) for language, text in self.held.items()}

    def _course(self, text: str) -> np.ndarray:
        """Symbols a character after 0, 1, ... merges."""
        words = words_of(text)
        cut, counts = {word: list(word) for word in words}, []
        total = sum(len(word) * times for word, times in words.items())
        counts.append(total)
        for number, pair in enumerate(self.merges):
            for word, symbols in cut.items():
                if pair[0] in symbols and pair[1] in symbols:
                    cut[word] = merged(symbols, pair, BYTES + number)
                    total -= (len(symbols) - len(cut[word])) * words[word]
            counts.append(total)
        return np.array(counts) / max(1, len(text))

    def at(self, step: int) -> Moment:
        """With the merges made by then."""
        count = min(len(self.merges), step * A_STEP)
        known = Vocabulary(self.merges[:count])
        ratios = {f"{language}_ratio": float(course[count]) for language, course in self.ratios.items()}
        everything = (*STRANGE, *self.held.values(), *SHOWN.values())
        lost = sum(known.decode(known.encode(text)) != text for text in everything)
        pictures = [Picture(language, _spans(text, known)) for language, text in SHOWN.items()]
        pictures.append(Picture("symbols", self._lines(count)))
        if count:
            pictures.append(Picture("newest merge", _tree(self.merges, count - 1, known)))
        return Moment({"merges_made": count, **ratios, "worst_ratio": max(ratios.values()), "lost": lost}, pictures)

    def _lines(self, count: int) -> Lines:
        made = np.arange(count + 1)
        curves = {language: (made, course[: count + 1]) for language, course in self.ratios.items()}
        return lines(curves, x_title="merges", y_title="symbols a character")


def _text(part: bytes) -> str:
    """A symbol to be read: part of a character as its bytes in hexadecimal."""
    try:
        return part.decode()
    except UnicodeDecodeError:
        return f"<{part.hex()}>"


def _spans(text: str, known: Vocabulary) -> Spans:
    """A sentence cut into symbols; how long each is."""
    parts = [_text(known.bytes[symbol]) for symbol in known.encode(text)]
    seen = [part.replace("\n", "↵") if part.strip(" \n") == "" else part for part in parts]
    return Spans(
        parts=[f"{part}|" for part in seen],
        values=np.array([min(LONGEST, len(part)) for part in parts], float),
        limits=np.array([1.0, LONGEST]),
        unit="characters",
        title=f"{len(parts)} symbols, {len(text)} characters",
    )


def _tree(merges: list[Pair], newest: int, known: Vocabulary) -> Tree:
    """Out of which bytes the symbol of a merge was made, and by which merges before."""
    leaves: list[int] = []
    rows: list[tuple[object, object]] = []
    heights: list[int] = []

    def grown(symbol: int) -> tuple[str, int]:
        if symbol < BYTES:
            leaves.append(symbol)
            return "leaf", len(leaves) - 1
        first, second = (grown(one) for one in merges[symbol - BYTES])
        rows.append((first, second))
        heights.append(symbol - BYTES + 1)
        return "merge", len(rows) - 1

    grown(BYTES + newest)
    numbered = [[at + len(leaves) * (kind == "merge") for kind, at in row] for row in rows]
    whole = _text(known.bytes[BYTES + newest]).replace(" ", "␣").replace("\n", "↵")
    return Tree(
        merges=np.array(numbered),
        heights=np.array(heights, float),
        leaves=[_text(bytes([leaf])).replace(" ", "␣").replace("\n", "↵") for leaf in leaves],
        y_title=f"merge {newest + 1}: {whole}",
    )
