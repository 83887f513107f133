"""Read and write YAML documents: YAML 1.2, no duplicate keys, no code; unknown keys refused by name."""

from __future__ import annotations

import hashlib
import io
import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError
from ruamel.yaml.error import YAMLError

from clusterscore.errors import FunctionInvalid

_REMEMBERED: Final = 64  # documents, by their text


class Document(BaseModel):
    """A frozen record read from YAML; an unknown key is an error that lists the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, value: Any) -> Any:
        if isinstance(value, dict):
            known = set(cls.model_fields)
            for key in value:
                if key not in known:
                    choices = ", ".join(sorted(known))
                    raise ValueError(f"unknown key {str(key)!r}; known keys: {choices}")
        return value

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and validate one document.

        Raises
        ------
        FunctionInvalid
            With every problem found, each with its place in the document.
        """
        try:
            return cast("Self", _validated(cls, path.read_text(encoding="utf-8")))
        except ValidationError as error:
            raise FunctionInvalid(path, [_problem(e) for e in error.errors()]) from None
        except FileNotFoundError:
            raise FunctionInvalid(path, ["no such file"]) from None
        except DuplicateKeyError as error:
            raise FunctionInvalid(path, [f"not a YAML document: E-CONF-DUPKEY: {error}"]) from None
        except ConstructorError as error:
            raise FunctionInvalid(path, [f"not a YAML document: E-CONF-TAG: {error}"]) from None
        except (YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a date that the calendar does not have
            raise FunctionInvalid(path, [f"not a YAML document: {error}"]) from None

    @classmethod
    def read_if_there(cls, path: Path) -> Self:
        """Read a document of which every part has its default; where there is none the defaults hold."""
        return cls.read(path) if path.is_file() else cls()


def digest_of_document(document: Document) -> str:
    """Return the SHA-256 of a document's content, whatever the layout of its file."""
    content = json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _problem(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "document"
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}"


@lru_cache(maxsize=_REMEMBERED)
def _validated(kind: type[Document], text: str) -> Document:
    """Return a document of a kind; one command asks for the same text many times, and reading it takes long."""
    return kind.model_validate(_parsed(text))


def load_yaml(path: Path) -> Any:
    """Return the plain content of a YAML 1.2 file; duplicate keys, tags that run code and NaN are errors."""
    return _parsed(path.read_text(encoding="utf-8"))


def _parsed(text: str) -> Any:
    content = YAML(typ="safe", pure=True).load(text)
    _refuse_no_numbers(content)
    return content


def _refuse_no_numbers(content: Any) -> None:
    """Raise ValueError for a number that is none, or without bound: no document means one."""
    left, seen = [content], set[int]()
    while left:
        part = left.pop()
        if isinstance(part, float) and not math.isfinite(part):
            raise ValueError(f"E-CONF-NAN: {part} is no number")
        if isinstance(part, dict | list) and id(part) not in seen:
            seen.add(id(part))
            left += part.values() if isinstance(part, dict) else part


def dump_yaml(content: Any) -> str:
    """Return plain data as YAML text, keys in the order given."""
    writer = YAML()
    writer.default_flow_style = False
    buffer = io.StringIO()
    writer.dump(content, buffer)
    return buffer.getvalue()
