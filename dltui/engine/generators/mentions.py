"""Short texts in which persons and things are named, and named again by a pronoun; who is meant is known.

The gender does not settle it where two women are named: "mary thanked anna because she ..." speaks of anna, "mary
visited anna because she ..." of mary, and "she" at the beginning of a sentence is whoever acted in the one before.
"""

from collections.abc import Sequence

import numpy as np

WOMEN = ["mary", "anna", "susan", "laura", "alice", "sandra"]
MEN = ["john", "peter", "david", "tom", "frank", "daniel"]
THINGS = ["car", "house", "boat", "lamp", "table", "clock"]
NAMES = (*WOMEN, *MEN, *THINGS)
PRONOUNS = ("she", "he", "it")
ABOUT_OBJECT = ["thanked", "praised", "blamed", "comforted", "hired", "admired"]  # the reason lies in who is named last
ABOUT_SUBJECT = ["visited", "called", "annoyed", "joined", "disappointed", "left"]  # or in who does it
REASONS = ["was late", "was kind", "had helped", "was tired", "knew the way", "had a plan"]
HANDLING = ["bought", "sold", "painted", "cleaned", "hid"]
OF_THINGS = ["was old", "was broken", "had a price", "was too small"]
ALONE = ["went home", "sang a song", "slept well", "wrote a letter", "laughed"]
WEATHER = ["it rained and", "it was cold and", "it was late and"]  # "it" means nothing here
NOBODY = -1
Text = list[tuple[str, int]]  # words, and the number of the person or thing that each one means


def texts(count: int, seed: int) -> list[Text]:
    """Returns `count` texts of two or three sentences; the same arguments give the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    return [Writer(random).text() for _ in range(count)]


class Writer:
    """Draws one text; persons and things are numbered as they come."""

    def __init__(self, random: np.random.Generator):
        self.random = random
        self.names: list[str] = []
        self.persons = ([*WOMEN, *MEN], WOMEN, MEN)[random.choice(3, p=(0.2, 0.4, 0.4))]  # mostly of one gender

    def text(self) -> Text:
        before = self.new(self.persons)  # who acts
        found = [*self.opening(), self.named(before), *self.event(before), (".", NOBODY)]
        for _ in range(self.random.integers(1, 3)):
            persons = [number for number, name in enumerate(self.names) if name not in THINGS]
            if self.chance(0.7):
                subject = self.pronoun(before)
            else:
                before = persons[self.random.integers(len(persons))]
                subject = self.named(before)
            found += [*self.opening(), subject, *self.event(before), (".", NOBODY)]
        return found

    def opening(self) -> Text:
        return self.plain(self.one_of(WEATHER)) if self.chance(0.25) else []

    def event(self, subject: int) -> Text:
        """What the subject does."""
        kind = self.random.integers(4)
        if kind == 0:
            return self.plain(self.one_of(ALONE))
        if kind == 1:
            thing = self.new(THINGS)
            found = [*self.plain(f"{self.one_of(HANDLING)} the"), self.named(thing)]
            about = thing if self.chance(0.6) else subject
        else:
            other, of_object = self.new(self.persons), self.chance(0.5)
            found = [(self.one_of(ABOUT_OBJECT if of_object else ABOUT_SUBJECT), NOBODY), self.named(other)]
            about = other if of_object else subject
        reasons = OF_THINGS if self.names[about] in THINGS else REASONS
        return [*found, ("because", NOBODY), self.pronoun(about), *self.plain(self.one_of(reasons))]

    def new(self, names: Sequence[str]) -> int:
        """The number of a person or thing that has not been named yet."""
        self.names.append(self.one_of([name for name in names if name not in self.names]))
        return len(self.names) - 1

    def named(self, number: int) -> tuple[str, int]:
        return self.names[number], number

    def pronoun(self, number: int) -> tuple[str, int]:
        kind = [self.names[number] in names for names in (WOMEN, MEN, THINGS)].index(True)
        return PRONOUNS[kind], number

    def plain(self, words: str) -> Text:
        return [(word, NOBODY) for word in words.split()]

    def one_of(self, words: Sequence[str]) -> str:
        return words[self.random.integers(len(words))]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)
