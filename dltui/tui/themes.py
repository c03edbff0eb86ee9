"""The themes: dark, light, and the terminal's own colours. Textual's own can be chosen too, from the palette.

Hues are those of render/palette.py, so that a screen and the curves on it belong together; texts keep a contrast of at
least 4.5 to their ground (WCAG 2.2, 1.4.3).
"""

from textual.theme import Theme

from dltui.render.terminal_capabilities import TerminalCapabilities

DARK = Theme(
    "dark",
    dark=True,
    primary="#56b4e9",
    secondary="#8c8cff",
    accent="#e6a532",
    warning="#e6b422",
    error="#f0705c",
    success="#2cc299",
    foreground="#d9dee5",
    background="#12161c",
    surface="#171c23",
    panel="#222932",
    variables={
        "block-cursor-background": "#2f5f80",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#27313b",
        "border": "#56b4e9",
        "border-blurred": "#3a444f",
        "scrollbar": "#3a4754",
        "scrollbar-hover": "#56b4e9",
        "scrollbar-active": "#56b4e9",
        "scrollbar-background": "#1b2129",
        "scrollbar-background-hover": "#1b2129",
        "scrollbar-background-active": "#1b2129",
        "scrollbar-corner-color": "#1b2129",
        "footer-background": "#171c23",
        "footer-key-foreground": "#e6a532",
        "footer-description-foreground": "#a9b3bf",
        "input-selection-background": "#56b4e9 35%",
    },
)
LIGHT = Theme(
    "light",
    dark=False,
    primary="#1b6fa8",
    secondary="#5b5bd6",
    accent="#96580a",
    warning="#8a6100",
    error="#b8321f",
    success="#0b7a5c",
    foreground="#1d232a",
    background="#fafbfc",
    surface="#f1f3f5",
    panel="#e3e7eb",
    variables={
        "block-cursor-background": "#1b6fa8",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#d3dae1",
        "border": "#1b6fa8",
        "border-blurred": "#b9c2cb",
        "scrollbar": "#b3bec8",
        "scrollbar-hover": "#1b6fa8",
        "scrollbar-active": "#1b6fa8",
        "scrollbar-background": "#e9edf0",
        "scrollbar-background-hover": "#e9edf0",
        "scrollbar-background-active": "#e9edf0",
        "scrollbar-corner-color": "#e9edf0",
        "footer-background": "#f1f3f5",
        "footer-key-foreground": "#96580a",
        "footer-description-foreground": "#4a545e",
        "input-selection-background": "#1b6fa8 30%",
    },
)


def terminal(dark: bool) -> Theme:
    """The terminal's own 16 colours and its own ground, whatever these are."""
    return Theme(
        "terminal",
        ansi=True,
        dark=dark,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black" if dark else "ansi_white",
            "ansi-foreground": "ansi_white" if dark else "ansi_black",
            "border": "ansi_blue",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": "ansi_black" if dark else "ansi_bright_white",
            "block-cursor-background": "ansi_cyan" if dark else "ansi_blue",
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-text-style": "underline",
            "footer-background": "ansi_default",
            "footer-foreground": "ansi_default",
            "footer-key-foreground": "ansi_magenta",
            "footer-description-foreground": "ansi_default",
            "input-cursor-background": "ansi_default",
            "input-cursor-foreground": "ansi_black",
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_bright_blue",
            "screen-selection-foreground": "ansi_black",
        },
    )


def shows(look: TerminalCapabilities) -> bool:
    """Whether a terminal shows a theme of 24-bit colours somewhat as it was meant."""
    return look.colours in ("true", "256")


def fitting(look: TerminalCapabilities) -> str:
    """Returns the name of the theme that fits a terminal where nobody has chosen one."""
    if not shows(look):
        return "terminal"
    return "dark" if look.dark else "light"
