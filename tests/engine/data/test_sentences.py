"""Sentences as rows: words and tags in step, pairs right in both languages, groups known, the test held out."""

import json

import pyarrow as pa
import pyarrow.parquet
import pytest
import torch

from dltui.engine.data import sentences
from dltui.engine.generators import spoken, word_groups
from dltui.engine.reading import tensor_file
from dltui.engine.reading.sentences import END, NO_TAG, PAD, UNKNOWN, as_rows, as_words, ended, vocabulary, words_of
from dltui.errors import DltuiError
from tests.engine.hub_standin import card, standing_in

DE = [("A dog runs.", "Ein Hund läuft."), ("A dog's ball.", "Ein Ball."), ("A cat runs.", "Eine Katze läuft.")]


def silent(told: str) -> None:
    pass


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


# -- tags ------------------------------------------------------------------------------------------------------------


def test_words_and_tags_end_together_and_the_test_is_apart():
    data = sentences.build(targets="tags").builtin()
    for split in (data.train, data.test):
        assert ((split.inputs == PAD) == (split.targets == NO_TAG)).all()
    trained = {tuple(row) for row in data.train.inputs[:, :20].tolist()}
    width = min(20, data.test.inputs.shape[1])
    behind = (PAD,) * (20 - width)
    assert not any((*row[:width], *behind) in trained for row in data.test.inputs.tolist())
    assert data.facts == {"symbols": len(data.vocabularies[0]), "classes": 10}


def parquet(tokens: list, upos: list) -> bytes:
    feature = {"feature": {"names": ["NOUN", "VERB"], "_type": "ClassLabel"}, "_type": "Sequence"}
    words = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    told = json.dumps({"info": {"features": {"tokens": words, "upos": feature}}})
    table = pa.table({"tokens": tokens, "upos": upos}).replace_schema_metadata({"huggingface": told})
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_the_hubs_tags_are_named_and_its_rare_words_unknown(monkeypatch):
    train = parquet([["Dogs", "bark"], ["Dogs", "bark"], ["cats"]], [[0, 1], [0, 1], [0]])
    files = {
        "README.md": card("en_ewt"),
        "en_ewt/train-0.parquet": train,
        "en_ewt/test-0.parquet": parquet([["bark", "Dogs"]], [[0, 0]]),
    }
    with standing_in(monkeypatch, files):
        fetched = sentences.build(targets="tags").hub(silent)
    kept = sentences.build(targets="tags").hub(silent)
    assert kept.classes == fetched.classes == ("NOUN", "VERB")
    words = kept.vocabularies[0]
    assert [words[number] for number in kept.train.inputs[0]] == ["Dogs", "bark"]
    assert kept.train.inputs[2].tolist() == [UNKNOWN, PAD] and kept.train.targets[2].tolist() == [0, NO_TAG]
    assert kept.test.targets.tolist() == [[0, 0]]


def test_your_own_tagged_sentences_are_parted_and_their_tags_named(tmp_path):
    """Guards against tags that are numbered anew in the test."""
    text = "".join(
        f"w{n}\tNOUN\n{'runs' if n % 5 == 4 else 'is'}\t{'VERB' if n % 5 == 4 else 'AUX'}\n\n" for n in range(25)
    )
    (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
    data = sentences.build(targets="tags").path(tmp_path / "a.tsv", silent)
    assert data.classes == ("AUX", "NOUN", "VERB") and len(data.train.inputs) == 20
    assert data.train.targets[0].tolist() == [1, 0] and data.test.targets[0].tolist() == [1, 2]


# -- translation -------------------------------------------------------------------------------------------------------


def translated(**options):
    return sentences.build(targets="translation", **options)


@pytest.fixture(scope="module")
def pairs():
    return translated().builtin()


def files() -> dict[str, bytes]:
    lines = "".join(json.dumps({"en": en, "de": de}) + "\n" for en, de in DE)
    return {"train.jsonl": lines.encode(), "test.jsonl": lines.encode()}


def test_no_test_sentence_is_known_from_training(pairs):
    train, test = (set(map(tuple, split.inputs.tolist())) for split in (pairs.train, pairs.test))
    assert not train & test and len(test) == len(pairs.test.inputs) == sentences.Translations.TEST_ROWS


def test_it_is_the_same_every_time(pairs):
    assert torch.equal(translated().builtin().train.targets, pairs.train.targets)


def test_no_word_is_unknown_and_every_sentence_ends_once(pairs):
    for rows in (*pairs.train, *pairs.test):
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


def test_there_are_short_and_long_ones(pairs):
    lengths = (pairs.test.inputs != PAD).sum(1) - 1
    assert 0.3 < (lengths >= 12).float().mean() < 0.5


def test_the_hubs_pairs_arrive_with_their_words_and_rare_ones_unknown(monkeypatch):
    with standing_in(monkeypatch, files()) as server:
        data = translated().hub(silent)
        asked = len(server.asked)
        kept = translated(train_rows=2).hub(silent)
        assert len(server.asked) == asked and "from the cache" in kept.detail
    english, german = data.vocabularies
    assert as_words(data.train.inputs[0], english) == ["a", "<unknown>", "runs", "."]  # dog's is a word of its own
    assert as_words(data.train.targets[0], german) == ["ein", "<unknown>", "läuft", "."]
    assert (data.facts["source_words"], data.facts["target_words"]) == (len(english), len(german))
    assert len(kept.train.inputs) == 2 and kept.vocabularies == data.vocabularies


def test_the_other_language_is_fetched_anew(monkeypatch):
    with standing_in(monkeypatch, files()):
        translated().hub(silent)
        with pytest.raises(DltuiError, match="expected a column fr, found en, de"):
            translated(language="fr").hub(silent)


def test_what_is_no_json_is_told(monkeypatch):
    broken = {**files(), "test.jsonl": b"{"}
    with (
        standing_in(monkeypatch, broken),
        pytest.raises(DltuiError, match=r"test.jsonl cannot be read: JSON parse error"),
    ):
        translated().hub(silent)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat's mat.", ["the", "cat's", "mat", "."]),
        ("за\u0301мок и\u0306од", ["за\u0301мок", "йод"]),  # a stress mark, and a letter as macOS writes it
        ("这部电影 good!", ["这", "部", "电", "影", "good", "!"]),
    ],
)
def test_words_of_texts_with_accents_and_without_spaces(text, words):
    assert words_of(text) == words


