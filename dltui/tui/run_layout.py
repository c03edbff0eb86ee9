"""Where the parts of the run screen stand: pictures above curves, as much of it as the terminal has room for."""

from typing import NamedTuple

WIDE = 110  # cells from which the notes stand beside the curves
LEAST_WIDTH, LEAST_HEIGHT = 80, 24  # below, only one part is shown at once
SIDE = 36  # cells of the notes beside the curves, at least
LOW = 14  # lines below which the timeline goes, too
WALL, LOWER = 10, 7  # lines that pictures want before the lower part has more than these
ENDED = 12  # lines that they want once the run has ended: they are what is looked at then
PAGES = ("pictures", "curves", "notes", "log")


class Layout(NamedTuple):
    """Lines of each part, 0 for what is not shown; `lower` takes what is left. side: cells of the part beside it."""

    header: int
    verdict: int
    wall: int
    timeline: int
    lower: int
    knobs: int
    page: str  # what the lower part shows: curves, notes, log; "" nothing
    side: int
    side_page: str


def pages(width: int, height: int) -> tuple[str, ...]:
    """Returns what `tab` goes through on a screen of that size."""
    return PAGES if is_small(width, height) else PAGES[1:]


def is_small(width: int, height: int) -> bool:
    """Whether not even pictures and curves have room together."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


def layout(width: int, height: int, *, page: str, zoomed: str, pictures: bool, verdict: int, knobs: bool) -> Layout:
    """Returns the layout of a screen of width x height cells.

    page: what `tab` chose. zoomed: "pictures", "curves" or "". pictures: whether there are any. verdict: lines that the
    end of the run needs, 0 while it goes on. knobs: whether the panel is open.
    """
    small = is_small(width, height)
    header = (1 if height < LOW else 2) if small else 3
    knob_lines = 3 if knobs else 0
    body = height - header - knob_lines - 1
    verdict = min(verdict, max(1, body // 2)) if verdict and not zoomed else 0
    timeline = 1 if pictures and height >= LOW and zoomed != "curves" else 0
    body -= verdict + timeline
    if zoomed == "pictures" and pictures:
        return Layout(header, 0, body, timeline, 0, knob_lines, "", 0, "")
    if small:
        if page == "pictures" and pictures and not zoomed:
            return Layout(header, verdict, body, timeline, 0, knob_lines, "", 0, "")
        page = "curves" if zoomed or page == "pictures" else page
        return Layout(header, verdict, 0, 0, body + timeline, knob_lines, page, 0, "")
    if zoomed == "curves":
        return Layout(header, 0, 0, 0, body, knob_lines, "curves", 0, "")
    page = "curves" if page == "pictures" else page
    most = min(ENDED if verdict else WALL, body - LOWER)
    wall = max((body + 1) // 2, most, body * 3 // 5 * (body >= 2 * LOW)) if pictures else 0
    if width >= WIDE:
        side = min(SIDE + (width - WIDE) // 3, width // 3)
        return Layout(
            header,
            verdict,
            wall,
            timeline,
            body - wall,
            knob_lines,
            "curves",
            side,
            "log" if page == "log" else "notes",
        )
    return Layout(header, verdict, wall, timeline, body - wall, knob_lines, page, 0, "")
