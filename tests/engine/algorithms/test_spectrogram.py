"""The spectrogram shown: what each window can tell and what not, and a picture that grows with what was heard."""

import numpy as np
import pytest
import soundfile
import torch

from dltui.engine.algorithms.spectrogram import RATE, build, chirp, chord, notes, peaks
from dltui.engine.algorithms.stft import framed, hann, power
from dltui.engine.training.picture_files import Frames
from dltui.render.frames import resolve
from dltui.runs.events import EventLog, Tail
from tests.engine.conftest import context


def made(seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(context())


def measured(walk):
    return walk.at(walk.length).metrics


@pytest.mark.parametrize("seed", range(6))
def test_a_long_window_tells_notes_apart_and_a_short_one_clicks(seed):
    """Guards the claim: with one window's length for both, or bins of another width, two of these fail."""
    long, short = (measured(made(seed=seed, window=N)) for N in (1024, 64))
    assert (long["notes"], long["clicks"]) == (3, 1)
    assert (short["notes"], short["clicks"]) == (1, 2)
    assert max(long["chirp_error"], short["chirp_error"]) <= 1


def test_notes_that_are_wrongly_predicted_are_not_found():
    walk = made(window=1024)
    walk.notes = [note * 1.06 for note in walk.notes]  # a semitone higher
    assert measured(walk)["notes"] == 0
    walk.clicks = [click + 0.1 for click in walk.clicks]
    assert measured(walk)["clicks"] == 0


def test_nothing_is_shown_of_what_is_not_yet_heard():
    walk = made(window=512, hop=128)
    for step in (0, 6, 7, 30, walk.length - 1, walk.length):
        heard = np.isfinite(walk.at(step).pictures[0].payload["values"]).any(0)
        starts = torch.arange(len(heard)) * 128
        assert heard.sum() == walk.heard(step) == (starts + 512 <= step * 80).sum()
        assert heard[: walk.heard(step)].all()
        assert heard.all() == (step == walk.length)


def test_the_peaks_of_the_picture_are_predicted():
    *_, newest = made(window=1024).at(40).pictures
    spectrum, needles = newest.payload["curves"]
    highest = spectrum["x"][spectrum["y"].argmax()]
    assert min(abs(needles["x"] - highest)) <= RATE / 1024


def test_the_sound_is_a_wav_file_written_once(tmp_path):
    walk, log = made(), EventLog(tmp_path / "log")
    frames = Frames(log, tmp_path)
    for step in (1, 2):
        frames.write("", step, walk.at(step).pictures[0])
    log.close()
    payloads = [event["payload"] for event in Tail(log.path).read()]
    names = {payload["sound"] for payload in payloads}
    assert len(names) == 1 and [path.name for path in tmp_path.glob("*.wav")] == list(names)
    samples, rate = soundfile.read(tmp_path / names.pop())
    assert rate == RATE and np.abs(samples - walk.sound.numpy().clip(-1, 1)).max() < 1e-4
    assert resolve(payloads[0], tmp_path)["sound"] == payloads[0]["sound"]


# -- the sound, and its peaks ------------------------------------------------------------------------------------------


def test_peaks_are_local_and_loud_enough():
    heights = 10 ** (torch.tensor([29.0, 1, 25, 1, 28, 28, 0, -20, 7, 27.5]) / 10)
    assert peaks(heights).tolist() == [2, 4]
    assert peaks(heights * 10 ** (-torch.tensor([0.0, 0, 17, 0, 0, 0, 0, 0, 0, 0]) / 10)).tolist() == [4]
    assert peaks(heights[:2]).tolist() == peaks(heights[:0]).tolist() == []


def test_a_chirp_is_where_it_should_be():
    """Guards the phase: without the half, the tone rises twice as fast."""
    x = chirp(300, 1000, 1.0)
    P = power(framed(x, 512, 256), hann(512))
    middles = (torch.arange(len(P)) * 256 + 256) / 8000
    assert (P.argmax(1) * 8000 / 512 - (300 + 700 * middles)).abs().max() <= 8000 / 512


def test_an_octave_is_twelve_semitones():
    assert notes(220, [0, 12, 7]) == pytest.approx([220, 440, 329.63], abs=0.01)


def test_a_chord_begins_and_ends_softly_and_is_loud_between():
    """Guards the fades: a tone that is cut off clicks, and clicks are what the spectrogram is asked to find."""
    sound = chord(notes(392.0, [0, 4, 7]), 0.5).abs()
    assert sound[0] == 0 == sound[-1] and sound[:20].max() < 0.15 > sound[-20:].max() and sound.max() > 0.8