def test_rows_of_words_and_back():
    read = [words_of("The cat's mat."), words_of("the unheard of")]
    known = vocabulary(read, most=6)
    assert known[4:] == ("the", ".") and words_of("The cat's mat.") == ["the", "cat's", "mat", "."]
    rows = as_rows(read, known, 4)
    assert rows.tolist() == [[4, UNKNOWN, UNKNOWN, END], [4, UNKNOWN, UNKNOWN, END]]
    assert as_words(rows[0], known) == ["the", "<unknown>", "<unknown>"]


def test_your_own_pairs_are_parted_and_no_test_sentence_is_trained_on(tmp_path):
    lines = "".join(f"a dog {n}\tein Hund {n}\n" for n in range(40))
    (tmp_path / "pairs.tsv").write_text(lines, encoding="utf-8")
    data = translated().path(tmp_path / "pairs.tsv", silent)
    assert len(data.train.inputs) == 36 and len(data.test.inputs) == 4
    assert as_words(data.test.inputs[0], data.vocabularies[0]) == ["a", "dog", "<unknown>"]
    assert as_words(data.train.targets[0], data.vocabularies[1]) == ["ein", "hund", "0"]


def test_a_sentence_ends_at_its_first_end():
    assert ended(torch.tensor([[4, END, 5, END], [4, 5, 5, 4]])).tolist() == [[4, END, PAD, PAD], [4, 5, 5, 4]]


# -- groups ------------------------------------------------------------------------------------------------------------


GROUP = {word: name for name, words in word_groups.GROUPS.items() for word in words.split()}


def test_every_sentence_follows_a_rule():
    slot = word_groups.SLOT
    rules = {
        tuple(found[1] if (found := slot.fullmatch(word)) else word for word in rule.split())
        for rule in word_groups.RULES
    }
    generated = word_groups.sentences(500, 0)
    assert {tuple(GROUP.get(word, word) for word in sentence) for sentence in generated} == rules


def test_a_word_is_of_one_group_and_no_rule_names_it():
    words = [word for group in word_groups.GROUPS.values() for word in group.split()]
    assert len(words) == len(set(words)) == 12 * len(word_groups.GROUPS)
    assert not set(words) & {word for rule in word_groups.RULES for word in rule.split()}


def test_each_grouped_word_comes_often_enough_to_be_learned():
    read = [word for sentence in word_groups.sentences(2000, 0) for word in sentence]
    assert min(read.count(word) for word in GROUP) >= 5


def test_every_word_has_its_group_for_a_tag_and_rows_are_the_same_each_time():
    data = sentences.build(targets="groups").builtin()
    words = data.vocabularies[0]
    for word, group in zip(data.train.inputs.flatten().tolist(), data.train.targets.flatten().tolist(), strict=True):
        assert GROUP.get(words[word], "") == (data.classes[group] if group != NO_TAG else "")
    assert not (data.test.inputs == UNKNOWN).any()
    assert torch.equal(sentences.build(targets="groups").builtin().train.inputs, data.train.inputs)
    assert as_words(data.train.inputs[0], words) == word_groups.sentences(2500, 0)[0]


def test_other_sentences_have_no_groups(monkeypatch, tmp_path):
    (tmp_path / "own.txt").write_text("A dog barks.\n\nThe cat sleeps.\n" * 10)
    own = sentences.build(targets="groups").path(tmp_path / "own.txt", silent)
    with standing_in(monkeypatch, files()):
        fetched = sentences.build(targets="groups").hub(silent)
    for data in (own, fetched):
        assert data.classes == () and (data.train.targets == NO_TAG).all()
    assert as_words(own.train.inputs[0], own.vocabularies[0]) == ["a", "dog", "barks", "."]
    assert (len(own.train.inputs), len(own.test.inputs)) == (18, 2)


def test_the_hubs_copies_of_all_targets_lie_side_by_side(monkeypatch):
    with standing_in(monkeypatch, files()):
        translated().hub(silent)
        sentences.build(targets="groups").hub(silent)
    for name in ("translation", "groups"):
        assert tensor_file.of_hub(f"sentences/{name}").is_file()
