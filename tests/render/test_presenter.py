"""Keys turn over what is presented, however fast they come, and a log comes again as fast as it is asked for."""

import pytest

from dltui.render import presenter
from dltui.render.present import Chosen
from dltui.render.presenter import Again, Presenter
from dltui.render.terminal import LEAVE, Screen
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.render.watch import Watcher
from dltui.runs.history import History
from tests.render import fake_run
from tests.render.pseudo_terminal import Terminal, shown

LOOK = TerminalCapabilities()
LESSON = "one\n\ntwo\n\nthree"


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    opened = Terminal()
    opened.resize(80, 24)
    yield opened
    opened.close()


@pytest.fixture
def present(tmp_path):
    """present("  b", "q") -> a presenter to whom these are typed, one after the other look."""
    fake = fake_run.gan(tmp_path)

    def make(*typed: str) -> Presenter:
        pressed = iter(typed)
        return Presenter(Watcher(fake.run, fake.recipe), LESSON, lambda _seconds: list(next(pressed, "q")))

    return make


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("", Chosen()),
        (" ", Chosen(1, 0, False)),
        ("  \n", Chosen(3, 0, False)),
        ("    ", Chosen(0, 0, False)),
        (" bbb", Chosen(0, 0, False)),
        ("  \x7fpp", Chosen(1, 2, False)),
        ("?", Chosen(0, 0, False)),
        (" ?", Chosen(1, 0, True)),
    ],
)
def test_every_key_counts(present, typed, chosen):
    found = present()
    for key in typed:
        found.press(key)
    assert found.chosen == chosen and not found.left


def test_all_that_is_typed_fast_is_served_before_it_is_left(present, terminal, monkeypatch):
    draws = []
    write = Screen.write
    monkeypatch.setattr(Screen, "write", lambda screen, lines: (draws.append(1), write(screen, lines))[1])
    found = present("  ", "", "b ", "q")
    found.show(terminal.stream, LOOK, found.watcher.poll)
    assert found.chosen.piece == 2 and found.left
    data = terminal.until(LEAVE)
    assert "two" in "\n".join(shown(data.removesuffix(LEAVE), 80, 24)) and len(draws) <= 4


def test_it_ends_without_a_key_where_it_is_over(present, terminal):
    found = present("", "", " ")
    found.show(terminal.stream, LOOK, found.watcher.poll, over=lambda: True)
    assert not found.left
    terminal.until(LEAVE)


def test_a_log_comes_again_at_the_speed_that_is_asked_for(tmp_path):
    run = fake_run.gan(tmp_path).run
    whole, now = Watcher(run, None), [0.0]
    while whole.poll():
        continue
    seconds = whole.history.latest - whole.history.began
    for speed in (1.0, 10.0):
        now[0], history = 0.0, History()
        feed = Again(run, history, speed, lambda now=now: now[0])
        counts = []
        while history.version < whole.history.version and now[0] < 1000:
            feed()
            counts.append(history.version)
            now[0] += 0.1
        assert history.curves.keys() == whole.history.curves.keys() and counts == sorted(counts)
        assert now[0] <= seconds / speed + 1 and len(counts) > 2


def test_its_lesson_is_the_recipes_in_the_language_asked_for(tmp_path):
    fake = fake_run.gan(tmp_path)
    recipe = fake.recipe._replace(table={**fake.recipe.table, "lesson": {"en": "one", "ru": "раз"}})
    told = {lang: presenter.presenter(fake.run, recipe, lang, list).lesson for lang in ("en", "ru")}
    assert told["en"][0][0].text == "one" and told["ru"][0][0].text == "раз"
    assert presenter.presenter(fake.run, fake.recipe, "en", list).lesson == []
