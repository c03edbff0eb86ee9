"""Single spoken words set one after the other, without the silence around them."""

import numpy as np

ROOM = 0.6  # seconds that a string has for each word
QUIET = 0.08  # of a word's greatest loudness: below it, before and after, there is silence
PAUSE = 0.06  # seconds between two words at most
STEP = 0.01  # seconds over which loudness is measured


def said_together(sounds: np.ndarray, chosen: np.ndarray, rate: int, random: np.random.Generator) -> np.ndarray:
    """sounds (M, samples), chosen (N, words) numbers of them -> strings (N, words * ROOM * rate) float32 in -1..1.

    A string begins anywhere that it has room, in faint noise; what is longer is cut.
    """
    length = round(chosen.shape[1] * ROOM * rate)
    spans = {int(word): _span(sounds[word], round(STEP * rate)) for word in np.unique(chosen)}
    strings = 0.003 * random.standard_normal((len(chosen), length), np.float32)
    for string, row in zip(strings, chosen, strict=True):
        parts = []
        for word in row.tolist():
            begin, end = spans[word]
            parts += [np.zeros(int(random.integers(round(PAUSE * rate) + 1)), np.float32), sounds[word, begin:end]]
        said = np.concatenate(parts)[:length]
        start = int(random.integers(length - len(said) + 1))
        string[start : start + len(said)] += said
    return strings.clip(-1, 1)


def _span(sound: np.ndarray, step: int) -> tuple[int, int]:
    """sound (L,) -> the samples between which it is not silent, a step more on each side."""
    whole = len(sound) // step
    loudness = np.sqrt(np.square(sound[: whole * step].reshape(whole, step)).mean(1))
    loud = np.flatnonzero(loudness > QUIET * max(loudness.max(), 1e-9))
    return (step * max(0, int(loud[0]) - 1), step * min(whole, int(loud[-1]) + 2)) if len(loud) else (0, len(sound))
