"""A data set repository of the Hugging Face hub as a folder that `datasets` reads; only what is wanted is fetched.

`datasets` never asks the network here: a hub that hangs costs it 394 s. The names and sizes of all files come in one
answer; each is a hole of its size in a private folder until it is wanted and comes by hub_wire, whose waits and sizes
are bounded. The folder goes when the work is done, or is found by the next one where it was killed. Code that a
repository holds is never fetched.
"""

import fcntl
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from dltui import file_lock, paths
from dltui.engine.reading import hub_listing, hub_requests, hub_wire
from dltui.engine.reading.hub_listing import Listing
from dltui.errors import DltuiError, ExitStatus, did_you_mean

if TYPE_CHECKING:
    import datasets

CARD, INFOS = "README.md", "dataset_infos.json"  # what tells of configurations and features
MOST_TOLD = 20_000_000  # bytes of each of them
MOST_FILES = 100_000  # of a repository, and of an archive
MOST_BYTES = 2_000_000_000  # of a file, and of the rows of a split
MOST_ROWS = 10_000_000
BUILDER_SECONDS = 20.0  # in which the names of the files and the card are understood
BATCH = 1000  # rows
SMALL = 50_000_000  # bytes of a file that is fetched to see what its columns are
BEGINNING = 60.0  # seconds in which a folder may not have its lock yet
FOLDERS = ("imagefolder", "audiofolder")  # made of files in folders, which are read as those of the user's own are
ROWS = ("parquet", "json", "csv", "text", "arrow", "conll", "webdataset")  # made of files of rows


