"""A place is saved and resumed with the nets."""

from dltui.engine.contracts.counters import Counters


def test_its_numbers_are_among_the_buffers():
    place, again = Counters(step=0, row=3), Counters(step=0, row=0)
    place["step"] = 7
    again.load_state_dict(place.state_dict())
    assert (again["step"], again["row"]) == (7, 3)
