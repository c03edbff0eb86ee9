"""The spectrogram shown: what each window can tell and what not, and a picture that grows with what was heard."""

import numpy as np
import pytest
import soundfile
import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.tasks.spectrogram import RATE, build
from dltui.engine.training.picture_files import Frames
from dltui.render.frames import resolve
from dltui.runs.events import EventLog, Tail
from tests.engine.conftest import CPU


def made(steps=110, seed=0, **options):
    torch.manual_seed(seed)
    task = build(**options)(None, {}, CPU)
    task.advance(steps)
    return task


@pytest.mark.parametrize("seed", range(6))
def test_a_long_window_tells_notes_apart_and_a_short_one_clicks(seed):
    """Guards the claim: with one window's length for both, or bins of another width, two of these fail."""
    long, short = (made(seed=seed, window=N).evaluate() for N in (1024, 64))
    assert (long["notes"], long["clicks"]) == (3, 1)
    assert (short["notes"], short["clicks"]) == (1, 2)
    assert max(long["chirp_error"], short["chirp_error"]) <= 1


def test_notes_that_are_wrongly_predicted_are_not_found():
    task = made(window=1024)
    task.notes = [note * 1.06 for note in task.notes]  # a semitone higher
    assert task.evaluate()["notes"] == 0
    task.clicks = [click + 0.1 for click in task.clicks]
    assert task.evaluate()["clicks"] == 0


def test_nothing_is_shown_of_what_is_not_yet_heard():
    for steps in (0, 30, 110):
        task = made(steps, window=512, hop=128)
        values = next(task.pictures()).payload["values"]
        heard = np.isfinite(values).any(0)
        assert heard.sum() == task.heard and heard[: task.heard].all()
        starts = torch.arange(len(heard)) * 128
        assert task.heard == (starts + 512 <= steps * 80).sum()
    assert task.heard == len(heard)


def test_the_peaks_of_the_picture_are_predicted():
    *_, newest = made(40, window=1024).pictures()
    spectrum, needles = newest.payload["curves"]
    highest = spectrum["x"][spectrum["y"].argmax()]
    assert min(abs(needles["x"] - highest)) <= RATE / 1024


def test_the_sound_is_a_wav_file_written_once(tmp_path):
    task, log = made(), EventLog(tmp_path / "log")
    frames = Frames(log, tmp_path)
    for step in (1, 2):
        frames.write("", step, Picture("spectrogram", next(task.pictures()).payload))
    log.close()
    payloads = [event["payload"] for event in Tail(log.path).read()]
    names = {payload["sound"] for payload in payloads}
    assert len(names) == 1 and [path.name for path in tmp_path.glob("*.wav")] == list(names)
    samples, rate = soundfile.read(tmp_path / names.pop())
    assert rate == RATE and np.abs(samples - task.sound.numpy().clip(-1, 1)).max() < 1e-4
    assert resolve(payloads[0], tmp_path)["sound"] == payloads[0]["sound"]
