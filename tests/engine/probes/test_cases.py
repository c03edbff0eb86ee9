"""Cases and genders as directions, on vectors into which they are put, and on vectors at random."""

import pytest
import torch

from dltui.engine.data import declined_nouns, sentences
from dltui.engine.generators.declined import CASES, NOUNS, form
from dltui.engine.probes.cases import build
from dltui.engine.tasks import skipgram
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture
def task():
    torch.manual_seed(0)
    return skipgram.build(embedding=32)(context(declined_nouns.build(train_rows=1500, test_rows=60).builtin()))


def test_the_table_holds_forms_that_are_read_and_alone(task):
    probe = build()(task)
    read = set(task.rows.train.stored.unique().tolist())
    for row, noun in enumerate(NOUNS):
        forms = [form(noun, case) for case in CASES]
        for column, number in enumerate(probe.table[row].tolist()):
            if number >= 0:
                assert probe.words[number] == forms[column] and forms.count(forms[column]) == 1 and number in read


def test_directions_that_are_there_are_found_and_random_vectors_have_none(task):
    probe = build()(task)
    with torch.no_grad():
        task.net.v.weight.normal_()
    at_random = probe.evaluate()
    noun, case = (torch.randn(count, 32) for count in (len(NOUNS), len(CASES)))
    gender = torch.randn(32)
    with torch.no_grad():
        for row, column in (probe.table >= 0).nonzero().tolist():
            put = noun[row] + case[column] + (2.0 if probe.feminine[row] else -2.0) * gender
            task.net.v.weight[probe.table[row, column]] = put
        there = probe.evaluate()
        panes = [picture.pane for picture in probe.pictures()]
    assert there["case_hits"] > 0.9 and there["gender_accuracy"] == 1
    assert at_random["case_hits"] < 0.7 and 0.2 < at_random["gender_accuracy"] < 0.8
    assert panes == ["cases", "analogies"]


def test_other_data_are_refused():
    with pytest.raises(DltuiError, match="declined_nouns"):
        build()(skipgram.build()(context(sentences.build(targets="groups", train_rows=50).builtin())))
