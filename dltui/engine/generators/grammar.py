"""Sentences of a small English grammar with the part of speech of each word; many words can be two or three of these.

What a word is, only its neighbours tell: "they watch the light play", "the light watch will play". Nouns stand in
both numbers and verbs agree with their subject, so that "watches" is a noun after "the" and a verb after "she".
"""

import numpy as np

TAGS = ("DET", "NOUN", "VERB", "ADJ", "ADV", "PRON", "ADP", "AUX", "PART", "PUNCT")
# one tag each
NOUNS = ["dog", "cat", "child", "teacher", "river", "garden", "window", "letter", "city", "bird", "farmer", "doctor"]
VERBS = ["see", "know", "find", "bring", "move", "follow", "hear", "sell", "write", "eat"]
ADJECTIVES = ["old", "small", "happy", "strange", "young", "tall", "new", "grey"]
ADVERBS = ["often", "never", "soon", "now", "slowly", "gladly"]
# a noun and a verb
NOUN_VERBS = [
    "watch", "play", "cook", "walk", "book", "hand", "water", "guard", "ride", "paint",
    "judge", "help", "answer", "visit", "market", "plant", "ship", "crowd", "nurse",
]  # fmt: skip
# an adjective, a noun and a verb
THREE = ["light", "clean", "open", "calm", "dry", "cool", "slow", "warm", "back", "right"]
# an adverb and an adjective
ADVERB_ADJECTIVES = ["fast", "hard", "early", "late", "well"]
DETERMINERS = ["the", "a", "this", "that", "every"], ["the", "these", "those", "some", "many"]  # of one, of several
PRONOUNS = ["she", "he", "it"], ["they", "we", "you"]
OBJECTS = ["them", "him", "us"]
ADPOSITIONS = ["with", "near", "under", "behind", "like", "to"]  # "like" is a verb too, "to" stands before verbs too
AUXILIARIES = ["will", "can", "must", "may"]  # "will", "can" and "must" are nouns too
PLURALS = {"child": "children", "city": "cities", "dry": "dries"}
Tagged = list[tuple[str, str]]


def sentences(count: int, seed: int) -> list[Tagged]:
    """Returns `count` sentences as (word, tag) pairs; the same arguments give the same."""
    writer = Writer(np.random.Generator(np.random.PCG64(seed)))
    return [writer.sentence() for _ in range(count)]


def with_s(word: str) -> str:
    """Returns the plural of a noun, which is also how its verb ends after "she"."""
    if word in PLURALS:
        return PLURALS[word]
    return word + ("es" if word.endswith(("s", "sh", "ch", "x")) else "s")


class Writer:
    """Draws sentences rule by rule. `several`: whether a noun or the verb's subject stands for more than one."""

    def __init__(self, random: np.random.Generator):
        self.random = random

    def sentence(self) -> Tagged:
        several = self.chance(0.5)
        subject = self.subject(several)
        if self.chance(0.15):
            return [*self.word(AUXILIARIES, "AUX"), *subject, *self.action(None), ("?", "PUNCT")]
        if self.chance(0.45):
            return [*subject, *self.word(AUXILIARIES, "AUX"), *self.adverb(0.2), *self.action(None), (".", "PUNCT")]
        return [*subject, *self.adverb(0.2), *self.action(several), (".", "PUNCT")]

    def subject(self, several: bool) -> Tagged:
        if self.chance(0.3):
            return self.word(PRONOUNS[several], "PRON")
        return self.noun_phrase(several, deep=True)

    def noun_phrase(self, several: bool, deep: bool = False) -> Tagged:
        found = self.word(DETERMINERS[several], "DET")
        while self.chance(0.35) and len(found) < 3:
            found += self.adjective()
        found += self.noun(several)
        return found + self.place() if deep and self.chance(0.2) else found

    def noun(self, several: bool) -> Tagged:
        kinds = (NOUNS, NOUN_VERBS, THREE, AUXILIARIES[:3])
        ((word, tag),) = self.word(kinds[self.random.choice(4, p=(0.15, 0.5, 0.3, 0.05))], "NOUN")
        return [(with_s(word) if several else word, tag)]

    def adjective(self) -> Tagged:
        kinds = (ADJECTIVES, THREE, ADVERB_ADJECTIVES)
        return self.word(kinds[self.random.choice(3, p=(0.3, 0.5, 0.2))], "ADJ")

    def adverb(self, share: float) -> Tagged:
        return self.word(ADVERBS if self.chance(0.5) else ADVERB_ADJECTIVES, "ADV") if self.chance(share) else []

    def place(self) -> Tagged:
        return [*self.word(ADPOSITIONS, "ADP"), *self.noun_phrase(self.chance(0.5))]

    def action(self, several: bool | None) -> Tagged:
        """A verb and what belongs to it; after an auxiliary (None) it has no ending."""
        if self.chance(0.12):
            found = self.verb(["want", "hope", "plan"], several)
            return [*found, ("to", "PART"), *self.action(None)]
        kinds = (VERBS, NOUN_VERBS, THREE, ["like"])
        found = self.verb(kinds[self.random.choice(4, p=(0.15, 0.5, 0.25, 0.1))], several)
        if self.chance(0.7):
            found += self.word(OBJECTS, "PRON") if self.chance(0.2) else self.noun_phrase(self.chance(0.5))
        if self.chance(0.3):
            found += self.place()
        return found + (self.word(ADVERB_ADJECTIVES, "ADV") if self.chance(0.25) else [])

    def verb(self, words: list[str], several: bool | None) -> Tagged:
        ((word, tag),) = self.word(words, "VERB")
        return [(with_s(word) if several is False else word, tag)]

    def word(self, words: list[str], tag: str) -> Tagged:
        return [(words[self.random.integers(len(words))], tag)]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)
