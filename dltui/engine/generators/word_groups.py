"""Sentences by rules from groups of words that may stand in each other's place: which words are alike is known."""

import re

import numpy as np

# the first words of a group come more often; no rule names a single word of a group
GROUPS = {
    "animals": "dog cat horse cow sheep goat pig duck hen mouse fox wolf",
    "people": "man woman boy girl farmer teacher doctor baker sailor king nurse tailor",
    "food": "bread cheese soup rice meat fish cake apple pear butter honey salad",
    "drinks": "water milk tea coffee juice wine beer cocoa lemonade broth cider punch",
    "places": "park forest garden field village town market harbour valley meadow yard square",
    "vehicles": "car bus train boat ship bicycle truck tram plane cart wagon taxi",
    "colours": "red blue green yellow black white brown grey pink purple orange golden",
    "feelings": "happy sad angry calm tired afraid proud lonely curious jealous cheerful nervous",
    "times": "today yesterday tomorrow soon later often sometimes rarely daily weekly early late",
    "numbers": "two three four five six seven eight nine ten eleven twelve noon",
}
# most words beside a group stand beside other groups too: no single neighbour gives a group away
RULES = (
    "the {animals} eats {food} in the {places}",
    "the {people} eats {food} in the {places}",
    "the {people} drinks {drinks} {times}",
    "the {animals} drinks {drinks} {times}",
    "the {people} has {food} {times}",
    "the {people} has {drinks} {times}",
    "the {colours} {vehicles} drives to the {places}",
    "the {people} drives the {vehicles} to the {places} {times}",
    "the {people} is {feelings} {times}",
    "the {vehicles} is {colours} {times}",
    "the {animals} is {colours} and {feelings}",
    "the {feelings} {people} buys a {colours} {vehicles}",
    "the {feelings} {animals} sees a {colours} {vehicles}",
    "the {colours} {animals} sleeps in the {places}",
    "the {people} sees a {colours} {animals} in the {places}",
    "the {vehicles} leaves the {places} at {numbers}",
    "the {people} leaves the {places} at {numbers}",
    "{times} the {animals} sleeps until {numbers}",
    "{times} the {people} buys {food} and {drinks}",
    "a {feelings} {people} reads in the {places} until {numbers}",
)
SLOT = re.compile(r"\{(\w+)\}")


def sentences(rows: int, seed: int) -> list[list[str]]:
    """Returns sentences as words: the rules alike often, of a group the word of place r with a weight of 1 / r."""
    random = np.random.Generator(np.random.PCG64(seed))
    found = []
    for rule, count in zip(RULES, random.multinomial(rows, np.full(len(RULES), 1 / len(RULES))), strict=True):
        columns = [_drawn(word, count, random) for word in rule.split()]
        found += [list(words) for words in zip(*columns, strict=True)]
    return [found[row] for row in random.permutation(rows)]


def _drawn(word: str, count: int, random: np.random.Generator) -> list[str]:
    slot = SLOT.fullmatch(word)
    if not slot:
        return [word] * count
    group = GROUPS[slot[1]].split()
    weights = 1 / np.arange(1, len(group) + 1)
    return random.choice(group, count, p=weights / weights.sum()).tolist()
