"""A lesson's text is taken apart in one place, for the app, a projector and a page alike."""

from dltui.recipes.lesson import Passage, paragraphs, spans


def test_prose_is_joined_and_what_is_indented_stays_as_it_is():
    found = paragraphs(
        "A net\n`w < 1` goes\non:\n    y = a\n      + b\n\nTry:\n\n\n    dltui run x\n    dltui list\nor not.\n"
    )
    assert found == [
        [Passage("prose", "A net `w < 1` goes on:"), Passage("formula", "y = a"), Passage("formula", "  + b")],
        [Passage("prose", "Try:")],
        [Passage("command", "dltui run x"), Passage("command", "dltui list"), Passage("prose", "or not.")],
    ]


def test_a_paragraph_that_is_code_alone_is_set_apart():
    assert paragraphs("`y = x`.\n\n`dltui list`") == [[Passage("formula", "y = x")], [Passage("command", "dltui list")]]


def test_code_is_what_stands_between_two_backticks():
    assert spans("The `a b` of `c`, and a lone `") == [
        ("The ", False), ("a b", True), (" of ", False), ("c", True), (", and a lone `", False)
    ]  # fmt: skip


def test_nothing_and_escapes():
    assert paragraphs("") == paragraphs("\n  \n") == []
    assert paragraphs("a \x1b[31mred") == [[Passage("prose", "a red")]]
