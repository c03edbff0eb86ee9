"""What a terminal can show: Unicode or not, how many colours, a dark or a light ground, pixels or only cells."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Literal, NamedTuple, TextIO, get_args

from dltui.errors import DltuiError, ExitStatus

Colours = Literal["true", "256", "16", "none"]
Pictures = Literal["blocks", "kitty", "sixel"]
SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
# terminals of 24-bit colour that COLORTERM, which ssh does not pass on, need not tell
TRUE_COLOUR = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "iterm2")
KITTY = ("xterm-kitty", "xterm-ghostty")  # with placeholders of Unicode, so that text can stand around a picture
SIXEL = ("foot", "foot-extra", "mlterm", "WezTerm", "iTerm.app", "mintty")  # TERM or TERM_PROGRAM


class TerminalCapabilities(NamedTuple):
    """unicode: half-blocks and Braille may be drawn. dark: the terminal's ground is dark.

    pictures: what the app shows pictures with: cells, or pixels by a protocol (textual-image, the extra `images`).
    """

    unicode: bool = True
    colours: Colours = "true"
    dark: bool = True
    pictures: Pictures = "blocks"


def detect(env: Mapping[str, str], stream: TextIO) -> TerminalCapabilities:
    """Returns what `stream` can show, as `env` tells; DLTUI_COLOURS, _UNICODE and _PICTURES win over every guess.

    Raises DltuiError (2) where one of these has a value that is none, or needs a package that is not there.
    """
    unicode = _switch(env, "DLTUI_UNICODE")
    return TerminalCapabilities(
        unicode=_speaks_unicode(env, stream) if unicode is None else unicode,
        colours=_set_colours(env) or _colours(env, stream),
        dark=env.get("COLORFGBG", "").rpartition(";")[2] not in ("7", "15"),
        pictures=_set_pictures(env) or _pictures(env, stream),
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


def _set_pictures(env: Mapping[str, str]) -> Pictures | None:
    given = env.get("DLTUI_PICTURES", "").lower()
    if given and given not in get_args(Pictures):
        raise DltuiError(f'DLTUI_PICTURES is "{given}".', f"Valid: {', '.join(get_args(Pictures))}.", ExitStatus.USAGE)
    if given not in ("", "blocks") and not find_spec("textual_image"):
        raise DltuiError(
            f'DLTUI_PICTURES is "{given}", but textual-image is not installed.',
            "Install it: pip install 'dltui[images]'",
            ExitStatus.USAGE,
        )
    return given or None


def _pictures(env: Mapping[str, str], stream: TextIO) -> Pictures:
    """Pixels only where nothing stands between: tmux keeps them back, and a slow line has better to carry."""
    near = not any(env.get(name) for name in ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY"))
    names = {env.get("TERM", ""), env.get("TERM_PROGRAM", "")}
    found = "kitty" if names & set(KITTY) else "sixel" if names & set(SIXEL) else "blocks"
    shows = near and stream.isatty() and not env.get("NO_COLOR")
    return found if shows and found != "blocks" and find_spec("textual_image") else "blocks"


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
