"""`?`: the keys of what has the focus, from the inside out, with a sentence on what each thing is."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static, TextArea

from dltui import paths
from dltui.tui.screens.settling import Settling

KEYS = 16  # columns of the keys
WIDE = 88  # from here on the ids for keys.toml are shown too


class Key(NamedTuple):
    """The keys of one action."""

    keys: str  # as they are shown: "↑ k"
    description: str
    id: str  # for keys.toml; "" for a key that cannot be changed


class Section(NamedTuple):
    """What one widget, screen or the app tells of itself."""

    title: str
    text: str
    keys: list[Key]


def sections(screen: Screen) -> list[Section]:
    """Returns what `screen` and what has the focus there tell: the focused widget first, the app last."""
    nodes = [node for node in (screen.focused or screen).ancestors_with_self if isinstance(node, DOMNode)]
    found = []
    for node in nodes:
        title, _, text = (getattr(node, "HELP", None) or "").partition("\n")
        keys = list(_keys(node, screen.active_bindings.values()))
        if title:
            found.append(Section(title, text, keys))
        elif keys and found:
            found[-1].keys.extend(keys)
        elif keys:
            found.append(Section(type(node).__name__, "", keys))
    return found


def _keys(node: DOMNode, bindings: Iterable[ActiveBinding]) -> Iterator[Key]:
    """The keys that `node` itself answers to, those of one action together."""
    told = [
        found for found in bindings if found.node is node and found.binding.description and not found.binding.system
    ]
    ours = [found for found in told if found.binding.id]
    # what Textual gives a widget beside that goes without saying: how a text is edited, how a page is turned
    known = ours or isinstance(node, Screen | Input | TextArea)
    of_action: dict[tuple[str, str], list[Binding]] = {}
    for _, binding, _, tooltip in ours if known else told:
        description = f"{binding.description}. {tooltip}" if tooltip else binding.description
        of_action.setdefault((binding.action, description), []).append(binding)
    for (_, description), group in of_action.items():
        shown = " ".join(dict.fromkeys(node.app.get_key_display(binding) for binding in group))
        yield Key(shown, description, group[0].id or "")


class HelpScreen(ModalScreen[None], Settling[None]):
    """Sections, to be scrolled through; most keys close it."""

    BINDINGS: ClassVar[list[Binding]] = [
        Binding("escape,question_mark,f1,q,enter", "close", "Close", id="help.close"),
        Binding("down,j", "scroll(1)", "Down", show=False, id="help.down"),
        Binding("up,k", "scroll(-1)", "Up", show=False, id="help.up"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 100; max-width: 100%; height: auto; max-height: 100%; background: $surface; border: round $border;
        padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        border-title-color: $primary; border-subtitle-color: $text-muted;
    }
    """

    def __init__(self, sections: list[Section]):
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            yield Static(id="keys")
        scroll.border_title = "Help"
        scroll.border_subtitle = "esc closes"

    def on_mount(self) -> None:
        self.call_after_refresh(self._write)

    def on_resize(self) -> None:
        self.call_after_refresh(self._write)

    def _write(self) -> None:
        keys = self.query_one("#keys", Static)
        keys.update(Content("\n").join(lines(self._sections, keys.size.width)))

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        self.dismiss()


def lines(sections: list[Section], width: int) -> Iterator[Content]:
    """The help as lines of at most `width` cells."""
    for number, section in enumerate(sections):
        if number:
            yield Content()
        yield Content.styled(section.title, "bold $primary")
        yield from (Content.styled(line, "$foreground-muted") for line in _wrapped(section.text, width))
        for key in section.keys:
            yield from _key_lines(key, width)
    yield Content()
    where = f"Other keys: {paths.home() / 'keys.toml'}"
    yield from (Content.styled(line, "$foreground-muted") for line in _wrapped(where, width))


def _key_lines(key: Key, width: int) -> Iterator[Content]:
    ids = 22 if width >= WIDE else 0
    room = max(width - KEYS - 2 - ids, 12)
    for number, line in enumerate(_wrapped(key.description, room)):
        first = key.keys if number == 0 else ""
        name = key.id if ids and number == 0 else ""
        yield Content.assemble(
            ("  " + first.ljust(KEYS), "bold $accent"), line.ljust(room) if name else line, (name.rjust(ids), "dim")
        )


def _wrapped(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return [line for part in text.splitlines() for line in wrap(part, max(width, 12)) or [""]]
