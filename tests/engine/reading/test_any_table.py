"""A table of numbers of the user's own in place of a recipe's own data, with classes and without."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris, load_wine, make_classification

from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import any_table, sources
from dltui.engine.reading.reading_options import FOUND_OUT
from dltui.engine.training.session import make_learner
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from tests.engine.conftest import CPU

RECIPES = [
    name
    for name, found in ((name, recipes.load(name)) for name in recipes.files())
    if found.data and "table" in found.takes
]


def tables() -> dict[str, tuple[np.ndarray, list[str], list[str]]]:
    """Name -> numbers (N, D), names of the columns, a class each."""
    iris, wine = load_iris(), load_wine()
    x, y = make_classification(200, 50, n_informative=10, n_classes=3, random_state=0)
    return {
        "iris": (iris.data, list(iris.feature_names), [str(iris.target_names[of]) for of in iris.target]),
        "wine": (wine.data, list(wine.feature_names), [f"grower {of}" for of in wine.target]),
        "wide": (x, [f"column {place}" for place in range(50)], [f"класс {of}" for of in y]),
    }


TABLES = tables()
ODD = {
    "plain": {},
    "semicolons": {"delimiter": ";", "comma": True},
    "tabs": {"delimiter": "\t"},
    "index": {"index": True},
    "utf-16": {"encoding": "utf-16"},
    "quoted": {"quoting": csv.QUOTE_ALL},
    "label first": {"first": True},
}


def written(path: Path, name: str, *, comma=False, index=False, first=False, label="class", **dialect) -> Path:
    x, names, classes = TABLES[name]
    encoding = dialect.pop("encoding", "utf-8")
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, **dialect)
        heads, tail = ([""] if index else []), ([label] if label else [])
        writer.writerow([*heads, *tail, *names] if first else [*heads, *names, *tail])
        for number, (row, of) in enumerate(zip(x, classes, strict=True)):
            cells = [repr(float(value)).replace(".", "," if comma else ".") for value in row]
            heads, tail = ([number] if index else []), ([of] if label else [])
            writer.writerow([*heads, *tail, *cells] if first else [*heads, *cells, *tail])
    return path


def silent(text: str) -> None:
    pass


def whole(data) -> tuple[torch.Tensor, list[str]]:
    """All rows in their own units, sorted, and the class of each."""
    rows = torch.cat([data.train.inputs, data.test.inputs]).double() * data.scale.deviation + data.scale.mean
    targets = torch.cat([data.train.targets, data.test.targets]).tolist()
    pairs = sorted(zip(rows.tolist(), targets, strict=True), key=lambda pair: [round(value, 4) for value in pair[0]])
    inputs = torch.tensor([row for row, _ in pairs], dtype=torch.float64)
    return inputs, [data.classes[of] for _, of in pairs]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", TABLES)
def test_however_it_is_written_the_same_table_is_read(name, odd, tmp_path):
    """Guards decimal commas, an index taken for a feature, the label taken for one."""
    path = written(tmp_path / ("rows.tsv" if odd == "tabs" else "rows.csv"), name, **ODD[odd])
    assert any_table.is_table(path, FOUND_OUT, pictures=False)
    data = any_table.read(path, silent, FOUND_OUT)
    x, names, classes = TABLES[name]
    want = sorted(zip(x.tolist(), classes, strict=True), key=lambda pair: [round(value, 4) for value in pair[0]])
    rows, got = whole(data)
    assert torch.allclose(rows, torch.tensor([row for row, _ in want], dtype=torch.float64), atol=1e-4)
    assert got == [of for _, of in want]
    assert list(data.columns) == names
    assert names[0] in data.detail


@pytest.mark.parametrize("name", TABLES)
def test_without_a_label_the_rows_have_no_classes(name, tmp_path):
    path = written(tmp_path / "rows.csv", name, label="")
    with pytest.raises(DltuiError, match="expected a column named label"):
        any_table.read(path, silent, FOUND_OUT)
    data = any_table.read(path, silent, FOUND_OUT._replace(unlabelled=True))
    assert data.classes == () and len(data.train.targets) + len(data.test.targets) == len(TABLES[name][0])
    assert "without classes" in data.detail and any("no column is a label" in note for note in data.notes)
    assert list(data.columns) == TABLES[name][1]


def test_where_two_columns_may_be_the_label_it_is_asked_for(tmp_path):
    """Rows without classes are no excuse for a guess."""
    path = tmp_path / "rows.csv"
    path.write_text("a,b,sex,city\n" + "".join(f"{n},{n * 2},{'mf'[n % 2]},{'xyz'[n % 3]}\n" for n in range(30)))
    with pytest.raises(DltuiError, match="the class may be in sex or city"):
        any_table.read(path, silent, FOUND_OUT._replace(unlabelled=True))


@pytest.mark.parametrize(
    ("columns", "top", "is_table"),
    [(4, 7.9, True), (16, 255, True), (64, 16, False), (784, 255, False), (63, 16, True), (64, -1, True)],
)
def test_pixels_are_told_from_measurements_by_their_number_and_scale(columns, top, is_table, tmp_path):
    """Guards against 150 flowers as pictures of 2 x 2 pixels."""
    rows = np.random.default_rng(0).integers(0, 17, (20, columns)).astype(float)
    rows[0, 0] = top
    path = tmp_path / "rows.npz"
    np.savez(path, x=rows, y=np.arange(20) % 2)
    assert any_table.is_table(path, FOUND_OUT, pictures=True) == is_table


def test_four_numbers_are_no_picture(tmp_path):
    """A recipe that is about pictures refuses such a table in words."""
    path = written(tmp_path / "iris.csv", "iris")
    recipe = recipes.load("lenet-mnist")
    with pytest.raises(DltuiError, match="expected pictures"):
        sources.load(recipe.data, str(path), silent, recipe.takes)


@pytest.mark.parametrize("label", ["class", ""])
@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_that_works_on_numbers_runs_on_a_table(name, label, tmp_path):
    """Its metrics are numbers, its pictures can be made; where classes are needed their lack is told."""
    path = written(tmp_path / "wine.csv", "wine", label=label)
    variant = next(iter(recipes.load(name).variants.values()))
    if not label and "unlabelled" not in variant.takes:
        with pytest.raises(DltuiError, match="expected a column named label"):
            sources.load(variant.data, str(path), silent, variant.takes)
        return
    rows = Rows(sources.load(variant.data, str(path), silent, variant.takes), CPU)
    learner = make_learner("", variant, rows, CPU)
    for _ in range(8):
        if learner.walks or not learner.algorithm.done:
            learner.advance()
    with learner.evaluation_mode():
        values = learner.evaluate()
        assert values and all(value == value for value in values.values())
        assert list(learner.pictures())
        assert "ari" not in values or label
