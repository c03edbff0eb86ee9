"""What a full disk refuses is tried again for a while; what another fault refuses is not."""

import errno

import pytest

from dltui.engine.training import disk_full


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only while it is slept."""
    now = [0.0]
    monkeypatch.setattr(disk_full.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(disk_full.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_it_is_written_as_soon_as_there_is_room(clock):
    def write():
        if clock[0] < 3:
            raise OSError(errno.ENOSPC, "full")

    assert disk_full.patiently(write) is None and clock[0] == 3


@pytest.mark.parametrize(("code", "waited"), [(errno.ENOSPC, 10), (errno.EDQUOT, 10), (errno.EACCES, 0)])
def test_it_is_given_up_in_the_end_and_at_once_where_waiting_does_not_help(clock, code, waited):
    def write():
        raise OSError(code, "no")

    assert disk_full.patiently(write).errno == code and clock[0] == waited
