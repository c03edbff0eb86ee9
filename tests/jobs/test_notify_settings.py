"""notify.toml: what is right in it counts, what is wrong is told."""

import sys

import pytest

from dltui.jobs import notify_settings
from dltui.jobs.notify_settings import NotifySettings
from tests.jobs.told import settings


def test_without_a_file_there_is_the_terminal_and_nothing_is_always_told(home):
    assert notify_settings.load({}) == NotifySettings(always=False, terminal=True)


def test_every_setting_counts(home):
    command = f"{sys.executable} -c 'a b'"
    settings(home, always=True, terminal=False, command=command, url="https://host:8/a?b=c", stalled=2.5)
    found = notify_settings.load({})
    assert found == NotifySettings(True, False, (sys.executable, "-c", "a b"), "https://host:8/a?b=c", 2.5)
    assert found.reaches_out


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("always", "yes", "'yes' is not true or false"),
        ("terminal", 1, "1 is not true or false"),
        ("command", ["a"], "is no text"),
        ("command", "a 'b", "no closing quotation"),
        ("command", "not-a-program-at-all x", "there is no program not-a-program-at-all"),
        ("url", "host/path", "begins with http://"),
        ("url", "file:///etc/passwd", "begins with http://"),
        ("url", "http://", "begins with http://"),
        ("url", "http://host:99999/", "begins with http://"),
        ("url", "http://ho st/", "begins with http://"),
        ("url", 3, "begins with http://"),
        ("stalled", "10", "is no number of minutes"),
        ("stalled", -1, "is no number of minutes"),
        ("stalled", True, "is no number of minutes"),
        ("stale", 10, 'Did you mean "stalled"?'),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_counts(home, name, value, said):
    settings(home, **{"always": True, "stalled": 3, name: value})
    found = notify_settings.load({})
    (problem,) = found.problems
    assert said in problem and f"notify.toml: {name}: " in problem.replace(f'"{name}" is', f"{name}: ")
    assert (found.always or name == "always") and (found.stalled == 3 or name == "stalled") and not found.reaches_out


def test_a_file_that_is_no_toml_is_told(home):
    home.mkdir()
    (home / "notify.toml").write_text("always = ")
    found = notify_settings.load({})
    assert not found.always and "notify.toml" in found.problems[0]


@pytest.mark.parametrize(("given", "always"), [("1", True), ("0", False), ("", True)])
def test_the_variable_decides_before_the_file(home, given, always):
    settings(home, always=given != "1")
    assert notify_settings.load({"DLTUI_NOTIFY": given}).always is always


def test_a_variable_that_says_neither_is_told(home):
    found = notify_settings.load({"DLTUI_NOTIFY": "yes"})
    assert not found.always and "DLTUI_NOTIFY is 'yes'" in found.problems[0]
