"""A frame's files are read from its run's folder and nowhere else; what is broken says so and breaks nothing."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dltui.render import frames
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import plain, widths

LOOK = TerminalCapabilities()


def told(payload: object, folder: Path) -> str:
    """What the picture of a payload says, on one line."""
    lines = frames.picture({"kind": "frame", "payload": payload}, folder, 60, 6, LOOK)
    assert len(lines) == 6 and widths(lines) == {60}
    return " ".join(" ".join(plain(lines)).split())


def test_an_image_is_read_from_its_file(tmp_path: Path):
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(tmp_path / "a.png")
    event = {"payload": {"type": "image", "file": "a.png", "rows": 1, "columns": 1}}
    [segment] = frames.picture(event, tmp_path, 8, 4, LOOK)[0]
    assert segment.style.bgcolor.triplet == (255, 255, 255)


def test_arrays_are_read_wherever_they_stand(tmp_path: Path):
    np.save(tmp_path / "v.npy", np.eye(3, dtype=np.float16))
    np.save(tmp_path / "x.npy", np.arange(3))
    payload = {
        "type": "field", "values": {"file": "v.npy"}, "points": {"x": {"file": "x.npy"}, "y": [0, 1, 2]},
        "curves": [{"name": "a", "x": {"file": "x.npy"}}],
    }  # fmt: skip
    found = frames.resolve(payload, tmp_path)
    assert found["values"].tolist() == np.eye(3).tolist()
    assert found["points"]["x"].tolist() == found["curves"][0]["x"].tolist() == [0, 1, 2]
    assert found["points"]["y"] == [0, 1, 2]


def test_a_file_deleted_later_leaves_the_array(tmp_path: Path):
    np.save(tmp_path / "v.npy", np.ones((2, 2)))
    values = frames.resolve({"values": {"file": "v.npy"}}, tmp_path)["values"]
    (tmp_path / "v.npy").write_bytes(b"")
    assert values.sum() == 4


def test_a_missing_file_is_named(tmp_path: Path):
    assert "frames/gone.npy is missing" in told({"type": "heat", "values": {"file": "gone.npy"}}, tmp_path)
    assert "frames/gone.png is missing" in told({"type": "image", "file": "gone.png"}, tmp_path)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/passwd", "a/b.npy", "..", ".", "", "a\0b", 7, None])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: object):
    folder = tmp_path / "frames"
    folder.mkdir()
    np.save(tmp_path / "secret.npy", np.full((2, 2), 5.0))
    assert "cannot be shown" in told({"type": "heat", "values": {"file": name}}, folder)
    assert "cannot be shown" in told({"type": "image", "file": name}, folder)


def test_a_link_is_refused(tmp_path: Path):
    folder = tmp_path / "frames"
    folder.mkdir()
    np.save(tmp_path / "secret.npy", np.ones((2, 2)))
    (folder / "v.npy").symlink_to(tmp_path / "secret.npy")
    assert "not a plain file" in told({"type": "heat", "values": {"file": "v.npy"}}, folder)


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "v.npy")
    assert "not a plain file" in told({"type": "heat", "values": {"file": "v.npy"}}, tmp_path)


def test_a_pickle_is_never_loaded(tmp_path: Path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    np.save(tmp_path / "v.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    assert "cannot be shown" in told({"type": "heat", "values": {"file": "v.npy"}}, tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_broken_files_are_told(tmp_path: Path):
    (tmp_path / "v.npy").write_bytes(b"not an array")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    assert "cannot be shown" in told({"type": "heat", "values": {"file": "v.npy"}}, tmp_path)
    assert "cannot be shown" in told({"type": "image", "file": "a.png"}, tmp_path)


def test_an_array_that_claims_to_be_vast_takes_no_memory(tmp_path: Path):
    """Its header says so; its numbers are a hole in the file."""
    vast = np.lib.format.open_memmap(tmp_path / "v.npy", "w+", np.int8, (3000, 3000))
    del vast
    assert "at most" in told({"type": "heat", "values": {"file": "v.npy"}}, tmp_path)


def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path: Path):
    Image.new("L", (3000, 3000)).save(tmp_path / "a.png")
    assert "pixels" in told({"type": "image", "file": "a.png"}, tmp_path)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        {},
        {"type": []},
        {"type": "heat"},
        {"type": "bars", "values": "many"},
        {"type": "matrix", "values": [[1, 2], [3]]},
        {"type": "field", "values": [[0]], "x": "ab"},
        {"type": "table", "rows": 7},
        {"type": "scatter", "x": [1e308, -1e308], "y": [1, 2]},
        {"type": "matrix", "values": [[1e308, 1e308]] * 2},
    ],
    ids=str,
)
def test_whatever_a_log_holds_is_no_fault(tmp_path: Path, payload: object):
    told(payload, tmp_path)


def test_a_type_from_a_later_version_is_named(tmp_path: Path):
    assert "cannot show hologram" in told({"type": "hologram"}, tmp_path)


def test_a_type_is_never_a_module_that_is_no_renderer(tmp_path: Path):
    assert "cannot show terminal" in told({"type": "terminal"}, tmp_path)
