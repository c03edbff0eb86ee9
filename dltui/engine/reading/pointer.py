"""Small texts in the place of a file that was never fetched: pointers of Git LFS and git-annex, links saved as text."""

LONGEST = 1000  # bytes
LFS = b"version https://git-lfs.github.com/spec/"
ANNEX = b".git/annex/objects/"


def pointer_in(data: bytes) -> str:
    """Returns what a file is that only says where its content lies, and what fetches it; "" where it is none."""
    if len(data) > LONGEST:
        return ""
    if data.startswith(LFS):
        return "it is a pointer of Git LFS (git lfs pull fetches the file)"
    if ANNEX in data or data.startswith(b"/annex/objects/"):
        return "it is a link of git-annex (git annex get fetches the file)"
    if data.startswith((b"../", b"./")) and b"\n" not in data.strip():
        return "it is a link that was saved as text: it holds the name of another file"
    return ""
