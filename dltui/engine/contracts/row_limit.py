"""How many rows an algorithm takes that compares each with each: beyond it refuses before it starts, in words."""

from dltui.errors import DltuiError, ExitStatus

MATRIX = 8  # bytes of a number


def refuse_more(rows: int, most: int, what: str, instead: str, *, matrices: int = 1) -> None:
    """Raises DltuiError (2) for more than `most` rows.

    what: the algorithm, as a sentence begins with it. instead: what takes more rows, such as algorithm.kind=kmeans.
    matrices: of rows x rows, that are in memory at once.
    """
    if rows > most:
        size = matrices * MATRIX * rows * rows / 2**30
        raise DltuiError(
            f"{what} of {rows:,} rows compares each with each, which takes {size:,.1f} GiB and grows faster than the "
            f"square of the rows; at most {most:,} are taken.",
            f"Take fewer, such as data.rows={most} or a part of your own table; or: {instead}",
            ExitStatus.USAGE,
        )
