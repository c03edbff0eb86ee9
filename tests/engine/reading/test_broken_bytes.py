"""Files that are cut or changed are read, or refused with status 4: never another exception, soon, in little memory."""

import io
import json
import time
import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dltui.engine.reading import coco
from dltui.engine.reading.picture import read_picture
from dltui.engine.reading.sound_folder import read_sound
from dltui.errors import DltuiError, ExitStatus

SECONDS, BYTES = 2.0, 600_000_000  # for one small file, on a busy machine
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 24, 3)).astype(np.uint8)


def encoded(end: str) -> bytes:
    data = io.BytesIO()
    if end == "tif16":
        Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 200).save(data, "TIFF", compression="tiff_deflate")
    else:
        Image.fromarray(PIXELS).save(data, {"jpg": "JPEG", "tif": "TIFF"}.get(end, end.upper()))
    return data.getvalue()


def sound(form: str) -> bytes:
    data = io.BytesIO()
    samples = np.sin(np.arange(2000) / 5)
    soundfile.write(data, samples, 16_000, format=form)
    return data.getvalue()


PICTURES = {end: encoded(end) for end in ("png", "jpg", "gif", "bmp", "webp", "tif", "tif16", "ppm")}
SOUNDS = {form: sound(form) for form in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU")}
ANNOTATIONS = json.dumps(
    {
        "images": [{"id": number, "file_name": f"{number}.png", "width": 24, "height": 24} for number in range(2)],
        "categories": [{"id": 1, "name": "disc"}],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 3.5, 4]} for n in range(2)],
    }
).encode()


@st.composite
def broken(draw, whole: bytes):
    """`whole`, cut, with some bytes changed, taken out or put in."""
    data = bytearray(whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(0, min(len(data), draw(st.sampled_from([64, 1 << 30]))) - 1)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=4))
    return bytes(data)


def endures(read) -> object:
    """What `read` gives, None where it refuses with status 4; soon, and without taking much memory."""
    tracemalloc.start()
    begun = time.process_time()
    try:
        return read()
    except DltuiError as error:
        assert error.status == ExitStatus.DATA and len(error.message) < 1000
        return None
    finally:
        spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert spent < SECONDS and peak < BYTES


@pytest.mark.parametrize("end", PICTURES)
@EXAMPLES
@given(data=st.data())
def test_pictures(tmp_path, end, data):
    path = tmp_path / "a.png"
    path.write_bytes(data.draw(broken(PICTURES[end])))
    found = endures(lambda: read_picture(path, 3, 16))
    assert found is None or (found.shape, found.dtype) == ((3, 16, 16), np.uint8)


@pytest.mark.parametrize("form", SOUNDS)
@EXAMPLES
@given(data=st.data())
def test_sounds(tmp_path, form, data):
    path = tmp_path / "a.wav"
    path.write_bytes(data.draw(broken(SOUNDS[form])))
    found = endures(lambda: read_sound(path, 8000, 800))
    assert found is None or (found.sound.shape == (800,) and np.isfinite(found.sound).all())


@EXAMPLES
@given(data=st.data())
def test_annotations(tmp_path, data):
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(PICTURES["png"])
    (tmp_path / "annotations.json").write_bytes(data.draw(broken(ANNOTATIONS)))
    found = endures(lambda: coco.read(tmp_path, 16, 2, lambda text: None))
    assert found is None or (np.isfinite(found.boxes).all() and found.boxes.min() >= -1 and found.boxes.max() <= 16)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside, max_size=3),
    max_leaves=5,
)


@EXAMPLES
@given(data=st.data())
def test_annotations_of_any_types(tmp_path, data):
    """Right JSON in which some value is of another type, or any number."""
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(PICTURES["png"])
    notes = json.loads(ANNOTATIONS)
    part = notes[data.draw(st.sampled_from(list(notes)))]
    record = data.draw(st.sampled_from(part))
    record[data.draw(st.sampled_from(list(record)))] = data.draw(
        ANYTHING | st.lists(st.integers() | st.floats(), max_size=4)
    )
    (tmp_path / "annotations.json").write_text(json.dumps(notes))
    found = endures(lambda: coco.read(tmp_path, 16, 2, lambda text: None))
    assert found is None or (np.isfinite(found.boxes).all() and found.boxes.min() >= -1 and found.boxes.max() <= 16)
