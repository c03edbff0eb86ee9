"""Sentences of a small English grammar with their dependency trees: for each word the one that it belongs to.

Which word that is, the neighbours alone do not tell: "that" begins a noun phrase, a relative clause or a whole clause,
many words are nouns and verbs, a noun can stand before another one, and in "painted the dog with a brush" another word
is meant than in "with a tail".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dltui.engine.generators.grammar import ADJECTIVES, ADVERBS, AUXILIARIES, NOUN_VERBS, NOUNS, OBJECTS, VERBS, with_s

ROOT = -1
TOOLS = ["brush", "stick", "key", "rope", "spoon", "lamp"]  # with these something is done
TRAITS = ["tail", "hat", "beard", "scar", "roof", "handle"]  # these something has
THINKING = ["know", "hear", "hope", "think"]  # what follows is a clause
SHARES = {
    "deep": 0.45,
    "adjective": 0.3,
    "pronoun": 0.25,
    "object": 0.75,
    "clause": 0.15,
    "auxiliary": 0.4,
    "compound": 0.2,
}


class Phrase(NamedTuple):
    """Words and the place of each one's head among them, ROOT for the one that has none here."""

    words: list[str]
    heads: list[int]


def sentences(count: int, seed: int) -> list[Phrase]:
    """Returns `count` sentences; the same arguments give the same."""
    writer = Writer(np.random.Generator(np.random.PCG64(seed)))
    return [writer.clause() for _ in range(count)]


def headed(before: Sequence[Phrase], word: str, after: Sequence[Phrase] = ()) -> Phrase:
    """Returns the phrases around a word, which becomes the head of each."""
    centre = sum(len(phrase.words) for phrase in before)
    words: list[str] = []
    heads: list[int] = []
    for phrase in (*before, Phrase([word], [ROOT]), *after):
        start = len(words)
        words += phrase.words
        heads += [centre if head == ROOT else start + head for head in phrase.heads]
    heads[centre] = ROOT
    return Phrase(words, heads)


class Writer:
    """Draws phrases rule by rule. `several`: whether a noun or the verb's subject stands for more than one."""

    def __init__(self, random: np.random.Generator):
        self.random = random

    def clause(self, marked: bool = False) -> Phrase:
        """A whole clause, after "that" where it is marked."""
        several = self.chance(0.5)
        mark = [headed([], "that")] if marked else []
        if self.chance(SHARES["pronoun"]):
            subject = headed([], self.one_of(["they", "we", "you"] if several else ["she", "he", "it"]))
        else:
            subject = self.noun_phrase(several, deep=self.chance(SHARES["deep"]))
        return self.verb_phrase([*mark, subject], several, nested=marked)

    def verb_phrase(self, before: list[Phrase], several: bool, nested: bool) -> Phrase:
        """A verb with all that belongs to it; before: its subject or what stands for one."""
        if self.chance(SHARES["auxiliary"]):
            before, several = [*before, headed([], self.one_of(AUXILIARIES))], True  # after "will" it has no ending
        if self.chance(0.2):
            before = [*before, headed([], self.one_of(ADVERBS))]
        if not nested and self.chance(SHARES["clause"]):
            return headed(before, self.verb(THINKING, several), [self.clause(marked=True)])
        after = []
        if self.chance(SHARES["object"]):
            after.append(self.object(deep=not nested and self.chance(SHARES["deep"])))
        if self.chance(0.3):
            after.append(self.with_preposition("with", TOOLS) if self.chance(0.6) else self.to_noun("to"))
        if self.chance(0.2):
            after.append(headed([], self.one_of(ADVERBS)))
        return headed(before, self.verb(VERBS if self.chance(0.4) else NOUN_VERBS, several), after)

    def object(self, deep: bool) -> Phrase:
        if self.chance(SHARES["pronoun"]):
            return headed([], self.one_of(OBJECTS))
        return self.noun_phrase(self.chance(0.5), deep)

    def noun_phrase(self, several: bool, deep: bool = False) -> Phrase:
        """A noun after its determiner; deep: with something behind it that belongs to it."""
        determiner = self.one_of(["the", "these", "some"] if several else ["the", "this", "that"])
        before = [headed([], determiner)]
        if self.chance(SHARES["adjective"]):
            before.append(headed([], self.one_of(ADJECTIVES)))
        if self.chance(SHARES["compound"]):
            before.append(headed([], self.noun()))
        noun = self.noun()
        return headed(before, with_s(noun) if several else noun, [self.behind(several)] if deep else [])

    def noun(self) -> str:
        return self.one_of(NOUNS if self.chance(0.4) else NOUN_VERBS)

    def behind(self, several: bool) -> Phrase:
        """What follows a noun and belongs to it."""
        kind = self.random.integers(4)
        if kind == 0:
            return self.verb_phrase([headed([], "that")], several, nested=True)
        if kind == 1:
            return self.with_preposition("with", TRAITS)
        return self.to_noun("of" if kind == 2 else "and")

    def with_preposition(self, preposition: str, nouns: list[str]) -> Phrase:
        return headed([headed([], preposition), headed([], "a")], self.one_of(nouns))

    def to_noun(self, preposition: str) -> Phrase:
        """A noun phrase that has the preposition, or "and", as its own first word."""
        return headed([headed([], preposition), headed([], "the")], self.one_of(NOUNS))

    def verb(self, words: list[str], several: bool) -> str:
        word = self.one_of(words)
        return word if several else with_s(word)

    def one_of(self, words: Sequence[str]) -> str:
        return words[self.random.integers(len(words))]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)
