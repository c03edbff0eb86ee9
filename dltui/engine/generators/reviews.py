"""Reviews of films in a sentence, by rules: who praises and who does not, the order of the words decides.

A negation turns what comes after it, one word later or five; after "but" and behind an "although" clause stands what
counts. So the same words make both verdicts: "not dull but great", "not great but dull".
"""

from typing import NamedTuple

import numpy as np

CLASSES = ("negative", "positive")
GOOD = [
    "good", "great", "fine", "brilliant", "charming", "clever", "funny", "moving", "gripping", "fresh",
    "warm", "honest", "lively", "bold", "tender", "rich", "sharp", "superb", "witty", "elegant", "inspired",
    "delightful", "original", "convincing",
]  # fmt: skip
BAD = [
    "bad", "poor", "dull", "awful", "boring", "clumsy", "silly", "flat", "tired", "stale", "cold", "false",
    "lifeless", "timid", "bland", "weak", "muddled", "dreadful", "lazy", "ugly", "empty", "tedious",
    "predictable", "unbearable",
]  # fmt: skip
THINGS = [
    "film", "story", "plot", "performance", "ending", "soundtrack", "picture", "script", "cast", "dialogue",
    "hero", "villain", "beginning", "joke", "chase", "cut", "scene", "landscape", "romance", "mystery",
    "tune", "pace", "trailer", "remake",
]  # fmt: skip


class Words(NamedTuple):
    """What reviews are about, and how it is praised and blamed."""

    things: list[str]
    good: list[str]
    bad: list[str]


FILMS = Words(THINGS, GOOD, BAD)
# things for the house: of their words of praise, and of blame, ten are said of films too
GOODS = Words(
    ["kettle", "lamp", "chair", "jacket", "phone", "drill", "tent", "bag", "knife", "charger", "blanket", "printer"],
    ["good", "great", "fine", "superb", "elegant", "clever", "bold", "sharp", "original", "honest",
     "sturdy", "reliable", "handy", "quiet", "comfortable", "durable"],
    ["bad", "poor", "awful", "dreadful", "ugly", "weak", "clumsy", "silly", "cold", "false",
     "flimsy", "noisy", "leaky", "wobbly", "useless", "fragile"],
)  # fmt: skip
DEGREES = ("really", "very", "truly", "quite", "at all", "in any way")  # the last two stand behind a negation only
PLAIN = (
    "the {thing} is {much} {word}", "the {thing} was {much} {word}", "i found the {thing} {much} {word}",
    "what a {word} {thing}", "we all thought the {thing} was {much} {word}", "this {thing} is {much} {word}",
)  # fmt: skip
NEGATED = (
    "the {thing} is not {much} {word}", "the {thing} was never {much} {word}", "i did not find the {thing} {word}",
    "nobody would call the {thing} {much} {word}", "nothing about the {thing} was {much} {word}",
    "it is not true that the {thing} was {word}", "this is not what i call a {word} {thing}",
    "the {thing} is , i must say , not {much} {word}",
)  # fmt: skip
TWO = (  # the clause that counts is {last}; the other may say the opposite
    ("{first} , but {last}", True), ("although {first} , {last}", True), ("{last} , although {first}", True),
    ("{first} , and {last}", False),
)  # fmt: skip
SINGLE = 0.6  # share of reviews of one clause
NEGATION = 0.3  # share of clauses


def reviews(count: int, seed: int, of: Words = FILMS) -> list[tuple[str, str]]:
    """Returns `count` different (text, class) pairs, half of each class; the same arguments give the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    found: dict[str, str] = {}
    while len(found) < count:
        positive = len(found) % 2 == 1
        found.setdefault(_review(positive, random, of), CLASSES[positive])
    return list(found.items())


def _review(positive: bool, random: np.random.Generator, of: Words) -> str:
    if random.random() < SINGLE:
        return f"{_clause(positive, random, of)} ."
    form, opposed = TWO[random.integers(len(TWO))]
    first = positive != opposed
    return f"{form.format(first=_clause(first, random, of), last=_clause(positive, random, of))} ."


def _clause(positive: bool, random: np.random.Generator, of: Words) -> str:
    negated = random.random() < NEGATION
    forms, words = (NEGATED if negated else PLAIN), (of.good if positive != negated else of.bad)
    degrees = DEGREES if negated else DEGREES[:-2]
    much = degrees[random.integers(len(degrees))] if random.random() < 0.4 else ""
    thing, word = of.things[random.integers(len(of.things))], words[random.integers(len(words))]
    clause = " ".join(forms[random.integers(len(forms))].format(thing=thing, word=word, much=much).split())
    return clause.replace(f" a {word}", f" an {word}") if word[0] in "aeiou" else clause