class Repository:
    """A repository at one commit: its configurations, its splits, and their rows or files."""

    def __init__(self, repo: str, listing: Listing, folder: Path, report: Callable[[str], None]):
        self.repo, self.listing, self.folder, self.report = repo, listing, folder, report
        self.files = folder / "files"
        self._fetched: set[str] = set()
        for name, size in listing.sizes.items():
            _hole(self.files / name, size or 0)
        self._fetch_told()

    @property
    def commit(self) -> str:
        """The hash of the commit that it is at."""
        return self.listing.commit

    def builder(self, config: str = "") -> "datasets.DatasetBuilder":
        """Returns what `datasets` makes of a configuration; "" is the default, or the only one.

        Raises DltuiError (4): of several none is named, there is none of that name, or the files are of another kind.
        """
        import datasets

        datasets.disable_progress_bars()
        try:
            with _offline():
                built = hub_wire.within(BUILDER_SECONDS, lambda: self._built(config))
        except TimeoutError:
            raise hub_requests.fault(self.repo, f"its card was not understood within {BUILDER_SECONDS:g} s") from None
        kind = _kind(built)
        if kind not in (*FOLDERS, *ROWS):
            raise hub_requests.fault(self.repo, f"it is made of {kind} files, which are not read here")
        for files in built.config.data_files.values():
            for file in files:
                self._name_of(file)
        return built

    def splits(self, builder: "datasets.DatasetBuilder") -> dict[str, list[str]]:
        """Returns split -> the names of its files."""
        return {str(split): [self._name_of(file) for file in files]
                for split, files in builder.config.data_files.items()}  # fmt: skip

    def features(self, builder: "datasets.DatasetBuilder") -> "datasets.Features | None":
        """Returns the features that the card tells, or those of the first rows where their file is small; None where
        only a large download would tell."""
        import datasets

        if builder.info.features:
            return builder.info.features
        split, names = next(iter(self.splits(builder).items()))
        if self.is_of_folders(builder) or self.size(names[:1]) > SMALL:
            return None
        return datasets.Features.from_arrow_schema(next(self.rows(builder, split, take=1)).schema)

    def size(self, names: list[str]) -> int:
        """Returns the bytes of files; those of which the hub does not say the size count nothing."""
        return sum(self.listing.sizes[name] or 0 for name in names)

    def made_of(self, builder: "datasets.DatasetBuilder") -> str:
        """Returns parquet, json, imagefolder ...: which of the readers of `datasets` reads it."""
        return _kind(builder)

    def is_of_folders(self, builder: "datasets.DatasetBuilder") -> bool:
        """Whether it is made of pictures or sounds in folders, and not of rows."""
        return _kind(builder) in FOLDERS

    def fetch(self, names: list[str]) -> None:
        """Fetches files into the folder `files`, those that are not there. Raises DltuiError (4)."""
        left = [name for name in names if name not in self._fetched]
        total, done = self.size(left), 0
        for name in left:
            self._download(name, MOST_BYTES, self._progress(total, done))
            done += self.listing.sizes[name] or 0

    def rows(self, builder: "datasets.DatasetBuilder", split: str, take: int = 0) -> Iterator[pa.Table]:
        """Yields the rows of a split, in their order, some at a time, with the features of Hugging Face in the schema's
        metadata; pictures and sounds are their bytes.

        take: so many rows, and only the files that hold them; 0: all. Raises DltuiError (4).
        """
        files = builder.config.data_files[split]
        alone = _kind(builder) != "webdataset"  # of which each file has its own columns
        left, size, count = take or MOST_ROWS + 1, 0, 0
        for group in [[file] for file in files] if alone else [list(files)]:
            if left <= 0:
                return
            self.fetch([self._name_of(file) for file in group])
            if _kind(builder) == "parquet" and _is_empty(group[0]):
                continue  # which `datasets` cannot read
            for table in self._tables(builder, split, group):
                table = table.slice(0, left)
                left, size, count = left - table.num_rows, size + table.nbytes, count + table.num_rows
                if size > MOST_BYTES or (count > MOST_ROWS and not take):
                    held = f"{split} has more than {MOST_BYTES / 1e9:g} GB, or {MOST_ROWS:,} rows"
                    raise hub_requests.fault(self.repo, f"{held}; data.take=N takes the first N rows")
                self.report(f"reading {self.repo} {split}: {count:,} rows")
                yield table
                if left <= 0:
                    break
        if not take:
            self._check_count(builder, split, count)

    def _tables(self, builder: "datasets.DatasetBuilder", split: str, group: list[str]) -> Iterator[pa.Table]:
        from datasets.data_files import DataFilesDict, DataFilesList

        what = ", ".join(PurePosixPath(self._name_of(file)).name for file in group[:3])
        every, alone = builder.config.data_files, DataFilesList(group, [("", "")] * len(group))
        try:
            builder.config.data_files = DataFilesDict({split: alone})
            with _offline():
                stream = builder.as_streaming_dataset(split)
                stream = (stream if stream.features else stream._resolve_features()).with_format("arrow")
                yield from stream.iter(BATCH)
        except (DltuiError, MemoryError):
            raise
        except Exception as error:  # whatever the readers of `datasets`, pandas and pyarrow raise
            raise hub_requests.fault(self.repo, f"{what} cannot be read: {self._told(error)}") from None
        finally:
            builder.config.data_files = every

    def _check_count(self, builder: "datasets.DatasetBuilder", split: str, count: int) -> None:
        promised = builder.info.splits.get(split) if builder.info.splits else None
        if promised is not None and promised.num_examples and promised.num_examples != count:
            what = f"the card promises {promised.num_examples:,} rows of {split}, the files hold {count:,}"
            raise hub_requests.fault(self.repo, what)
        if not count:
            raise hub_requests.fault(self.repo, f"the files of {split} hold no rows")

    def _built(self, config: str) -> "datasets.DatasetBuilder":
        import datasets

        place, kept = str(self.files), str(self.folder / "cache")
        try:
            known = datasets.get_dataset_config_names(place)
            if config and config not in known:
                raise _choice(self.repo, f'it has no configuration "{config}"', config, known)
            default = datasets.get_dataset_default_config_name(place)
            if not config and default is None and len(known) > 1:
                raise _choice(self.repo, f"it has {len(known):,} configurations", "", known)
            return datasets.load_dataset_builder(place, config or default, cache_dir=kept)
        except (DltuiError, MemoryError):
            raise
        except Exception as error:  # what YAML, the hub's library and datasets make of an odd card
            raise hub_requests.fault(self.repo, f"it is not understood: {self._told(error)}") from None

    def _fetch_told(self) -> None:
        """What tells of configurations and features; no pattern in it may lead out of the folder."""
        for name in (CARD, INFOS):
            if name in self.listing.sizes:
                self._download(name, MOST_TOLD)
        card = hub_listing.card_of((self.files / CARD).read_bytes()) if CARD in self.listing.sizes else {}
        for text in _texts(card.get("configs")):
            if "::" in text or "://" in text or text.startswith(("/", "~")) or ".." in PurePosixPath(text).parts:
                raise hub_requests.fault(self.repo, f"its card names files outside of it: {text[:80]}")

    def _download(self, name: str, most: int, tell: Callable[[int, int], None] = lambda done, size: None) -> None:
        path = self.files / name
        try:
            with path.open("wb+") as file:
                hub_requests.download(self.repo, self.listing, name, file, most, tell)
        except OSError as error:
            raise hub_requests.fault(self.repo, f"{path} cannot be written: {error.strerror}") from None
        self._fetched.add(name)

    def _progress(self, total: int, before: int) -> Callable[[int, int], None]:
        def tell(done: int, size: int) -> None:
            self.report(f"fetching {self.repo} {(before + done) / 1e6:.1f}/{max(total, before + size) / 1e6:.1f} MB")

        return tell

    def _told(self, error: Exception) -> str:
        """What an error says, without the folder in which the files lie for the moment."""
        return hub_requests.first_line(error).replace(f"{self.files}/", "").replace(str(self.files), "it")

    def _name_of(self, file: str) -> str:
        """The name in the repository of a file that `datasets` found. Raises DltuiError where it is none of them."""
        path = PurePosixPath(file)
        name = str(path.relative_to(self.files)) if path.is_relative_to(self.files) else ""
        if name not in self.listing.sizes:
            raise hub_requests.fault(self.repo, f"its card names a file outside of it: {file[:80]}")
        return name


