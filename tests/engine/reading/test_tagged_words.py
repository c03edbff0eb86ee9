"""Tagged sentences of one's own: CoNLL-U and two columns say the same, and a wrong line is named."""

import pytest

from dltui.engine.reading.tagged_words import read_tagged
from dltui.errors import DltuiError, ExitStatus

SENTENCES = [[("the", "DET"), (f"dog{n}", "NOUN"), ("#", "SYM"), ("barks", "VERB")] for n in range(20)]


def conllu(sentence) -> str:
    words = [f"{n}\t{word}\tlemma\t{tag}\t_\t_\t0\t_\t_\t_" for n, (word, tag) in enumerate(sentence, 1)]
    parts = ["# text = whatever", "1-2\tthedog\t_\t_\t_\t_\t_\t_\t_\t_", *words, "4.1\tnothing\t_\tX\t_\t_\t_\t_\t_\t_"]
    return "".join(f"{line}\n" for line in [*parts, ""])


def test_two_columns_and_conllu_say_the_same_and_a_repeated_sentence_counts_once(tmp_path):
    """Guards against joined and empty words of CoNLL-U taken for words, and a sign # taken for a remark."""
    (tmp_path / "a.conllu").write_text("".join(map(conllu, [*SENTENCES, SENTENCES[0]])), encoding="utf-8")
    columns = "\n\n".join("\n".join(f"{word}\t{tag}" for word, tag in sentence) for sentence in SENTENCES)
    (tmp_path / "a.tsv").write_text(columns, encoding="utf-8")
    assert read_tagged(tmp_path / "a.conllu") == read_tagged(tmp_path / "a.tsv") == (SENTENCES, ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the\tDET\ndog\n", "line 2: expected a word, a tab and its tag, found dog"),
        ("the\tDET\n\n" * 30, "expected 20 different sentences or more, found 1"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, told):
    (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(DltuiError, match=told) as error:
        read_tagged(tmp_path / "a.tsv")
    assert error.value.status == ExitStatus.DATA


def test_a_space_that_parts_nothing_and_other_ends_of_lines_stay_in_a_word(tmp_path):
    odd = [[("5\u00a0000", "NUM"), (f"sat\u2028down{n}", "VERB")] for n in range(20)]
    (tmp_path / "a.tsv").write_text(
        "\n\n".join("\n".join("\t".join(pair) for pair in one) for one in odd), encoding="utf-8"
    )
    assert read_tagged(tmp_path / "a.tsv") == (odd, ())


def test_the_encoding_is_found_out_and_told(tmp_path):
    (tmp_path / "a.tsv").write_bytes("".join(f"кошка{n}\tСУЩ\n\n" for n in range(20)).encode("cp1251"))
    sentences, notes = read_tagged(tmp_path / "a.tsv")
    assert sentences[3] == [("кошка3", "СУЩ")] and "read as cp1251" in notes[0]
