"""Spectrograms: low notes below, a thin tone not lost, nothing drawn of what is not yet heard, mel ticks uneven."""

import numpy as np

from dltui.render import spectrogram
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("spectrogram", spectrogram.render, EXAMPLES["spectrogram"])


def silence(rows: int = 4, columns: int = 8, **more) -> dict:
    values = np.full((rows, columns), -np.inf)
    return {"values": values, "hz": [0, 4000], "seconds": [0, 1], "db": [-60, 0]} | more


def test_the_lowest_frequency_is_at_the_bottom():
    payload = silence()
    payload["values"][0] = 0.0
    assert plain(spectrogram.render(payload, 8, 4, LOOKS["none"])) == [" " * 8] * 3 + ["@" * 8]


def test_one_loud_bin_of_a_thousand_is_seen():
    """Guards the loudest against the mean, which would be -59.9 dB."""
    payload = silence(1000, 1000)
    payload["values"][499, :] = 0.0
    assert "@" * 8 in plain(spectrogram.render(payload, 8, 4, LOOKS["none"]))


def test_what_is_not_yet_heard_is_blank_and_silence_is_dark():
    payload = silence(2, 4)
    payload["values"][:, 2:] = np.nan
    line = spectrogram.render(payload, 4, 1, TerminalCapabilities())[0]
    assert [bool(segment.style.bgcolor) for segment in line for _ in segment.text] == [True, True, False, False]


def test_ticks_stand_evenly_in_hz_or_in_mel():
    """In mel the distance from 0 to 1000 Hz is about that from 1000 to 3500; in log octaves are alike."""

    def rows(scale: str, **more) -> dict[str, int]:
        lines = plain(spectrogram.render(silence(scale=scale, **more), 60, 40, LOOKS["none"]))
        return {line.split()[0].rstrip("┤+"): row for row, line in enumerate(lines) if "┤" in line or "+" in line[:8]}

    mel, linear = rows("mel"), rows("linear")
    assert mel["4k"] < mel["2k"] < mel["1k"] < mel["500"] < mel["0"]
    assert mel["1k"] - mel["4k"] < 1.3 * (mel["0"] - mel["1k"])
    assert linear["1k"] - linear["4k"] == 3 * (linear["0"] - linear["1k"]) or linear["1k"] > 25
    log = rows("log", hz=[50, 3200])
    assert abs((log["50"] - log["200"]) - (log["500"] - log["2k"])) <= 1


def test_the_sound_is_named_where_there_is_room():
    payload = silence(sound="sound-1.wav", title="window 16 ms")
    tall = plain(spectrogram.render(payload, 60, 20, LOOKS["none"]))
    assert tall[-1].strip() == "to hear it: frames/sound-1.wav" and "window 16 ms" in tall[0] and "0 dB" in tall[0]
    assert "sound-1" not in "".join(plain(spectrogram.render(payload, 60, 10, LOOKS["none"])))
