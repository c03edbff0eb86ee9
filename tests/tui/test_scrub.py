"""Going back through pictures, and to the newest again."""

from dltui.runs.history import History
from dltui.tui.scrub import Scrub, picture_steps


def with_pictures(*steps: int) -> History:
    history = History()
    for seq, step in enumerate(steps):
        for pane in ("a", "b"):
            frame = {"kind": "frame", "t": 1.0, "seq": seq, "series": "", "pane": pane, "step": step, "payload": {}}
            history.take([frame])
    return history


def test_back_step_by_step_and_forth_until_it_follows_again():
    history, scrub = with_pictures(0, 10, 20, 30), Scrub()
    assert picture_steps(history) == [0, 10, 20, 30]
    seen = []
    for where in ("earlier", "earlier", "later", "later", "first", "earlier", "newest"):
        scrub.go(where, history)
        seen.append(scrub.step)
    assert seen == [20, 10, 20, None, 0, 0, None]


def test_new_pictures_do_not_move_what_is_seen():
    scrub = Scrub()
    scrub.earlier(with_pictures(0, 10, 20))
    history = with_pictures(0, 10, 20, 30, 40)
    assert scrub.step == 10
    scrub.later(history)
    assert scrub.step == 20


def test_without_pictures_there_is_nothing_to_go_to():
    scrub = Scrub()
    for where in ("earlier", "later", "first"):
        scrub.go(where, History())
        assert scrub.step is None
