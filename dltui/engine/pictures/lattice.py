"""The lattice of a transcription: how likely each symbol is in each frame."""

from collections.abc import Sequence

from torch import Tensor

from dltui.engine.layers.ctc import BLANK
from dltui.runs.payloads import Alignment

FAINT = 0.05  # a symbol that is never likelier than this is left out, unless it belongs there


def lattice(chances: Tensor, symbols: Sequence[str], found: list[int], wanted: list[int]) -> Alignment:
    """chances (F, symbols) -> symbols by frames; above each frame its likeliest symbol, nothing for a blank."""
    most = chances.amax(0).tolist()
    rows = [BLANK, *sorted(n for n in range(len(symbols)) if n != BLANK and (most[n] >= FAINT or n in wanted))]
    path = ["" if number == BLANK else symbols[number] for number in chances.argmax(1).tolist()]
    read, true = ("".join(symbols[number] for number in numbers) for numbers in (found, wanted))
    return Alignment(
        weights=chances[:, rows].T.cpu().numpy(),
        rows=["blank", *(symbols[number] for number in rows[1:])],
        columns=path,
        row_title="symbol",
        column_title="frame",
        title=f"read: {read}   should be: {true}",
    )
