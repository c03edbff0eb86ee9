"""Declined nouns against forms written by hand, and sentences without the forms that are held out."""

from itertools import pairwise

import pytest

from dltui.engine.generators.declined import CASES, NOUNS, PAST, company, form, hidden, in_past, sentences


@pytest.mark.parametrize(
    ("noun", "forms"),
    [
        ("волк", "волк волка волку волка волком волке"),
        ("суп", "суп супа супу суп супом супе"),
        ("собака", "собака собаки собаке собаку собакой собаке"),
        ("груша", "груша груши груше грушу грушей груше"),
        ("корова", "корова коровы корове корову коровой корове"),
    ],
)
def test_forms_are_those_of_the_grammar(noun, forms):
    assert [form(noun, case) for case in CASES] == forms.split()


def test_no_form_belongs_to_two_nouns():
    forms = [{form(noun, case) for case in CASES} for noun in NOUNS]
    assert len(set().union(*forms)) == sum(map(len, forms))


def test_hidden_forms_stand_in_test_sentences_alone():
    hides = {form(noun, case) for noun, case in hidden(3).items()}
    train, test = ([{word for word, _ in one} for one in sentences(300, 3, seen=seen)] for seen in (True, False))
    assert not any(words & hides for words in train)
    assert all(words & hides for words in test)
    assert {form(noun, case) for noun, case in hidden(4).items()} != hides


def test_a_noun_keeps_its_company_in_every_case():
    found = sentences(3000, 0, seen=True)
    beside = [b for one in found for (_, noun), (b, _) in pairwise(one) if noun == "лиса"]
    assert sum(word in company("лиса") for word in beside) > 0.6 * len(beside)


def test_the_same_arguments_give_the_same():
    assert sentences(20, 5, seen=True) == sentences(20, 5, seen=True)
    assert sentences(20, 5, seen=True) != sentences(20, 6, seen=True)


def test_a_verb_of_the_past_agrees_with_its_subject():
    assert [in_past("идёт", noun) for noun in ("волк", "лиса")] == ["шёл", "шла"]
    assert [in_past("видит", noun) for noun in ("волк", "лиса")] == ["видел", "видела"]
    assert in_past("тихо", "лиса") == "тихо" and in_past("видит", "") == "видит"
    present, past = (sentences(100, 2, seen=True, past=past) for past in (False, True))
    assert [[noun for _, noun in one] for one in present] == [[noun for _, noun in one] for one in past]
    assert not any(word in PAST and word not in ("вышел", "рад", "виден") for one in past for word, _ in one)
