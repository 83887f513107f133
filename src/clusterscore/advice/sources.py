"""Who says so: the source of a number or a rule, in English, and in Romanian where the document says it in both."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from clusterscore.documents import Document
from clusterscore.model.function import Reason


class Source(Document):
    """A source; ``ro`` is empty where it stands in English alone, such as the title of a book."""

    en: Reason
    ro: Annotated[str, StringConstraints(strip_whitespace=True)] = ""


def _alone(said: object) -> object:
    return {"en": said} if isinstance(said, str) else said


Cited = Annotated[Source, BeforeValidator(_alone)]
"""A source as documents have it: a text, which is English, or ``{en: ..., ro: ...}``."""
