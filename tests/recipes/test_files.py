"""Recipe files: the parts that a list reads of them are those of the whole."""

import pytest

from dltui.errors import DltuiError
from dltui.recipes import files


def test_parts_are_those_of_the_whole():
    """Guards a line that begins with a bracket and is no section: what follows it would be lost."""
    for path in files.files().values():
        table = files.read_table(path)
        tops = {key: value for key, value in table.items() if not isinstance(value, dict)}
        assert files.read_parts(path, "expect") == tops | {"expect": table["expect"]}, path


@pytest.mark.parametrize("text", ["title = 1\nx", "title = \n[expect]\na = 1"])
def test_what_is_not_toml_is_told_with_its_line(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(DltuiError, match="not TOML"):
        files.read_parts(path, "expect")
