"""Tagged sentences: words and tags stay in step, and no test sentence is trained on."""

import json

import pyarrow as pa
import pyarrow.parquet

from dltui.engine.data import tagged
from dltui.engine.reading.sentences import PAD, UNKNOWN
from tests.engine.hub_standin import standing_in


def silent(told: str) -> None:
    pass


def test_words_and_tags_end_together_and_the_test_is_apart():
    data = tagged.build().builtin()
    for split in (data.train, data.test):
        assert ((split.inputs == PAD) == (split.targets == tagged.NO_TAG)).all()
    trained = {tuple(row) for row in data.train.inputs[:, :20].tolist()}
    width = min(20, data.test.inputs.shape[1])
    behind = (PAD,) * (20 - width)
    assert not any((*row[:width], *behind) in trained for row in data.test.inputs.tolist())
    assert data.facts == {"symbols": len(data.vocabularies[0]), "classes": 10}


def parquet(tokens: list, upos: list) -> bytes:
    feature = {"feature": {"names": ["NOUN", "VERB"], "_type": "ClassLabel"}, "_type": "Sequence"}
    told = json.dumps({"info": {"features": {"upos": feature}}})
    table = pa.table({"tokens": tokens, "upos": upos}).replace_schema_metadata({"huggingface": told})
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_the_hubs_tags_are_named_and_its_rare_words_unknown(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))
    train = parquet([["Dogs", "bark"], ["Dogs", "bark"], ["cats"]], [[0, 1], [0, 1], [0]])
    files = {"en_ewt/train-0.parquet": train, "en_ewt/test-0.parquet": parquet([["bark", "Dogs"]], [[0, 0]])}
    with standing_in(monkeypatch, files):
        fetched = tagged.build().hub(silent)
    kept = tagged.build().hub(silent)
    assert kept.classes == fetched.classes == ("NOUN", "VERB")
    words = kept.vocabularies[0]
    assert [words[number] for number in kept.train.inputs[0]] == ["Dogs", "bark"]
    assert kept.train.inputs[2].tolist() == [UNKNOWN, PAD] and kept.train.targets[2].tolist() == [0, tagged.NO_TAG]
    assert kept.test.targets.tolist() == [[0, 0]]


def test_your_own_sentences_are_parted_and_their_tags_named(tmp_path):
    """Guards against tags that are numbered anew in the test."""
    text = "".join(
        f"w{n}\tNOUN\n{'runs' if n % 5 == 4 else 'is'}\t{'VERB' if n % 5 == 4 else 'AUX'}\n\n" for n in range(25)
    )
    (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
    data = tagged.build().path(tmp_path / "a.tsv", silent)
    assert data.classes == ("AUX", "NOUN", "VERB") and len(data.train.inputs) == 20
    assert data.train.targets[0].tolist() == [1, 0] and data.test.targets[0].tolist() == [1, 2]
