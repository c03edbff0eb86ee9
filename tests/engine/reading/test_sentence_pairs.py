"""Pairs of sentences: three kinds of file say the same, and what is wrong is named with its line."""

import json

import pytest

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
    assert read_pairs(tmp_path / name) == PAIRS


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
        ("a.csv", 'en,ru\n"' + "a" * 200_000, "expected CSV, found that field larger than field limit"),
        ("a.jsonl", "[" * 100_000, "line 1: expected a JSON object"),
    ],
)
def test_what_never_ends_is_told(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(DltuiError, match=told):
        read_pairs(tmp_path / name)