@contextmanager
def opened(repo: str, revision: str, report: Callable[[str], None]) -> Iterator[Repository]:
    """Yields a repository, whose files are gone afterwards.

    A repository of nothing but a script is read from the branch into which the hub converts it, where it does.
    Raises DltuiError (4) within seconds where the hub is not to be reached, or has no such data set.
    """
    listing = _without_code(repo, hub_requests.preflight(repo, revision))
    if not any(_is_data(name) for name in listing.sizes):
        try:
            listing = _without_code(repo, hub_requests.preflight(repo, "refs/convert/parquet"))
        except DltuiError:
            told = "it holds no data files, only a script or a card; a script is never run here"
            raise hub_requests.fault(repo, told) from None
    with _private_folder() as folder:
        yield Repository(repo, listing, folder, report)


def unpacked(archive: Path, into: Path) -> None:
    """Unpacks a zip archive of bounded size. Raises ValueError, in words, where it is none or leads out of `into`."""
    try:
        with zipfile.ZipFile(archive) as found:
            inside = found.infolist()
            if len(inside) > MOST_FILES or sum(one.file_size for one in inside) > MOST_BYTES:
                raise ValueError(f"{archive.name} has more than {MOST_FILES:,} files, or {MOST_BYTES / 1e9:g} GB")
            for one in inside:
                found.extract(one, into)  # which takes absolute paths and .. out of a name
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"{archive.name} cannot be unpacked: {hub_requests.first_line(error)}") from None


def _choice(repo: str, what: str, given: str, known: list[str]) -> DltuiError:
    listed = f"{', '.join(known[:12])}{f' ... ({len(known):,})' if len(known) > 12 else ''}"
    near = did_you_mean(given, known) if given else ""
    return DltuiError(f"{repo}: {what}: {listed}.", near or f"Name one: data.config={known[0]}", ExitStatus.DATA)


def _without_code(repo: str, listing: Listing) -> Listing:
    """The files of data among those of a repository, whose names may not lead out of a folder."""
    sizes = {name: size for name, size in listing.sizes.items() if _is_tame(name) and not name.endswith(".py")}
    if len(sizes) > MOST_FILES:
        raise hub_requests.fault(repo, f"it has {len(sizes):,} files, at most {MOST_FILES:,} are read")
    return listing._replace(sizes=sizes)


def _is_tame(name: str) -> bool:
    parts = name.split("/")
    return all(part and not part.startswith(".") and "\0" not in part and len(part) < 200 for part in parts)


def _is_data(name: str) -> bool:
    return name not in (CARD, INFOS) and not name.endswith((".md", ".gitattributes"))


def _hole(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(min(size, MOST_BYTES))


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list | tuple):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _texts(one)


def _is_empty(file: str) -> bool:
    try:
        return pa.parquet.read_metadata(file).num_rows == 0
    except (pa.ArrowException, OSError):
        return False


def _kind(builder: "datasets.DatasetBuilder") -> str:
    """parquet, json, imagefolder ...: which of the readers of `datasets` reads it."""
    return type(builder).__mro__[1].__module__.rpartition(".")[2]


@contextmanager
def _offline() -> Iterator[None]:
    """Whatever of Hugging Face would ask the network raises instead."""
    import datasets
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Yields a folder of the cache, deleted afterwards, and deletes those of processes that were killed."""
    top = paths.datasets() / ".fetching"
    try:
        top.mkdir(parents=True, exist_ok=True)
        for left in top.iterdir():
            if not file_lock.is_held(left / "lock") and time.time() - left.stat().st_mtime > BEGINNING:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=top))
    except OSError as error:
        what = f"{top}: expected to write there, found: {error.strerror}."
        raise DltuiError(what, "Make room, or set DLTUI_CACHE to another folder.", ExitStatus.DATA) from None
    try:
        with (folder / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
