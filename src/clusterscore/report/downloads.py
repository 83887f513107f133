"""What an edition gives away besides its pages: tables, a workbook, the draws of the scores, and their digests.

Only tables in which no person and no single member stands; text is never a formula. Every file has the same bytes for
the same tables.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from scipy.special import ndtr

from clusterscore.durable import digest_of, write_atomically
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.report.display import Html, Table, link, paragraph
from clusterscore.report.language import ENGLISH, say, spoken
from clusterscore.report.pages import EditionData
from clusterscore.scores.verdict import cells_of

FOLDER: Final = "downloads"
DIGESTS: Final = "SHA256SUMS"
PUBLIC: Final = {
    "units": "who is scored",
    "scores": "scores, ranks and verdicts, each with its interval",
    "ranks": "probability of each rank or better",
    "quantiles": "twenty equally likely scores of each",
    "changes": "changes since the edition before",
    "pillars": "standing on each pillar",
    "weights": "weights of the pillars",
    "indicators": "indicators and how much they say",
    "items": "questions and how much they say",
    "quotients": "location quotients",
    "validation": "what figures and peers say",
    "persistence": "how much of the order stays",
    "sensitivity": "how much the priors decide",
    "forecasts": "forecasts against the figures that came",
    "gains": "by how much forecasts beat simple rivals",
}
"""Tables that are given away, each with what it holds."""
_FORMULA: Final = re.compile(r"^[\s]*[=+\-@\t\r|]")
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def write(workspace: Workspace, data: EditionData, folder: Path) -> list[str]:
    """Write the downloads of one function into the folder of an edition being built.

    Returns
    -------
    their paths within the edition
    """
    home = folder / FOLDER
    made = {f"{stem(data)}-{name}.csv": csv_of(getattr(data.scores, name)) for name in PUBLIC}
    made[f"{stem(data)}.xlsx"] = workbook_of(data)
    made[f"{stem(data)}.nc"] = draws_of(workspace, data)
    for name, content in made.items():
        write_atomically(home / name, content)
    return [f"{FOLDER}/{name}" for name in made]


def write_digests(folder: Path, names: list[str]) -> str:
    """Write the digests of all downloads, and return the path of that file."""
    lines = [f"{digest_of(folder / name)}  {name.removeprefix(f'{FOLDER}/')}\n" for name in sorted(names)]
    write_atomically(folder / FOLDER / DIGESTS, "".join(lines).encode())
    return f"{FOLDER}/{DIGESTS}"


def stem(data: EditionData) -> str:
    """Return how the names of a function's downloads begin."""
    return f"{data.function.function}-{data.edition}"


def safe(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: text that looks like one begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def csv_of(table: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8."""
    text = table.select_dtypes(exclude=["number", "bool"]).columns
    plain = table.assign(**{name: table[name].map(safe) for name in text})
    return plain.to_csv(index=False, lineterminator="\n").encode()


def workbook_of(data: EditionData) -> bytes:
    """Return all tables as a workbook, a sheet each; every text is a text."""
    book = Workbook(write_only=True)
    about = book.create_sheet("read me")
    for line in (
        f"{data.function.title.en}, edition {data.edition}",
        f"Ledger head {data.run.head}",
        f"Posterior {data.run.id}, SHA-256 {data.run.own_digest}",
        "Demonstration data: all names and figures are invented." if data.run.demonstration else "",
    ):
        about.append([_cell(about, line)])
    for name, said in PUBLIC.items():
        table = getattr(data.scores, name)
        sheet = book.create_sheet(name)
        sheet.append([_cell(sheet, said)])
        sheet.append([_cell(sheet, column) for column in table.columns])
        for row in table.astype(object).itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    book.properties.creator = "clusterscore"
    book.properties.created = datetime.datetime(*_MOMENT)  # noqa: DTZ001 - openpyxl wants it so; the same for ever
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _cell(sheet: object, value: object) -> WriteOnlyCell:
    plain = value.item() if isinstance(value, np.generic) else value
    missing = plain is None or plain is pd.NA or (isinstance(plain, float) and np.isnan(plain))
    cell = WriteOnlyCell(sheet, value=None if missing else plain)
    if isinstance(plain, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
    return cell


def _timeless(content: bytes) -> bytes:
    """Return the same zip without the time at which it was written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            inside = old.read(name)
            if name == "docProps/core.xml":
                inside = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", inside)
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, inside)
    return buffer.getvalue()


def draws_of(workspace: Workspace, data: EditionData) -> bytes:
    """Return every draw of the scores of the edition's last year as NetCDF: dims (sample, unit)."""
    posterior = store.open_draws(workspace, data.run)
    cells = cells_of(posterior)
    here = np.flatnonzero(cells["year"] == data.edition)
    score = 100.0 * ndtr(posterior.flat("standing")[:, here])
    found = xr.Dataset(
        {"score": (("sample", "unit"), score.astype(np.float32), {"units": "points from 0 to 100"})},
        coords={"unit": list(cells["unit"].iloc[here])},
        attrs={
            "function": data.function.function,
            "edition": data.edition,
            "ledger_head": data.run.head,
            "posterior": data.run.id,
            "posterior_sha256": data.run.own_digest,
            "demonstration": int(data.run.demonstration),
        },
    )
    return bytes(found.to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def downloads(data: EditionData) -> Table | Html:
    """List what can be downloaded, with digests where they are known before the page is made."""
    if data.workspace is None:
        return paragraph(say("Nothing can be downloaded from a page without its edition."))
    home = FOLDER if spoken() == ENGLISH else f"../{FOLDER}"
    begin = f"{home}/{stem(data)}"
    rows = [
        (link(f"{name}.csv", f"{begin}-{name}.csv"), say(said), str(len(getattr(data.scores, name))))
        for name, said in PUBLIC.items()
    ]
    rows += [
        (
            link(say("all tables, XLSX"), f"{begin}.xlsx"),
            say("the same tables as sheets; text is never a formula"),
            "-",
        ),
        (link(say("draws of the scores, NetCDF"), f"{begin}.nc"), say("every draw of the posterior, each score"), "-"),
        (link(DIGESTS, f"{home}/{DIGESTS}"), say("SHA-256 of each of these files"), "-"),
    ]
    return Table(say("Downloads"), (say("file"), say("what it holds"), say("rows")), rows)


def citation(data: EditionData) -> Html:
    """Say how the edition is cited, as BibTeX and in the form of a CITATION.cff; titles are in English."""
    title, key = f"{data.function.title.en}, edition {data.edition}", stem(data)
    head = data.run.head
    bibtex = (
        f"@techreport{{clusterscore-{key},\n  title = {{{title}}},\n  author = {{{{The clusterscore authors}}}},\n"
        f"  institution = {{clusterscore}},\n  year = {{{data.edition}}},\n  note = {{ledger head {head}}}\n}}"
    )
    cff = (
        f"cff-version: 1.2.0\nmessage: If you use this edition, please cite it as below.\ntitle: {title}\n"
        "type: dataset\nauthors:\n  - name: The clusterscore authors\n"
        f"identifiers:\n  - type: other\n    value: {head}\n    description: head of the ledger\n"
    )
    block = Markup('<div class="scroll" role="region" tabindex="0" aria-label="{}"><pre>{}</pre></div>')
    return Html(
        Markup("<p>BibTeX</p>{}<p>CITATION.cff</p>{}").format(block.format("BibTeX", bibtex), block.format("CFF", cff))
    )
