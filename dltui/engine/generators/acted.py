"""Films of stick people who move one limb, or two one after the other: no single frame says in which direction."""

from typing import NamedTuple

import numpy as np

from dltui.engine.generators import stick_people as drawing

Random = np.random.Generator
# an action and its opposite by turns; the angles that move and how far, in radians in the course of the film
ACTIONS = {
    "L arm up": {1: 1.3},
    "L arm down": {1: -1.3},
    "R arm up": {3: 1.3},
    "R arm down": {3: -1.3},
    "lean left": {0: -0.5},
    "lean right": {0: 0.5},
    "feet apart": {5: 0.5, 7: 0.5},
    "feet close": {5: -0.5, 7: -0.5},
}
SENTENCES = (
    "lifts the left arm", "lowers the left arm", "lifts the right arm", "lowers the right arm", "leans to the left",
    "leans to the right", "moves the feet apart", "moves the feet together",
)  # fmt: skip
DRIFT = 0.1  # of that: how far other angles may go meanwhile
SHAKEN = 0.008  # of the side: how far the camera moves from frame to frame
BUILDS = {"thin": (0.02, 0.026), "stout": (0.038, 0.046)}  # radius of a limb, as a share of the side


class Films(NamedTuple):
    """Grey films (N, T, size, size) uint8 and the number of the action that is seen (N,) int64."""

    frames: np.ndarray
    labels: np.ndarray


def _moves() -> np.ndarray:
    """(actions, 9): by how much each angle changes."""
    moves = np.zeros((len(ACTIONS), len(drawing.ANGLES)))
    for number, angles in enumerate(ACTIONS.values()):
        for angle, by in angles.items():
            moves[number, angle] = by
    return moves


MOVES = _moves()
REACH = np.abs(MOVES).max(0)  # (9,)


def actions(count: int, frames: int, size: int, random: Random) -> Films:
    """Returns films of one action each. Of the middle frame all is drawn before the action is chosen."""
    labels = random.integers(len(ACTIONS), size=count)
    middle, clock = _middles(count, random), np.linspace(-0.5, 0.5, frames)
    angles = middle[:, None] + clock[None, :, None] * _with_drift(MOVES[labels], random)[:, None]
    people = drawing.people(count, random, 1)._replace(front=np.ones(count, bool))
    return Films(filmed(angles, people, size, random), labels.astype(np.int64))


def stories(count: int, frames: int, size: int, random: Random) -> tuple[np.ndarray, np.ndarray]:
    """Returns films (N, T, size, size) uint8 of two actions of different limbs, the second after the first, and
    (N, 3) int64: the numbers of the build and of both actions."""
    build, first = random.integers(len(BUILDS), size=count), random.integers(len(ACTIONS), size=count)
    second = (first // 2 * 2 + random.integers(2, len(ACTIONS), size=count)) % len(ACTIONS)
    clock = np.linspace(0, 1, frames)
    early, late = (np.clip(2 * clock - part, 0, 1)[None, :, None] - 0.5 for part in (0, 1))
    angles = _middles(count, random)[:, None]
    angles = angles + early * _with_drift(MOVES[first], random)[:, None] + late * MOVES[second][:, None]
    people = drawing.people(count, random, 1)._replace(front=np.ones(count, bool))
    low, high = np.array(list(BUILDS.values()))[build].T
    people = people._replace(thick=random.uniform(low, high))
    return filmed(angles, people, size, random), np.stack([build, first, second], 1)


def sentence(build: int, first: int, second: int) -> str:
    """-> "a thin person lifts the left arm then leans to the right"."""
    return f"a {list(BUILDS)[build]} person {SENTENCES[first]} then {SENTENCES[second]}"


def _middles(count: int, random: Random) -> np.ndarray:
    """Poses (count, 9) from which any action may go half of its way in either direction."""
    return random.uniform(drawing.LEAST + REACH / 2, drawing.MOST - REACH / 2, (count, len(REACH)))


def _with_drift(moves: np.ndarray, random: Random) -> np.ndarray:
    """(N, 9): angles that do not act move a little."""
    return np.where(moves == 0, DRIFT * random.standard_normal(moves.shape), moves)


def filmed(angles: np.ndarray, people: drawing.People, size: int, random: Random) -> np.ndarray:
    """angles (N, T, 9), N people -> grey films (N, T, size, size) uint8, by a camera that shakes."""
    count, frames = angles.shape[:2]
    hips = drawing.centred(angles[:, frames // 2], people, random, 0.05)
    hips = hips[:, None] + SHAKEN * random.standard_normal((count, frames, 2))
    each = people.take(np.repeat(np.arange(count), frames))
    joints = drawing.joints(angles.reshape(count * frames, -1), each, hips.reshape(-1, 2))
    ground = drawing.grounds(count, size, random, 1).repeat(frames, 0)
    pixels = drawing.photographed(drawing.drawn(ground, joints, each), random)
    return pixels.reshape(count, frames, size, size)
