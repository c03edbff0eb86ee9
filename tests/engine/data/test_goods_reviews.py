"""Reviews of goods: few to train on, none of them in the test, and words that films lack."""

import torch

from dltui.engine.data import goods_reviews
from dltui.engine.generators import reviews


def test_few_rows_many_films_and_one_vocabulary():
    data = goods_reviews.build(shots=20, film_rows=100, test_rows=60).builtin()
    assert len(data.train.inputs) == 20 and len(data.test.inputs) == 60 and len(data.base.inputs) == 100
    assert max(part.inputs.max() for part in (data.train, data.test, data.base)) < data.facts["symbols"]
    assert data.train.targets.float().mean() == data.base.targets.float().mean() == 0.5


def test_no_test_row_is_trained_on():
    data = goods_reviews.build(shots=50, test_rows=300).builtin()
    seen = {tuple(row) for row in data.train.inputs.tolist()}
    assert not seen & {tuple(row) for row in data.test.inputs.tolist()}


def test_goods_have_words_that_no_film_has_and_some_that_both_have():
    data = goods_reviews.build().builtin()
    films, goods = (set(part.inputs.unique().tolist()) for part in (data.base, data.test))
    words = data.vocabularies[0]
    new = {words[number] for number in goods - films}
    assert {"kettle", "sturdy", "flimsy"} <= new and not new & {"good", "not", "but", "nobody"}


def test_films_are_those_that_they_were():
    """Guards the draws of the reviews of films, which other recipes are trained on."""
    assert reviews.reviews(40, 3) == reviews.reviews(40, 3, reviews.FILMS)
    assert torch.equal(goods_reviews.build(film_rows=100).builtin().base.targets[:6], torch.tensor([0, 1, 0, 1, 0, 1]))
