"""Coreference: texts whose pronouns fit, links as a hand counts them, a loss as the formula has it, exact resume."""

import pytest
import torch

from dltui.engine.algorithms.coreference import Linker, antecedents, build, clusters, nearest, pairs
from dltui.engine.generators.mentions import ABOUT_OBJECT, ABOUT_SUBJECT, MEN, NOBODY, THINGS, WOMEN, texts
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(1)
    return build(**{"train_rows": 300, "hidden": 16, "embedding": 12, **options})(context())


def test_pronouns_fit_who_they_mean_and_verbs_say_who_that_is():
    for text in texts(300, 2):
        names = {meant: word for word, meant in text if word in (*WOMEN, *MEN, *THINGS)}
        for place, (word, meant) in enumerate(text):
            if word in ("she", "he", "it") and meant != NOBODY:
                assert names[meant] in {"she": WOMEN, "he": MEN, "it": THINGS}[word]
            if word == "because" and text[place - 2][0] in (*ABOUT_OBJECT, *ABOUT_SUBJECT):
                of_object = text[place - 2][0] in ABOUT_OBJECT
                assert text[place + 1][1] == text[place - (1 if of_object else 3)][1]


def test_clusters_and_pairs_by_hand():
    assert clusters([0, 1, 0, 2, 1]) == [0, 1, 0, 0, 1]
    assert pairs([0, 1, 0, 0, 1]) == {(0, 2), (0, 3), (2, 3), (1, 4)}


def test_right_antecedents_are_all_earlier_words_of_the_same_person():
    right = antecedents(torch.tensor([[0, NOBODY, 1, 0, 0]]))[0]
    assert right.long().tolist() == [
        [1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 1, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(("fitting", "links"), [(False, [0, 1, 2, 3, 2]), (True, [0, 1, 2, 3, 0])])
def test_the_rules_of_the_nearest_name(fitting, links):
    text = [("mary", 0), ("thanked", NOBODY), ("tom", 1), ("because", NOBODY), ("she", 0)]
    assert nearest(text, fitting) == links


@torch.no_grad()
def test_a_score_depends_on_the_pair_alone_where_no_context_is_read():
    torch.manual_seed(0)
    net = Linker(20, 9, 8, 8, context=False)
    scores = net(torch.tensor([[3, 4, 5, 6], [7, 4, 8, 6]]))
    assert torch.allclose(scores[0, 3, 2], scores[1, 3, 2]) and not torch.allclose(scores[0, 3, 1], scores[1, 3, 1])
    assert (scores[:, 0, 1:] == -torch.inf).all() and (scores[..., 0] == 0).all()


def test_it_learns_and_goes_on_where_it_was():
    process = made()
    for _ in range(40):
        process.step()
    with torch.no_grad():
        found = process.evaluate()
        assert found["f1"] > found["nearest_name"]
        assert [one.pane for one in process.pictures()] == ["texts", "antecedents"]
    copy = made()
    copy.load_state_dict(process.state_dict())
    losses = []
    for one in (process, copy):
        torch.manual_seed(7)
        losses.append([one.step()["loss"] for _ in range(3)])
    assert losses[0] == losses[1]


def test_who_links_as_the_texts_mean_has_f1_1():
    process = made()
    links = []
    for text in process.test:
        meant = [number for _, number in text]
        links.append([meant.index(who) if who != NOBODY else place for place, who in enumerate(meant)])
    assert process._judged(links) == {"f1": 1.0, "precision": 1.0, "recall": 1.0}
