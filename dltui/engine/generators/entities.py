"""English sentences with names of persons, places and organisations, each word with its tag (BIO).

Many names can be two or three of these, and what one is, often only the words after it tell: "today washington said
that", "today washington lies on a river", "today washington motors sold". Half of the names are made of syllables
anew, so that many of those of the test never come in training.
"""

import numpy as np

KINDS = ("PER", "LOC", "ORG")
TAGS = ("O", *(f"{place}-{kind}" for kind in KINDS for place in "BI"))
# a person, a place, or the first word of an organisation
SHARED = [
    "washington", "jordan", "paris", "lincoln", "austin", "victoria", "sydney", "madison", "florence", "chelsea",
    "houston", "carter", "hudson", "kent", "lancaster", "carson", "georgia", "orlando", "savannah", "vernon",
]  # fmt: skip
FIRST = ["mary", "john", "anna", "peter", "susan", "david", "laura", "tom", "alice", "frank"]
SURNAMES = ["smith", "miller", "brown", "baker", "fisher", "cooper", "turner", "walker"]
PLACE_ENDS = ["city", "valley", "island", "falls", "park"]
ORGANISATION_ENDS = ["motors", "bank", "airways", "college", "foods", "press", "steel", "insurance"]
SYLLABLES = ["kel", "mar", "dor", "vin", "ost", "lan", "bre", "tik", "sol", "rud", "fen", "gar", "hap", "jun", "wex"]
OPENERS = ["", "today", "yesterday", "we know that", "people say that", "last year", "as you heard ,", "once more"]
BEFORE = {
    "PER": ["mr", "mrs", "doctor", "they met", "she married"],
    "LOC": ["in", "near", "they flew to", "the streets of"],
    "ORG": ["shares of", "the managers of", "she works for", "customers of"],
}
AFTER = {
    "PER": [
        "said that it rained",
        "wrote a letter",
        "was born in winter",
        "laughed at him",
        "sang a song",
        "slept well",
    ],
    "LOC": ["lies on a river", "has two bridges", "has wide streets", "is a small town", "was flooded in may"],
    "ORG": ["sold its shares", "hired new staff", "made a profit", "was founded in may", "opened an office"],
}
ANY_AFTER = ["was in the news", "is often spoken of", "was praised", "is well known"]
MIDDLES = ["", "", "of all names", "once again", "as they say", "this time"]  # between a name and what tells its kind
Tagged = list[tuple[str, str]]


def sentences(count: int, seed: int) -> list[Tagged]:
    """Returns `count` sentences as (word, tag) pairs; the same arguments give the same."""
    writer = Writer(np.random.Generator(np.random.PCG64(seed)))
    return [writer.sentence() for _ in range(count)]


class Writer:
    """Draws sentences rule by rule."""

    def __init__(self, random: np.random.Generator):
        self.random = random

    def sentence(self) -> Tagged:
        """One or two names: the kind of each is told by what stands before it, or behind it."""
        kind = self.one(KINDS)
        if self.chance(0.35):
            told = [*plain(self.one(BEFORE[kind])), *self.name(kind)]
            return [*plain(self.one(OPENERS)), *told, *plain(self.one(ANY_AFTER)), (".", "O")]
        found = [*plain(self.one(OPENERS)), *self.name(kind), *plain(self.one(MIDDLES))]
        found += plain(self.one(AFTER[kind]))
        if self.chance(0.5):
            other = self.one(KINDS)
            found += [*plain(self.one(BEFORE[other])), *self.name(other)]
        return [*found, (".", "O")]

    def name(self, kind: str) -> Tagged:
        """One to three words; the last one may tell the kind."""
        words = [self.one(SHARED) if self.chance(0.5) else self.new()]
        if kind == "PER":
            words = [self.one(FIRST), *words] if self.chance(0.3) else words
            words += [self.one(SURNAMES) if self.chance(0.4) else self.new()] if self.chance(0.3) else []
        elif self.chance(0.5):
            words += [self.new()] if self.chance(0.3) else []
            words += (
                [self.one(PLACE_ENDS if kind == "LOC" else ORGANISATION_ENDS)] if self.chance(0.5) else [self.new()]
            )
        return [(word, f"{'I' if place else 'B'}-{kind}") for place, word in enumerate(words)]

    def new(self) -> str:
        return "".join(self.one(SYLLABLES) for _ in range(3))

    def one(self, words: list[str] | tuple[str, ...]) -> str:
        return words[self.random.integers(len(words))]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)


def plain(words: str) -> Tagged:
    """Words that are no part of a name."""
    return [(word, "O") for word in words.split()]
