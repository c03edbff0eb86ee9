"""Dialogues in which a table is booked: a simulated user who has a goal, and what an agent with a script says."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight"]
NAMES = [
    "anna", "boris", "clara", "david", "elena", "frank", "greta", "hugo", "irina", "jonas",
    "karin", "lev", "maria", "nikita", "olga", "pavel", "rosa", "sergey", "tanya", "victor",
]  # fmt: skip
NEW_NAMES = ["amira", "bjorn", "chiara", "dmitri", "esra", "farid", "gita", "hiro", "ines", "jamal", "kofi", "lucia"]
SLOTS = ("day", "people", "name")
QUESTIONS = {"day": "on which day ?", "people": "for how many ?", "name": "under which name ?"}
BOOKED = "booked"  # the first word of the agent's last sentence; the slots follow
STATED = {
    "day": ["on {}", "it is for {}", "{} would be best"],
    "people": ["for {}", "we are {}", "a table for {} please"],
    "name": ["my name is {}", "under {}", "{} is my name"],
}
OPENINGS = ["hello", "good evening", "i want a table", "hello , a table please"]
ASIDES = ["{} told me of you", "i was there with {}", "{} says hello"]  # names of others
PUZZLED = "what do you mean ?"


class Goal(NamedTuple):
    """What is to be booked."""

    day: str
    people: str
    name: str


def scripted(given: Sequence[str], goal: Goal) -> str:
    """What the agent of the script says where the user has stated some slots: it asks for the next, or books."""
    for slot in SLOTS:
        if slot not in given:
            return QUESTIONS[slot]
    return " ".join([BOOKED, *goal])


class User:
    """Wants a table by its goal, states some of it unasked, and sometimes corrects itself."""

    def __init__(self, random: np.random.Generator, names: Sequence[str]):
        self.random, self.names = random, names
        self.goal = Goal(self.one_of(DAYS), self.one_of(NUMBERS), self.one_of(names))
        self.given: set[str] = set()

    def opening(self) -> str:
        parts = [self.one_of(OPENINGS)]
        if self.chance(0.4):
            parts.append(self.one_of(ASIDES).format(self.other("name")))
        return " , ".join([*parts, *(self.state(slot) for slot in SLOTS if self.chance(0.3))])

    def answer(self, said: str) -> str:
        """To a question the slot that it asks for, and perhaps one more."""
        asked = [slot for slot in SLOTS if said == QUESTIONS[slot]]
        if not asked:
            return PUZZLED
        more = [slot for slot in SLOTS if slot not in self.given and slot not in asked and self.chance(0.25)]
        return " , ".join(self.state(slot) for slot in (*asked, *more))

    def state(self, slot: str) -> str:
        self.given.add(slot)
        said = self.one_of(STATED[slot]).format(getattr(self.goal, slot))
        if self.chance(0.2):
            return f"{self.one_of(STATED[slot]).format(self.other(slot))} , no , {said}"
        return said

    def other(self, slot: str) -> str:
        """A value that is not the goal's."""
        values = {"day": DAYS, "people": NUMBERS, "name": self.names}[slot]
        return self.one_of([value for value in values if value != getattr(self.goal, slot)])

    def one_of(self, values: Sequence[str]) -> str:
        return values[self.random.integers(len(values))]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)


def users(count: int, seed: int, names: Sequence[str]) -> list[User]:
    """Returns users, each with random numbers of its own: what one says does not depend on what another is asked."""
    return [User(np.random.Generator(np.random.PCG64([seed, number])), names) for number in range(count)]


def script(user: User) -> list[tuple[str, str]]:
    """A dialogue by the script: (all that was said before, what the agent says), turn by turn."""
    turns, said = [], user.opening()
    while not turns or not turns[-1][1].startswith(BOOKED):
        reply = scripted(sorted(user.given), user.goal)
        turns.append((said, reply))
        said = f"{said} / {reply} / {user.answer(reply)}"
    return turns
