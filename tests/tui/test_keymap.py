"""Keys from keys.toml do what the built-in ones did; what is wrong in the file is told and nothing else is lost."""

from collections import Counter

import pytest
from textual.screen import Screen

from dltui.tui import keymap
from tests.tui.conftest import Lab, opened, told, until

SCREENS = {"recipes": Screen, "runs": Screen}


@pytest.fixture
def keys(home):
    """keys("...") writes keys.toml."""

    def write(text: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "keys.toml").write_text(text)

    return write


async def test_another_key_takes_the_place_of_the_first(keys):
    keys('[app]\nruns = ["f5", "g"]\n')
    async with opened(Lab(modes=SCREENS)) as pilot:
        await pilot.press("3")
        assert pilot.app.current_mode == "recipes"
        await pilot.press("g")
        assert pilot.app.current_mode == "runs"
        await pilot.press("1", "f5")
        assert pilot.app.current_mode == "runs"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("app.quit = 3", "app.quit: 3 is no key"),
        ('app.quit = ""', "app.quit: '' is no key"),
        ('app.quit = "a,b"', "app.quit: 'a,b' is no key"),
        ('app.quit = "crtl+x"', 'no modifier "crtl". Did you mean "ctrl"?'),
        ('app.quit = "pagedwn"', 'no key "pagedwn". Did you mean "pagedown"?'),
        ("app.quit = ", "not TOML"),
    ],
)
def test_a_problem_is_told_in_words(keys, home, text, problem):
    keys(text)
    found, problems = keymap.load()
    assert found == {} and len(problems) == 1 and problem in problems[0] and "keys.toml" in problems[0]


@pytest.mark.parametrize("key", ["ctrl+x", "f12", "+", "?", "shift+tab", "ctrl+shift+left", "й", "ctrl+plus", "minus"])
def test_keys_that_there_are(keys, key):
    keys(f'a.b = "{key}"')
    assert keymap.load() == ({"a.b": key}, [])


async def test_the_right_ones_count_beside_the_wrong_ones_and_unknown_ids_are_told(keys):
    keys('[app]\nrunz = "z"\nruns = "g"\nquit = "nokey"\n')
    async with opened(Lab(modes=SCREENS)) as pilot:
        await until(pilot, lambda: any('"app.runz" is unknown. Did you mean "app.run' in text for text in told(pilot)))
        assert any('there is no key "nokey"' in text for text in told(pilot))
        await pilot.press("g")
        assert pilot.app.current_mode == "runs"


async def test_a_key_that_another_action_had_is_told(keys):
    keys('[app]\nruns = "d"\n')
    async with opened(Lab(modes=SCREENS)) as pilot:
        await pilot.press("d")
        assert pilot.app.current_mode == "runs"
        await until(
            pilot, lambda: any('"d" is the key of app.dark, which has none now' in text for text in told(pilot))
        )


def test_two_actions_may_exchange_their_keys(keys):
    keys('[app]\nruns = "1"\nrecipes = "3"\n')
    assert list(keymap.problems_with(keymap.load()[0])) == []


def test_every_key_can_be_changed_and_no_id_means_two_things():
    found = [binding for bindings in keymap.bindings_of_parts() for binding in bindings if binding.description]
    assert not [binding for binding in found if not binding.id], "a key without an id cannot be changed"
    meanings = Counter(name for name, _ in {(binding.id, binding.description) for binding in found})
    assert not [name for name, count in meanings.items() if count > 1]


def test_the_key_of_tmux_stays_free():
    assert "ctrl+b" not in {binding.key for bindings in keymap.bindings_of_parts() for binding in bindings}
