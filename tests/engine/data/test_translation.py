"""Pairs of sentences: right in both languages, test sentences unknown from training, the hub's as they were sent."""

import json

import pytest
import torch

from dltui.engine.data import translation
from dltui.engine.generators import spoken
from dltui.engine.reading.sentences import END, PAD, UNKNOWN, as_rows, as_words, vocabulary, words_of
from dltui.errors import DltuiError
from tests.engine.hub_standin import standing_in

DE = [("A dog runs.", "Ein Hund läuft."), ("A dog's ball.", "Ein Ball."), ("A cat runs.", "Eine Katze läuft.")]


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def builtin():
    return translation.build().builtin()


def files() -> dict[str, bytes]:
    lines = "".join(json.dumps({"en": en, "de": de}) + "\n" for en, de in DE)
    return {"train.jsonl": lines.encode(), "test.jsonl": lines.encode()}


def test_no_test_sentence_is_known_from_training(builtin):
    train, test = (set(map(tuple, split.inputs.tolist())) for split in (builtin.train, builtin.test))
    assert not train & test and len(test) == len(builtin.test.inputs) == translation.TEST_ROWS


def test_it_is_the_same_every_time(builtin):
    assert torch.equal(translation.build().builtin().train.targets, builtin.train.targets)


def test_no_word_is_unknown_and_every_sentence_ends_once(builtin):
    for rows in (*builtin.train, *builtin.test):
        assert not (rows == UNKNOWN).any()
        assert ((rows == END).sum(1) == 1).all()


def test_numbers_and_dates_are_said_rightly():
    said = dict(spoken.pairs(2000, seed=1))
    dates = [pair for pair in said.items() if pair[1].endswith("года")]
    assert 0.2 < len(dates) / len(said) < 0.35
    assert not [text for pair in said.items() for text in pair if "-" in text or "," in text]
    assert spoken._number(2_421_005) == (
        "two million four hundred and twenty one thousand and five", "два миллиона четыреста двадцать одна тысяча пять"
    )  # fmt: skip
    assert spoken._date(spoken.date(1995, 3, 3)) == (
        "friday march the third nineteen ninety five", "пятница третье марта тысяча девятьсот девяносто пятого года"
    )  # fmt: skip


def test_there_are_short_and_long_ones(builtin):
    lengths = (builtin.test.inputs != PAD).sum(1) - 1
    assert 0.3 < (lengths >= 12).float().mean() < 0.5


def test_the_hubs_pairs_arrive_with_their_words_and_rare_ones_unknown(monkeypatch):
    with standing_in(monkeypatch, files()) as server:
        data = translation.build().hub(lambda text: None)
        asked = len(server.asked)
        kept = translation.build(train_rows=2).hub(lambda text: None)
        assert len(server.asked) == asked and "from the cache" in kept.detail
    english, german = data.vocabularies
    assert as_words(data.train.inputs[0], english) == ["a", "<unknown>", "runs", "."]  # dog's is a word of its own
    assert as_words(data.train.targets[0], german) == ["ein", "<unknown>", "läuft", "."]
    assert data.facts == {"source_words": len(english), "target_words": len(german)}
    assert len(kept.train.inputs) == 2 and kept.vocabularies == data.vocabularies


def test_the_other_language_is_fetched_anew(monkeypatch):
    with standing_in(monkeypatch, files()):
        translation.build().hub(lambda text: None)
        with pytest.raises(DltuiError, match="expected columns en and fr, found en, de"):
            translation.build(target="fr").hub(lambda text: None)


def test_what_is_no_json_is_told(monkeypatch):
    broken = {**files(), "test.jsonl": b"{"}
    with standing_in(monkeypatch, broken), pytest.raises(DltuiError, match=r"test.jsonl is not a JSON Lines file"):
        translation.build().hub(lambda text: None)


def test_rows_of_words_and_back():
    sentences = [words_of("The cat's mat."), words_of("the unheard of")]
    known = vocabulary(sentences, most=6)
    assert known[4:] == ("the", ".") and words_of("The cat's mat.") == ["the", "cat's", "mat", "."]
    rows = as_rows(sentences, known, 4)
    assert rows.tolist() == [[4, UNKNOWN, UNKNOWN, END], [4, UNKNOWN, UNKNOWN, END]]
    assert as_words(rows[0], known) == ["the", "<unknown>", "<unknown>"]


def test_your_own_pairs_are_parted_and_no_test_sentence_is_trained_on(tmp_path):
    lines = "".join(f"a dog {n}\tein Hund {n}\n" for n in range(40))
    (tmp_path / "pairs.tsv").write_text(lines, encoding="utf-8")
    data = translation.build().path(tmp_path / "pairs.tsv", lambda text: None)
    assert len(data.train.inputs) == 36 and len(data.test.inputs) == 4
    assert as_words(data.test.inputs[0], data.vocabularies[0]) == ["a", "dog", "<unknown>"]
    assert as_words(data.train.targets[0], data.vocabularies[1]) == ["ein", "hund", "0"]
