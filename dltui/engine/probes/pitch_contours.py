"""The pitch of one test sound of each class over time, as a net that listens to prosody measures it."""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.models.prosody_net import HOP, pitch_of
from dltui.engine.pictures.lines import lines
from dltui.engine.tasks.classify import Classify

TASKS = ("classify",)
METRICS = {}
SEMITONES, MOST = 12, 9  # of an octave; from the mean: what lies farther is an octave's mistake


def build() -> Callable[[Classify], "PitchContours"]:
    """A curve a class, in semitones above the mean pitch of its sound, with gaps where nothing is voiced
    or the pitch is mistaken by an octave."""
    return PitchContours


class PitchContours:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.rows = task.rows.sounds().labelled()

    def pictures(self) -> Iterator[Picture]:
        test, rate = self.rows.test, self.rows.facts["rate"]
        curves = {}
        for number, name in enumerate(self.rows.classes):
            first = int((test.targets == number).int().argmax())
            pitch, voiced, _ = (values[0].cpu() for values in pitch_of(test.inputs[first : first + 1], rate))
            mean = (pitch * voiced).sum() / voiced.sum().clamp(min=1)
            seconds = HOP * torch.arange(len(pitch))
            semitones = SEMITONES * (pitch - mean)
            curves[name] = seconds, semitones.where((voiced > 0) & (semitones.abs() < MOST), torch.nan)
        yield Picture("pitch contours", lines(curves, x_title="seconds", y_title="semitones"))
