"""Strokes of the user's own get the data's size, place and ground, whatever form their picture has."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from dltui.engine.reading import strokes
from dltui.engine.reading.picture import fitted

SIZE = 28
TURN = "inverted, as the data's strokes are light on dark"
CROP = "cropped and centred as the data are"
LIGHT = "uneven light on the ground was taken out"


def letter(scale: float, at: tuple[float, float], shape=(SIZE, SIZE)) -> np.ndarray:
    """A seven with a foot, whose middle and outline are known: white on black, (H, W) 0..255."""
    four = Image.new("L", (4 * shape[1], 4 * shape[0]))
    points = [(-0.35, -0.5), (0.35, -0.5), (-0.1, 0.5), (0.3, 0.5)]
    line = [(4 * (at[1] + scale * x), 4 * (at[0] + scale * y)) for x, y in points]
    ImageDraw.Draw(four).line(line, fill=255, width=round(0.5 * scale), joint="curve")
    return np.asarray(four.resize(shape[::-1], Image.Resampling.BOX))


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    """Pictures (N, 1, 28, 28) like those of MNIST: 20 pixels high, in the middle."""
    random = np.random.default_rng(0)
    return np.stack([letter(18 + random.random(), 13.5 + random.normal(0, 0.3, 2)) for _ in range(40)])[:, None]


@pytest.fixture(scope="module")
def layout(data) -> strokes.StrokeLayout:
    return strokes.stroke_layout(data)


LARGE = letter(130, (120, 280), (300, 400))  # off the middle
NEGATIVE = 255 - LARGE
RANDOM = np.random.default_rng(1)


def lit(values: np.ndarray) -> np.ndarray:
    """As a telephone takes it: a lamp at one corner, grain, soft edges."""
    y, x = np.mgrid[0 : 1 : values.shape[0] * 1j, 0 : 1 : values.shape[1] * 1j]
    taken = (150 + 70 * x - 60 * y) * (0.3 + 0.7 * values / 255) + RANDOM.normal(0, 4, values.shape)
    soft = Image.fromarray(taken.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    return np.asarray(soft)


def on_a_table(values: np.ndarray) -> np.ndarray:
    taken = lit(values).copy()
    taken[:, :30] = 25
    return taken


def on_lines(values: np.ndarray) -> np.ndarray:
    """On squared paper, whose lines are fainter than the ink."""
    taken = lit(values).copy()
    for start in range(9, 400, 25):
        taken[start : start + 2] = 0.8 * taken[start : start + 2]
        taken[:, start : start + 2] = 0.8 * taken[:, start : start + 2]
    return taken


def see_through(ink: np.ndarray) -> Image.Image:
    pixels = Image.new("RGBA", ink.shape[::-1], (0, 0, 0, 0))
    pixels.putalpha(Image.fromarray(ink))
    return pixels


FORMS = {
    "off the middle": (Image.fromarray(LARGE), 0, [CROP]),
    "dark on light": (Image.fromarray(NEGATIVE), 0, [TURN, CROP]),
    "grey on grey": (Image.fromarray((NEGATIVE / 4 + 120).astype(np.uint8)), 0, [TURN, CROP]),
    "black on nothing": (see_through(LARGE), 0, [TURN, CROP]),
    "of a palette": (Image.fromarray(NEGATIVE).convert("P"), 0, [TURN, CROP]),
    "of 16 bits": (Image.fromarray(NEGATIVE.astype(np.uint16) * 257), 0, [TURN, CROP]),
    "of 16 bits, of which 8 are used": (Image.fromarray(NEGATIVE.astype(np.uint16)), 1, [TURN, CROP]),
    "0 and 1": (Image.fromarray((NEGATIVE > 127).astype(np.uint8)), 1, [TURN, CROP]),
    "red ink": (Image.merge("RGB", [Image.new("L", (400, 300), 255), *[Image.fromarray(NEGATIVE)] * 2]), 0,
                [TURN, CROP]),
    "photographed": (Image.fromarray(lit(NEGATIVE)), 0, [TURN, LIGHT, CROP]),
    "photographed on a table": (Image.fromarray(on_a_table(NEGATIVE)), 0, [TURN, LIGHT, CROP]),
    "photographed on squared paper": (Image.fromarray(on_lines(NEGATIVE)), 0, [TURN, LIGHT, CROP]),
    "cut out": (Image.fromarray(NEGATIVE[54:186, 228:332]), 0, [TURN, CROP]),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_strokes_of_any_form_become_those_of_the_data(data, layout, form):
    opened, white, said = FORMS[form]
    drawn, done = strokes.normalized(opened, layout, SIZE, white, "x.png")
    mean = data.mean(0)
    alike, as_it_was = (np.corrcoef(one.ravel(), mean.ravel())[0, 1] for one in (drawn, fitted(opened, 1, SIZE)))
    assert list(done) == said
    assert alike > 0.9 > as_it_was and drawn.max() > 240 and drawn[0, 0].max() == 0


def test_dirt_does_not_move_the_strokes(layout):
    speckled = NEGATIVE.copy()
    speckled[20:24, 20:24] = 0
    assert np.array_equal(
        *(strokes.normalized(Image.fromarray(one), layout, SIZE, 0, "x.png")[0] for one in (speckled, NEGATIVE))
    )


def test_what_lies_as_the_data_do_stays_as_it_is(data, layout):
    for row in data:
        drawn, done = strokes.normalized(Image.fromarray(row[0]), layout, SIZE, 0, "x.png")
        assert np.array_equal(drawn, row) and not done
        inverted, done = strokes.normalized(Image.fromarray(255 - row[0]), layout, SIZE, 0, "x.png")
        assert np.array_equal(inverted, row) and done == (TURN,)


def test_data_may_be_dark_on_light(data):
    drawn, done = strokes.normalized(Image.fromarray(LARGE), strokes.stroke_layout(255 - data), SIZE, 0, "x.png")
    assert np.corrcoef(drawn.ravel(), 255 - data.mean(0).ravel())[0, 1] > 0.9
    assert done == ("inverted, as the data's strokes are dark on light", CROP)


@pytest.mark.parametrize("pixels", [np.full((60, 60), 255), RANDOM.integers(0, 256, (60, 60))])
def test_a_picture_without_strokes_is_left_alone_and_said(layout, pixels):
    opened = Image.fromarray(pixels.astype(np.uint8))
    drawn, done = strokes.normalized(opened, layout, SIZE, 0, "x.png")
    assert np.array_equal(drawn, fitted(opened, 1, SIZE))
    assert done == ("no strokes on a plain ground were found: nothing was changed",)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (2, 2), (2, 700), (900, 9)])
def test_a_picture_of_any_size_has_an_answer(layout, shape):
    for pixels in (np.zeros(shape), np.full(shape, 255), RANDOM.integers(0, 256, shape)):
        drawn, _ = strokes.normalized(Image.fromarray(pixels.astype(np.uint8)), layout, SIZE, 0, "x.png")
        assert drawn.shape == (1, SIZE, SIZE) and drawn.dtype == np.uint8


def test_pictures_whose_ground_is_not_plain_have_no_strokes():
    photographs = RANDOM.integers(0, 256, (30, 1, 8, 8)).repeat(4, 2).repeat(4, 3).astype(np.uint8)
    assert strokes.stroke_layout(photographs) is None
    assert strokes.stroke_layout(np.zeros((9, 1, 28, 28), np.uint8)) is None
    assert strokes.stroke_layout(np.zeros((9, 3, 28, 28), np.uint8)) is None
