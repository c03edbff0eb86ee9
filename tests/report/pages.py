"""What a test asks of any page: nothing is fetched, nothing runs that a log brought, and all can be read by others."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "source", "link", "input", "path", "rect"}


class Page(HTMLParser):
    """Tags with their attributes and texts; faults: what is wrong with it."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.faults += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        for name, value in given.items():
            if name in ("src", "href", "srcset") and not (value or "").startswith(("data:", "#")):
                self.faults.append(f"{tag} fetches {value}")
            if name.startswith("on"):
                self.faults.append(f"{tag} runs {value}")
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without alt")
        if tag == "th" and "scope" not in given:
            self.faults.append("a th without scope")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self._open or self._open.pop() != tag):
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def count(self, tag: str) -> int:
        return sum(one == tag for one, _ in self.tags)
