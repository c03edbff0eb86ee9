"""The user's own sounds: of any rate, length and format, and never a broken one without its name."""

import os

import numpy as np
import pytest
import soundfile

from dltui.engine.reading import sound_folder
from dltui.engine.reading.sound_folder import fitted, read_sound, read_sounds
from dltui.errors import DltuiError, ExitStatus


def silent(text: str) -> None:
    pass


def tone(hz: float, seconds: float, rate: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_file_of_the_wanted_form_is_its_samples(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(440, 0.5, 8000), 8000)
    assert np.allclose(read_sound(path, 8000, 4000).sound, tone(440, 0.5, 8000), atol=1e-4)


def test_another_rate_and_two_channels_become_one_of_the_wanted(tmp_path):
    """Guards the resampling: without it, or without its filter, the note is another."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([tone(440, 0.5, 44100), tone(6000, 0.5, 44100)], 1), 44100)
    sound = read_sound(path, 8000, 4000).sound
    size = np.abs(np.fft.rfft(sound))
    assert size.argmax() * 2 == 440
    assert size[3000 // 2 :].max() < 0.05 * size.max()  # 6000 Hz is beyond what 8000 samples a second can hold


def test_the_loudest_stretch_is_kept_and_a_short_sound_is_in_the_middle():
    sound = np.zeros(1000, np.float32)
    sound[600:700] = 1
    assert fitted(sound, 100).sum() == 100
    assert fitted(np.ones(3, np.float32), 8).tolist() == [0, 0, 1, 1, 1, 0, 0, 0]


def test_classes_are_folders(tmp_path):
    for name in ("yes", "no"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "anna_1.wav", tone(300, 0.2, 8000), 8000)
    (tmp_path / "yes" / "notes.txt").write_text("not a sound")
    found, notes = read_sounds(tmp_path, 8000, 1600, silent)
    assert found[""].inputs.shape == (2, 1600)
    assert found[""].labels == ["no", "yes"] and found[""].names == ["anna_1"] * 2
    assert notes == ("passed over: 1 .txt file",)


@pytest.mark.parametrize("content", [b"", b"RIFF nonsense"])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "broken.wav").write_bytes(content)
    with pytest.raises(DltuiError, match=r"broken\.wav: not a sound that can be read") as caught:
        read_sound(tmp_path / "broken.wav", 8000, 100)
    assert caught.value.status == ExitStatus.DATA


def test_a_folder_without_sounds_says_what_was_expected(tmp_path):
    (tmp_path / "yes").mkdir()
    with pytest.raises(DltuiError, match="expected sounds"):
        read_sounds(tmp_path, 8000, 100, silent)
    with pytest.raises(DltuiError, match="expected a folder, found nothing"):
        read_sounds(tmp_path / "missing", 8000, 100, silent)


def test_a_sound_longer_than_memory_is_refused_by_its_head(tmp_path, monkeypatch):
    """soundfile makes room for as many samples as the head promises."""
    monkeypatch.setattr(sound_folder, "MOST_VALUES", 1000)
    soundfile.write(tmp_path / "long.flac", np.zeros((600, 2)), 8000)
    with pytest.raises(DltuiError, match=r"long\.flac: not a sound that can be read: it has 1,200 samples"):
        read_sound(tmp_path / "long.flac", 8000, 100)


def test_a_rate_that_takes_a_filter_of_gigabytes_is_refused(tmp_path):
    soundfile.write(tmp_path / "odd.wav", np.zeros(600), 1_000_003)
    with pytest.raises(DltuiError, match=r"its 1,000,003 samples a second cannot be made 8,000"):
        read_sound(tmp_path / "odd.wav", 8000, 100)


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_usual_rates_are_read(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(300, 0.1, rate), rate)
    assert read_sound(tmp_path / "a.wav", 8000, 100).sound.shape == (100,)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(DltuiError, match="found a pipe"):
        read_sound(tmp_path / "a.wav", 8000, 100)


def two_classes(folder, **others):
    """high/0.wav .. 2.wav and low/0.wav .. 2.wav; others: class__name -> samples."""
    told = {f"{name}__{number}": tone(300, 0.2, 8000) for name in ("high", "low") for number in range(3)}
    for name, sound in {**told, **others}.items():
        path = folder / name.split("__")[0] / f"{name.split('__')[1]}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, 8000, subtype="FLOAT")
    return folder


@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (np.zeros(0), "1 sound is empty and left out (low/bad.wav)"),
        (np.zeros(800), "1 sound is silent and left out (low/bad.wav)"),
        (np.full(800, np.nan), "1 sound is not finite and left out (low/bad.wav)"),
        (np.array([0.1, np.inf] * 400), "1 sound is not finite and left out (low/bad.wav)"),
    ],
)
def test_sounds_without_anything_to_hear_are_left_out_and_named(tmp_path, sound, told):
    found, notes = read_sounds(two_classes(tmp_path, low__bad=sound), 8000, 1600, silent)
    assert notes == (told,) and found[""].names == ["0", "1", "2"] * 2
    assert np.isfinite(found[""].inputs).all()


def test_silence_may_be_a_class(tmp_path):
    found, notes = read_sounds(two_classes(tmp_path, none__0=np.zeros(800), none__1=np.zeros(800)), 8000, 1600, silent)
    assert found[""].labels.count("none") == 2
    assert notes == ("2 sounds are silent and used all the same (none/0.wav, none/1.wav)",)


def test_a_class_of_which_nothing_is_left_is_refused(tmp_path):
    with pytest.raises(DltuiError, match="every sound of none is empty"):
        read_sounds(two_classes(tmp_path, none__0=np.zeros(0)), 8000, 1600, silent)


def test_a_wav_that_promises_more_than_it_holds_is_told_and_a_stream_is_not(tmp_path):
    for name, size in (("cut", None), ("stream", b"\xff" * 4)):
        path = two_classes(tmp_path / name) / "low" / "1.wav"
        soundfile.write(path, tone(300, 0.2, 8000), 8000)
        data = path.read_bytes()
        place = data.index(b"data")
        path.write_bytes(data[:-1000] if size is None else data[: place + 4] + size + data[place + 8 :])
    assert read_sounds(tmp_path / "cut", 8000, 1600, silent)[1] == (
        "1 sound is cut short and used all the same (low/1.wav)",
    )
    assert read_sounds(tmp_path / "stream", 8000, 1600, silent)[1] == ()


def test_every_broken_sound_is_named(tmp_path):
    two_classes(tmp_path)
    for number in range(3):
        (tmp_path / "low" / f"{number}.wav").write_bytes(b"RIFF nonsense")
    with pytest.raises(DltuiError, match=r"low/0\.wav: not a sound .* Neither can low/1\.wav, low/2\.wav"):
        read_sounds(tmp_path, 8000, 100, silent)


def test_levels_of_splits_hold_for_sounds(tmp_path):
    for split in ("Train", "val", "testing"):
        two_classes(tmp_path / split)
    found, _ = read_sounds(tmp_path, 8000, 100, silent)
    assert {split: len(part.labels) for split, part in found.items()} == {"train": 6, "validation": 6, "test": 6}
