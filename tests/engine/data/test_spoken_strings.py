"""Spoken strings: their letters, their speakers, and words of the user's own."""

import numpy as np
import pytest
import torch

from dltui.engine.data import spoken_strings
from dltui.engine.generators.spoken_strings import said_together
from dltui.errors import DltuiError


def test_targets_spell_the_words():
    data = spoken_strings.build(train_rows=12, test_rows=6, words=2).builtin()
    letters = data.vocabularies[0]
    spelled = ["".join(letters[number] for number in row if number) for row in data.test.targets.tolist()]
    assert data.test.inputs.shape == (6, 9600) and data.facts["rate"] == 8000
    assert all(word in spoken_strings.formants.WORDS for text in spelled for word in text.split("_"))
    assert all(text.count("_") == 1 for text in spelled)


def test_words_follow_one_another_in_their_order():
    """Two tones of different loudness, each with silence around it."""
    t = np.arange(4000) / 8000
    tone = np.sin(2 * np.pi * 400 * t) * ((t > 0.2) & (t < 0.3))
    sounds = np.stack([0.9 * tone, 0.3 * tone]).astype(np.float32)
    string = said_together(sounds, np.array([[1, 0]]), 8000, np.random.default_rng(0))[0]
    assert string.shape == (9600,)
    loud = np.flatnonzero(np.abs(string) > 0.5)
    soft = np.flatnonzero((np.abs(string) > 0.25) & (np.abs(string) < 0.31))
    assert soft.min() < loud.min() and loud.max() - soft.min() < 0.35 * 8000


def test_a_string_is_said_by_one_voice_and_no_voice_is_in_both_splits():
    who = np.repeat(np.arange(4), 5)
    chosen = spoken_strings._chosen(who, np.flatnonzero(who > 1), (50, 3), np.random.default_rng(0))
    assert (who[chosen] == who[chosen[:, :1]]).all() and set(who[chosen].ravel()) == {2, 3}


def test_own_words_without_speakers_are_refused(tmp_path):
    import soundfile

    for word in ("yes", "no"):
        (tmp_path / word).mkdir()
        for take in range(3):
            soundfile.write(tmp_path / word / f"{take}.wav", 0.1 * torch.randn(4000).numpy(), 8000)
    with pytest.raises(DltuiError, match="speakers"):
        spoken_strings.build().path(tmp_path, print)
