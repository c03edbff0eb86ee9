"""Pairs of sentences: three kinds of file say the same, and what is wrong is named with its line."""

import json

import pytest

from dltui.engine.reading.reading_options import Reading
from dltui.engine.reading.sentence_pairs import read_pairs
from dltui.errors import DltuiError, ExitStatus

PAIRS = [(f"a dog, {n}", f'ein "Hund", {n}') for n in range(20)]


def written(pairs) -> dict[str, str]:
    quoted = "".join('"{}","{}"\n'.format(*(part.replace('"', '""') for part in pair)) for pair in pairs)
    return {
        "pairs.tsv": "".join(f"{en}\t{de}\tsomebody, CC-BY\n" for en, de in pairs),
        "pairs.csv": f"en,de\n{quoted}",
        "pairs.jsonl": "".join(json.dumps({"number": 1, "en": en, "de": de}) + "\n" for en, de in pairs),
    }


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.csv", "pairs.jsonl"])
def test_each_kind_of_file_gives_the_pairs_and_a_repeated_one_once(tmp_path, name):
    """Guards against a header taken for a pair, quotes that stay, and a sentence met in training and in the test."""
    (tmp_path / name).write_text(written([*PAIRS, PAIRS[3]])[name], encoding="utf-8")
    assert read_pairs(tmp_path / name)[0] == PAIRS


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.tsv", "one\teins\ntwo\n", "line 2: expected two sentences, found two"),
        ("a.jsonl", "[1]\n", r"line 1: expected a JSON object, found \[1\]"),
        ("a.csv", "en,de\none,eins\n", "expected 20 different pairs of sentences or more, found 1"),
        ("a.xlsx", "one\teins\n", r"expected \.tsv \.txt \.csv \.jsonl, found \.xlsx"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, name, text, told):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DltuiError, match=told) as error:
        read_pairs(tmp_path / name)
    assert error.value.status == ExitStatus.DATA and "a tab" in error.value.hint


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", 'en,ru\n"' + "a" * 200_000, "line 2: a field in quotes does not end"),
        ("a.jsonl", "[" * 100_000, "line 1: expected a JSON object"),
    ],
)
def test_what_never_ends_is_told(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(DltuiError, match=told):
        read_pairs(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "".join(f"{n + 1}\t{en}\t{n + 900}\t{de}\n" for n, (en, de) in enumerate(PAIRS))),
        ("a.tsv", "".join(f"eng\t{en}\tdeu\t{de}\tCC-BY {en}\n" for en, de in PAIRS)),
        ("a.csv", "id;en;de\n" + "".join(f"{n};{en};'{de}'\n" for n, (en, de) in enumerate(PAIRS))),
        (
            "a.jsonl",
            "".join(json.dumps({"id": f"u{n}", "en": en, "de": de}) + "\n" for n, (en, de) in enumerate(PAIRS)),
        ),
        ("a.jsonl", "".join(json.dumps({"translation": {"en": en, "de": de}}) + "\n" for en, de in PAIRS)),
    ],
    ids=["tatoeba", "languages", "csv", "ids", "hub"],
)
def test_ids_and_names_of_languages_are_no_sentences(tmp_path, name, text):
    """Guards a net that learns to translate numbers."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    pairs, _ = read_pairs(tmp_path / name)
    assert [(en, de.strip("'")) for en, de in pairs] == PAIRS


def test_only_line_feeds_end_a_pair_and_quoted_ones_stay_in_their_field(tmp_path):
    odd = [(f"{en}\u2028\x85\x0c more", de) for en, de in PAIRS]
    for name, text in written(odd).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_pairs(tmp_path / name)[0] == odd
    lines = [(en.replace(",", "\n"), de) for en, de in PAIRS]
    (tmp_path / "a.csv").write_text(written(lines)["pairs.csv"], encoding="utf-8")
    assert read_pairs(tmp_path / "a.csv")[0] == lines


def test_the_user_decides_columns_header_and_encoding(tmp_path):
    (tmp_path / "a.tsv").write_bytes("".join(f"x{n}\tпривет {n}\tнемец {n}\n" for n in range(21)).encode("koi8-r"))
    reading = Reading(columns=("3", "2"), encoding="koi8-r", header="yes")
    assert read_pairs(tmp_path / "a.tsv", reading)[0] == [(f"немец {n}", f"привет {n}") for n in range(1, 21)]
    with pytest.raises(DltuiError, match=r"data\.columns names two columns of sentences, not 1"):
        read_pairs(tmp_path / "a.tsv", reading._replace(columns=("1",)))


def test_a_first_row_that_is_taken_for_names_is_told_and_data_header_decides(tmp_path):
    """Guards a first pair that is lost without a word."""
    (tmp_path / "a.csv").write_text("".join(f'"{en}","{de}"\n' for en, de in written_apart()), encoding="utf-8")
    pairs, notes = read_pairs(tmp_path / "a.csv")
    assert len(pairs) == 20 and notes == ("the first row names the columns: dog 0, Hund 0",)
    assert read_pairs(tmp_path / "a.csv", Reading(header="no")) == (written_apart(), ())


def written_apart() -> list[tuple[str, str]]:
    return [(f"dog {n}", f"Hund {n}") for n in range(21)]
