"""Short passages in which a thing may go by either of two names: what they are about is known."""

from typing import NamedTuple

import numpy as np

# two names of a thing, and the words that stand near it
CONCEPTS = """
doctor physician: hospital patient medicine heals | car automobile: drives engine petrol wheel
film movie: cinema actor screen watches | shop store: sells customer counter price
boat ship: harbour sails captain deck | teacher tutor: lesson explains classroom chalk
lawyer attorney: court client defends contract | painter artist: canvas brush studio paints
sofa couch: cushion sits lounge comfortable | cup mug: tea pours kitchen handle
coat jacket: winter button wears pocket | plane aircraft: pilot lands airport runway
bike bicycle: rides pedal helmet chain | thief burglar: steals window mask arrested
king monarch: crown throne rules palace | baby infant: cradle cries nursery sleeps
bug insect: crawls leaf wings tiny | forest woods: trees deer path shade
stone rock: heavy quarry cliff rolls | sea ocean: waves salt tide swims
sweet candy: sugar sticky chews wrapper | tale story: reads once hero chapter
gift present: birthday ribbon unwraps surprise | journey trip: suitcase map travels guide
town city: mayor square crowd traffic | rubbish trash: bin collects smelly bag
picture image: frame wall camera hangs | illness disease: fever spreads cure symptom
cash money: bank counts coins purse | speech talk: audience microphone applause stage
farmer grower: field tractor harvests barn | meal dish: cooks plate spicy serves
letter note: envelope stamp writes ink | road street: corner lamp crosses pavement
song tune: melody sings choir hums | dog hound: barks tail leash bone
"""
FILLERS = ("the", "a", "of", "in", "and", "to", "with", "near", "was", "then")
THINGS = 3  # of a passage
COMPANY = 2  # words of each thing's company in a passage
FILLED = 5  # fillers of a passage


class Concept(NamedTuple):
    names: tuple[str, str]
    company: tuple[str, ...]


class Passage(NamedTuple):
    """A bag of words in some order, the things it is about, and which of its two names each goes by."""

    words: list[str]
    things: tuple[int, ...]
    names: tuple[int, ...]


def _read() -> list[Concept]:
    parts = [part.split(":") for line in CONCEPTS.strip().splitlines() for part in line.split("|")]
    return [Concept(tuple(names.split()), tuple(company.split())) for names, company in parts]


KNOWN = _read()


def passages(count: int, random: np.random.Generator) -> list[Passage]:
    """Returns `count` passages, no two of them about the same things."""
    found: dict[frozenset, Passage] = {}
    while len(found) < count:
        things = tuple(random.choice(len(KNOWN), THINGS, replace=False).tolist())
        found.setdefault(frozenset(things), _passage(things, random))
    return list(found.values())


def _passage(things: tuple[int, ...], random: np.random.Generator) -> Passage:
    names = tuple(random.integers(2, size=THINGS).tolist())
    words = list(random.choice(FILLERS, FILLED))
    for thing, name in zip(things, names, strict=True):
        words += [KNOWN[thing].names[name], *random.choice(KNOWN[thing].company, COMPANY, replace=False)]
    return Passage([str(words[at]) for at in random.permutation(len(words))], things, names)


def query(passage: Passage, *, other: bool) -> list[str]:
    """The names of the things of a passage: those that stand there, or the other ones."""
    pairs = zip(passage.things, passage.names, strict=True)
    return [KNOWN[thing].names[1 - name if other else name] for thing, name in pairs]
