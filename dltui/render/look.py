"""What a terminal can show: Unicode or not, how many colours, a dark or a light ground."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TextIO, get_args

from dltui.errors import DltuiError, ExitStatus

Colours = Literal["true", "256", "16", "none"]
SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
# terminals of 24-bit colour that COLORTERM, which ssh does not pass on, need not tell
TRUE_COLOUR = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "iterm2")


class Look(NamedTuple):
    """unicode: half-blocks and Braille may be drawn. dark: the terminal's ground is dark."""

    unicode: bool = True
    colours: Colours = "true"
    dark: bool = True


def detect(env: Mapping[str, str], stream: TextIO) -> Look:
    """Returns what `stream` can show, as `env` tells; DLTUI_COLOURS and DLTUI_UNICODE win over every guess.

    Raises DltuiError (2) where one of these two has a value that is none.
    """
    unicode = _switch(env, "DLTUI_UNICODE")
    return Look(
        unicode=_speaks_unicode(env, stream) if unicode is None else unicode,
        colours=_set_colours(env) or _colours(env, stream),
        dark=env.get("COLORFGBG", "").rpartition(";")[2] not in ("7", "15"),
    )


def _switch(env: Mapping[str, str], name: str) -> bool | None:
    given = env.get(name, "")
    if given and given.lower() not in SWITCH:
        raise DltuiError(f'{name} is "{given}".', "Valid: 1 and 0.", ExitStatus.USAGE)
    return SWITCH.get(given.lower())


def _set_colours(env: Mapping[str, str]) -> Colours | None:
    given = env.get("DLTUI_COLOURS", "").lower()
    if given and given not in get_args(Colours):
        raise DltuiError(f'DLTUI_COLOURS is "{given}".', f"Valid: {', '.join(get_args(Colours))}.", ExitStatus.USAGE)
    return given or None


def _colours(env: Mapping[str, str], stream: TextIO) -> Colours:
    term = env.get("TERM", "")
    if (
        env.get("NO_COLOR") or term in ("", "dumb") or not stream.isatty()
    ):  # https://no-color.org: present and not empty
        return "none"
    screen = term.startswith("screen") and not env.get("TMUX")  # GNU screen inherits COLORTERM and garbles 24-bit codes
    if not screen and env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "true"
    if term in TRUE_COLOUR or term.endswith("-direct"):
        return "true"
    return "256" if "256color" in term else "16"


def _speaks_unicode(env: Mapping[str, str], stream: TextIO) -> bool:
    if env.get("TERM") in ("dumb", "linux"):  # the font of Linux's console has no Braille
        return False
    encoding = (getattr(stream, "encoding", None) or "").lower()
    locale = next((env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if env.get(name)), encoding)
    return _is_utf8(locale) and (not encoding or _is_utf8(encoding))


def _is_utf8(name: str) -> bool:
    return "utf8" in name.lower().replace("-", "")
