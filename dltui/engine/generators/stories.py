"""Stories of who went where, and a question about one person (after the tasks of Weston et al. 2015, arXiv:1502.05698).

A line says that somebody went to a place, or that somebody likes one, where they need not be.
"""

from typing import NamedTuple

import torch
from torch import Tensor

PEOPLE = ("mary", "john", "sandra", "daniel")
PLACES = ("garden", "kitchen", "office", "hallway", "bedroom", "school")
MOVES = ("went to", "ran to", "moved to", "came to")
THOUGHTS = ("likes", "misses", "painted", "remembers")
WORDS = ("", "the", *PEOPLE, *MOVES, *THOUGHTS, *PLACES)  # the first pads; a verb with its "to" counts as one word
FIRST_PERSON, FIRST_MOVE = WORDS.index(PEOPLE[0]), WORDS.index(MOVES[0])
FIRST_THOUGHT, FIRST_PLACE = WORDS.index(THOUGHTS[0]), WORDS.index(PLACES[0])
SHORTEST = 4  # lines of a story
MOVED = 0.65  # share of the lines in which somebody goes somewhere


class Stories(NamedTuple):
    """N stories of L lines at most; a shorter one begins later, so that the last line always stands at L - 1."""

    lines: Tensor  # (N, L, 4) int64, numbers of WORDS: a person, a verb, "the", a place
    there: Tensor  # (N, L) bool
    asked: Tensor  # (N,) int64, the number of WORDS of the person whose place is asked for
    answers: Tensor  # (N,) int64, numbers of PLACES
    deciding: Tensor  # (N,) int64, the last line in which this person goes somewhere


def stories(count: int, lines: int, random: torch.Generator | None = None) -> Stories:
    """Returns stories of SHORTEST to `lines` lines; the person asked for is drawn from those who went somewhere."""

    def drawn(values: int, *shape: int) -> Tensor:
        return torch.randint(values, shape or (count, lines), generator=random)

    who, where = drawn(len(PEOPLE)), drawn(len(PLACES))
    moves = torch.rand(count, lines, generator=random) < MOVED
    moves[:, -SHORTEST] = True  # somebody has gone somewhere, however short the story is
    verb = torch.where(moves, FIRST_MOVE + drawn(len(MOVES)), FIRST_THOUGHT + drawn(len(THOUGHTS)))
    places = torch.arange(lines)
    there = places >= drawn(lines - SHORTEST + 1, count, 1)
    went = (who[..., None] == torch.arange(len(PEOPLE))) & (moves & there)[..., None]  # (N, L, people)
    asked = torch.multinomial(went.any(1).float(), 1, generator=random)[:, 0]
    of_asked = went.gather(2, asked[:, None, None].expand(-1, lines, 1))[..., 0]  # (N, L)
    deciding = torch.where(of_asked, places, -1).amax(1)
    words = torch.stack([FIRST_PERSON + who, verb, torch.ones_like(who), FIRST_PLACE + where], 2)
    answers = where.gather(1, deciding[:, None])[:, 0]
    return Stories(words * there[..., None], there, FIRST_PERSON + asked, answers, deciding)
