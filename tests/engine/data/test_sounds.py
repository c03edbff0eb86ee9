"""Spoken words: nobody in the test has been heard in training, and no simple rule tells the words apart."""

import numpy as np
import pytest
import soundfile

from dltui.engine.data import sounds
from dltui.engine.layers import torch_audio


def silent(text: str) -> None:
    pass


@pytest.fixture(scope="module")
def built():
    return sounds.build().builtin()


def test_built_in_words(built):
    assert built.train.inputs.shape == (2160, 6400) and built.test.inputs.shape == (480, 6400)
    assert built.test.targets.bincount().tolist() == [48] * 10
    assert built.facts == {"inputs": 6400, "classes": 10, "rate": 8000}


def test_a_linear_rule_falls_far_short(built):
    """Guards the difficulty: the net's claim is 0.9."""
    from sklearn.linear_model import RidgeClassifier

    mel = torch_audio.load().transforms.MelSpectrogram(8000, 256, hop_length=160, n_mels=32)
    train, test = ((mel(split.inputs) + 1e-4).log() for split in (built.train, built.test))
    for seen in (lambda rows: rows.mean(2), lambda rows: rows[:, ::2, ::2].flatten(1)):
        rule = RidgeClassifier(10).fit(seen(train), built.train.targets)
        assert rule.score(seen(test), built.test.targets) < 0.8


def folder(path, people, takes=3):
    """Two classes; a sound's loudness tells who made it."""
    for name in ("yes", "no"):
        (path / name).mkdir(parents=True)
        for number, person in enumerate(people):
            for take in range(takes):
                sound = np.full(800, (number + 1) / 10)
                soundfile.write(path / name / f"{person}_{take}.wav", sound, 8000)
    return path


def who(split) -> set[int]:
    return set((split.inputs.amax(1) * 10).round().int().tolist())


def test_speakers_of_the_test_are_not_in_training(tmp_path):
    path = folder(tmp_path / "own", ["anna", "bert", "cleo", "dora", "egon"])
    data = sounds.build(seconds=0.2).path(path, silent)
    assert len(who(data.test)) == 1 and not who(data.test) & who(data.train)
    assert len(who(data.train)) == 4 and "for the test: " in data.notes[0]


def test_files_may_be_held_back_instead(tmp_path):
    path = folder(tmp_path / "own", ["anna", "bert"], takes=10)
    data = sounds.build(seconds=0.2, held_out="files").path(path, silent)
    assert len(data.test.targets) == 8 and who(data.train) == {1, 2}


def test_names_without_speakers_are_held_back_by_files_and_it_is_told(tmp_path):
    path = folder(tmp_path / "own", ["anna"], takes=10)
    data = sounds.build(seconds=0.2).path(path, silent)
    assert len(data.test.targets) == 4 and "tell no speakers" in data.notes[0]


@pytest.mark.parametrize(
    ("name", "label", "speaker"),
    [
        ("anna_1", "yes", "anna"),
        ("3_jackson_12", "3", "jackson"),
        ("jackson_3_12", "3", "jackson"),
        ("0a7c2a8d_nohash_0", "yes", "0a7c2a8d_nohash"),
        ("anna_maria_1", "yes", "anna_maria"),
        ("1_anna", "1", ""),
        ("take7", "yes", ""),
    ],
)
def test_the_name_of_a_file_tells_who_speaks(name, label, speaker):
    assert sounds.speaker_of(name, label) == speaker


def test_who_names_digit_speaker_and_take_is_held_back_with_all_digits(tmp_path):
    """Guards `0_anna`, `1_anna` as two people: the test had one digit of each, by voices known from the training."""
    for digit in "012":
        (tmp_path / digit).mkdir()
        for number, person in enumerate(("anna", "bert", "cleo")):
            for take in range(2):
                soundfile.write(
                    tmp_path / digit / f"{digit}_{person}_{take}.wav", np.full(800, (number + 1) / 10), 8000
                )
    data = sounds.build(seconds=0.2).path(tmp_path, silent)
    assert len(who(data.test)) == 1 and not who(data.test) & who(data.train)
    assert data.test.targets.bincount().tolist() == [2, 2, 2]


def test_a_speaker_who_alone_has_a_class_is_not_held_back(tmp_path):
    path = folder(tmp_path / "own", ["anna", "bert", "carl", "dora", "emil"])
    (path / "stop").mkdir()
    for take in range(3):
        soundfile.write(path / "stop" / f"carl_{take}.wav", np.full(800, 0.3), 8000)
    data = sounds.build(seconds=0.2).path(path, silent)
    assert 3 in who(data.train) and "for the test: carl" not in data.notes
    assert data.notes[-1] == "the test has no row of stop"


def test_where_every_speaker_has_a_class_alone_files_are_held_back(tmp_path):
    for name, person in (("yes", "anna"), ("no", "bert")):
        (tmp_path / name).mkdir()
        for take in range(5):
            soundfile.write(tmp_path / name / f"{person}_{take}.wav", np.full(800, 0.3), 8000)
    data = sounds.build(seconds=0.2).path(tmp_path, silent)
    assert data.test.targets.bincount().tolist() == [1, 1]
    assert "there is no speaker without whom every class would still be trained" in data.notes[0]


def test_folders_of_splits_are_honoured(tmp_path):
    for split, people in (("train", ["anna", "bert"]), ("val", ["cleo"]), ("test", ["dora"])):
        folder(tmp_path / split, people)
    data = sounds.build(seconds=0.2).path(tmp_path, silent)
    sizes = [len(split.targets) for split in (data.train, data.validation, data.test)]
    assert sizes == [12, 6, 6] and data.notes == ()
