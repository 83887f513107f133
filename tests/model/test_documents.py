"""Documents are plain data: what is none is refused with its code."""

from pathlib import Path

import pytest

from clusterscore.documents import Document
from clusterscore.errors import FunctionInvalid


class Small(Document):
    """A document of one number."""

    value: float = 0.0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("value: .nan\n", "E-CONF-NAN"),
        ("value: -.inf\n", "E-CONF-NAN"),
        ("value: 1\nvalue: 2\n", "E-CONF-DUPKEY"),
        ("value: !!python/object/apply:os.system ['true']\n", "E-CONF-TAG"),
        ("value: !own 1\n", "E-CONF-TAG"),
        ('{"value": 1, "value": 2}', "E-CONF-DUPKEY"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_its_code(tmp_path: Path, text: str, code: str) -> None:
    """P06, P07: nothing is guessed and nothing runs."""
    path = tmp_path / "small.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=code):
        Small.read(path)
