"""From an executed notebook to one self-contained page: our own template, no code, nothing loaded from outside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import nbformat
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.preprocessors import Preprocessor

from clusterscore.errors import NotebookFailed
from clusterscore.report.finding import addressed, script, script_source
from clusterscore.report.language import ENGLISH, say, speaking, translated

_TEMPLATES: Final = Path(__file__).parent / "template"
_WORDS: Final = {
    "skip": "Skip to content",
    "edition": "Edition",
    "find": "Find (press /)",
    "subject": "a name, a subject",
    "found": "found",
    "section": "section",
}
_SHOWN: Final = ({"text/html"}, {"image/svg+xml"})
"""What the template can show, one kind an output; plain text may stand beside it."""


class OnlyOurs(Preprocessor):
    """Refuses what a reader must not meet: printed text, pictures without alternative text, what would be left out."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Raise :class:`NotebookFailed` for any such output."""
        for output in cell.get("outputs", ()):
            fault = _fault(output)
            if fault:
                raise NotebookFailed(f"cell {index + 1} {fault}")
        return cell, resources


def _fault(output: Any) -> str | None:
    if output["output_type"] == "stream":
        return f"printed {output['text'][:200]!r}; pages show displayed objects only"
    data, about = output.get("data", {}), output.get("metadata", {})
    if any(kind.startswith("image/") and not about.get(kind, {}).get("alt") for kind in data):
        return "shows a picture without alternative text; show a Picture"
    if set(data) - {"text/plain"} not in _SHOWN:
        kinds = ", ".join(data) or output["output_type"]
        return f"shows what no page can ({kinds}); show Html, a Table or a Picture"
    return None


class PageExporter(HTMLExporter):
    """``jupyter nbconvert --to clusterscore``: the house template."""

    export_from_notebook = "clusterscore page"

    def __init__(self, **options: Any) -> None:
        options.setdefault("template_name", "clusterscore")
        super().__init__(extra_template_basedirs=[str(_TEMPLATES)], **options)  # type: ignore[no-untyped-call] # nbconvert
        self.exclude_input = True
        self.exclude_input_prompt = self.exclude_output_prompt = True
        self.exclude_anchor_links = True
        self.register_preprocessor(OnlyOurs, enabled=True)  # type: ignore[no-untyped-call] # nbconvert

    def from_notebook_node(  # type: ignore[override] # as nbconvert's own
        self, nb: Any, resources: Any = None, **options: Any
    ) -> tuple[str, Any]:
        """Return the page without nbconvert's second reading, which adds alternative texts that ours cannot lack."""
        converted: tuple[str, Any] = TemplateExporter.from_notebook_node(self, nb, resources, **options)
        return converted


@cache
def _exporter() -> PageExporter:
    """Return the exporter of this process: compiling the templates takes as long as filling them."""
    return PageExporter()


def to_html(
    executed: nbformat.NotebookNode, title: str, kicker: str, links: Mapping[str, str], language: str = ENGLISH
) -> str:
    """Return the page of an executed notebook.

    Parameters
    ----------
    executed
        Notebook with outputs.
    title
        Title and main heading of the page, as people wrote it; it is escaped.
    kicker
        Line above the heading.
    links
        Names and addresses of the pages to which this one leads, as seen from it.
    language
        Of the notebook's outputs; its own words are put into it.
    """
    page = nbformat.from_dict({**executed, "metadata": {**executed.metadata}})
    with speaking(language):
        words = {name: say(phrase) for name, phrase in _WORDS.items()}
        for cell in page.cells:
            if cell.cell_type == "markdown" and "how-to" not in cell.metadata.get("tags", []):
                cell["source"] = translated(cell.source)
    about = {"title": title, "kicker": kicker, "links": dict(links), "language": language, "words": words}
    page.metadata["clusterscore"] = about
    page.metadata["clusterscore"] |= {"script": script(), "script_source": script_source()}
    body, _ = _exporter().from_notebook_node(page)
    with speaking(language):
        return addressed(str(body))
