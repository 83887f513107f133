"""A second association: every region of the European Union in four editions of one index, by the command line alone.

The data lie beside the checkout, in ``../shared/data``, and are not part of the project; where the folder is absent
this test says so and is skipped.
"""

from pathlib import Path

import pandas as pd
import pytest

from tests.edition import whole

DATA = Path(__file__).parents[3] / "shared" / "data" / "eu_rci" / "rci_z_scores_2010_2019.csv"
N_REGIONS, EDITION = 267, 2019


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_file(), reason=f"no reference data in {DATA.parent}")
def test_the_regions_of_europe_are_published_and_hardly_change_places(tmp_path: Path, root: Path) -> None:
    """Trusted, a page for each region, and a persistence like that of the published index: .968, .984 and .988."""
    index = pd.read_csv(DATA).dropna(subset=["rci_z"])
    index = index[index["nuts2016"].str.len() == 4]  # shorter codes are countries
    names = index.drop_duplicates("nuts2016", keep="last").set_index("nuts2016")["name"]
    units = [(unit, name, "region", unit[:2]) for unit, name in names.items()]
    figures = [(row.nuts2016, row.year, "rci_z", row.rci_z) for row in index.itertuples()]
    sent = [
        whole.write(tmp_path / "units.csv", ["unit", "name", "kind", "country"], units),
        whole.write(tmp_path / "figures.csv", whole.FIGURES, figures),
    ]
    made = tmp_path / "europe"
    whole.command("new", made, "--function", root / "functions" / "regional.yml")
    whole.command("ingest", *sent, "--source", "european-commission", "--workspace", made)
    done = whole.published(made)
    assert len(list((done.workspace.edition(EDITION) / "regions").glob("*.html"))) == N_REGIONS, done.output
    scores = made / "data" / "processed" / "scores" / "regional" / str(EDITION)
    persistence = pd.read_csv(scores / "persistence.csv")
    assert (persistence["mean"] > [0.95, 0.97, 0.97]).all(), persistence
    order = pd.read_csv(scores / "scores.csv").query("year == @EDITION").sort_values("score_mean")["unit"]
    assert {"SE11", "NL31", "UKJ2"} <= set(order.tail(12))
    assert {"EL41", "RO22"} <= set(order.head(8))
