"""Pictures in a table: by their bytes, or by the paths of their files, which stay in the folder of the table."""

import numpy as np
import pyarrow as pa
import pytest

from dltui.engine.reading.picture_column import decoded, picture_column
from dltui.engine.reading.pixels import Pictures
from dltui.errors import DltuiError
from tests.engine.reading.test_picture import save

GREY = Pictures(1, 28)
RECORD = pa.struct({"bytes": pa.binary(), "path": pa.string()})


@pytest.fixture
def folder(tmp_path):
    for number in range(2):
        save(tmp_path / "here" / "img" / f"{number}.png", np.full((28, 28), 100 + number))
    save(tmp_path / "secret.png", np.full((28, 28), 9))
    return tmp_path / "here"


@pytest.mark.parametrize("records", [True, False])
def test_a_path_stands_for_its_picture(folder, records):
    names = [f"img/{number}.png" for number in (1, 0)]
    column = pa.array([{"bytes": None, "path": name} for name in names], RECORD) if records else pa.array(names)
    found = decoded(pa.chunked_array([column]), GREY, "t", folder)
    assert found[:, 0, 0, 0].tolist() == [101, 100]


@pytest.mark.parametrize("name", ["../secret.png", "img/2.png", "img", "{root}/secret.png", "a\0b.png"])
def test_a_path_that_leads_out_or_nowhere_is_told_with_its_row(folder, name):
    column = pa.chunked_array([["img/0.png", name.format(root=folder.parent)]])
    with pytest.raises(DltuiError, match="t: row 2: expected the file of a picture in"):
        decoded(column, GREY, "t", folder)


def test_of_the_hub_no_path_is_followed(folder):
    column = pa.chunked_array([pa.array([{"bytes": None, "path": str(folder / "img/0.png")}], RECORD)])
    with pytest.raises(DltuiError, match="row 1: not a picture"):
        decoded(column, GREY, "t")


def test_of_two_columns_of_pictures_the_one_named_image_is_taken():
    pictures = pa.array([{"bytes": b"x", "path": None}], RECORD)
    assert picture_column(pa.table({"mask": pictures, "image": pictures})) == "image"
    assert picture_column(pa.table({"note": ["a"], "filename": ["a/b.PNG"]})) == "filename"
    assert picture_column(pa.table({"note": ["a"], "n": [1]})) is None
