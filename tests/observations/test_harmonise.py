"""Figures in any measure of their indicator's kind are converted at the door; what was given stays beside them."""

import json

import pytest

from clusterscore.observations.ledger import Record
from tests.observations.association import FUNCTION, Association, corrections, places

HEADER = "unit,year,indicator,value,measure\n"
RATE, INDEX = 4.9467, 105.06 / 123.15
KEY = {"table": "figures", "action": "correct", "unit": "CL-01", "year": "2023", "indicator": "turnover"}


@pytest.fixture
def countries(tmp_path_factory: pytest.TempPathFactory) -> Association:
    """Return an association of two countries whose turnover is at constant prices."""
    association = Association.make(tmp_path_factory.mktemp("countries"))
    document = association.workspace.functions / "small.yml"
    document.write_text(FUNCTION.replace("measure: EUR,", "measure: EUR at constant prices,"), encoding="utf-8")
    rows = ("CL-01,North,cluster,,RO,", "CL-02,East,cluster,,,", "CL-03,Sud,cluster,,,MD", "")
    units = "unit,name,kind,parent,country,region\n" + "\n".join(rows)
    association.take({"units.csv": units})
    return association


def figure(association: Association) -> Record:
    """Return the last record of the ledger."""
    return association.ledger.read()[-1]


def notes(association: Association) -> list[dict[str, object]]:
    """Return what was noted about the last file."""
    files = [record for record in association.ledger.read() if record.action == "file"]
    return list(files[-1].data.get("notes", ()))


def faults(association: Association, rows: str) -> list[tuple[str, int, str, str]]:
    """Return where a file of figures is refused."""
    return places(association.faults({"figures.csv": HEADER + rows}))


def test_lei_become_euro_at_constant_prices_and_what_was_given_stays(countries: Association) -> None:
    """The ledger keeps both, with the year at whose prices money is."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii lei\n"})
    data = figure(countries).data
    assert data["value"] == pytest.approx(5_200_000 / RATE * INDEX, rel=1e-12)
    assert {name: data[name] for name in ("measure", "given", "given_measure", "base")} == {
        "measure": "EUR at constant prices",
        "given": 5200.0,
        "given_measure": "mii lei",
        "base": 2020,
    }


def test_a_conversion_is_noted_in_the_ledger_with_its_rate(countries: Association) -> None:
    """One note for each measure and year, not one for each row."""
    taken, _ = countries.take(
        {"figures.csv": HEADER + "CL-01,2023,turnover,5,mil. RON\nCL-02,2023,turnover,6,mil. RON\n"}
    )
    (note,) = notes(countries)
    assert (note["code"], note["row"], note["column"], note["was"]) == ("N-MONEY", 2, "value", "mil. RON")
    assert "4.9467 RON per EUR" in str(note["became"])
    assert str(note["became"]).endswith("(2 times)")
    assert [one.code for one in taken[0].notes] == ["N-MONEY"]


def test_what_needs_no_conversion_is_recorded_as_ever(countries: Association) -> None:
    """A canonical file leaves the same record, byte for byte, as before there were conversions."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,EUR at constant prices\n"})
    file, record = countries.ledger.read()[-2:]
    added = {"decisions", "settled", "flags"}  # an invented figure is in doubt, and the only one of its unit
    assert set(file.data) - added == {"name", "rows", "source", "received", "demonstration"}
    assert json.dumps(record.data) == (
        '{"unit": "CL-01", "year": 2023, "indicator": "turnover", "value": 5200.0, '
        '"measure": "EUR at constant prices", "source": null}'
    )


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("CL-01,2023,export_share,12.5,%", 0.125),
        ("CL-01,2023,export_share,12.5 %,procente", 0.125),
        ("CL-01,2023,employees,0.312,mii persoane", 312),
        ("CL-01,2023,employees,312,angajați", 312),
        ("CL-01,2023,turnover,2,thousand EUR at constant prices", 2000),
    ],
)
def test_shares_counts_and_scales_are_converted(countries: Association, row: str, value: float) -> None:
    """Where the kind of quantity fits, only the scale changes."""
    countries.take({"figures.csv": f"{HEADER}{row}\n"})
    assert figure(countries).data["value"] == value
    assert [note["code"] for note in notes(countries)] == ["N-UNIT"]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("CL-02,2023,turnover,5,mii lei", "measure", "E-MEASURE"),
        ("CL-01,2004,turnover,5,mii lei", "measure", "E-MEASURE"),
        ("CL-03,2024,turnover,5,mii lei", "measure", "E-MONEY-RATE"),
        ("CL-01,1998,turnover,5,RON", "measure", "E-MONEY-RATE"),
        ("CL-01,2023,turnover,1.7e308,mld. RON", "measure", "E-NUM-RANGE"),
        ("CL-01,2023,turnover,5,%", "measure", "E-MEASURE"),
        ("CL-01,2023,turnover,5,RON per employee", "measure", "E-MEASURE"),
        ("CL-01,2023,export_share,101,%", "value", "E-NUM-RANGE"),
        ("CL-01,2023,employees,0.3125,mii persoane", "value", "E-DOM-INTEGER"),
        ("CL-01,2023,export_share,12%,share", "value", "E-NUM-PERCENT"),
    ],
)
def test_what_cannot_be_converted_is_kept_out(countries: Association, row: str, column: str, code: str) -> None:
    """Lei of nobody's country, a year without a rate, another kind of quantity."""
    assert faults(countries, f"{row}\n") == [("figures.csv", 2, column, code)]


def test_a_share_called_percent_is_in_doubt(countries: Association) -> None:
    """N08: 0.12 % is possible, and seldom meant."""
    (doubt,) = countries.doubts({"figures.csv": f"{HEADER}CL-01,2023,export_share,0.12,%\n"})
    assert (doubt.fault.row, doubt.fault.column, doubt.fault.code) == (2, "value", "W-UNIT-PERCENT")


def test_a_workspace_adds_the_rate_that_is_missing(countries: Association) -> None:
    """Figures of Moldova come in once somebody has said what the leu cost."""
    reference = countries.workspace.reference
    reference.mkdir(parents=True)
    (reference / "rates.csv").write_text("currency,year,rate,source\nMDL,2023,19.6,a bank\n", encoding="utf-8")
    countries.take({"figures.csv": HEADER + "CL-03,2023,turnover,19.6,mii lei\n"})
    assert figure(countries).data["value"] == pytest.approx(1000 * INDEX)


def test_the_same_figure_sent_again_is_known_though_the_tables_have_changed(countries: Association) -> None:
    """A rate that is revised changes nothing that is recorded, and no file is refused for it."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    reference = countries.workspace.reference
    reference.mkdir(parents=True)
    (reference / "rates.csv").write_text("currency,year,rate,source\nRON,2023,5,a bank\n", encoding="utf-8")
    (taken,), _ = countries.take({"figures-2.csv": HEADER + "CL-01,2023,turnover,5200.0,mii RON\n"})
    assert (taken.new, taken.known) == (0, 1)
    assert faults(countries, "CL-01,2023,turnover,5201,mii RON\n") == [("figures.csv", 2, "value", "E-DUP-CONFLICT")]


def test_prices_of_two_years_do_not_meet_in_one_ledger(countries: Association) -> None:
    """Money of one base year beside money of another would be compared as if it were one."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    reference = countries.workspace.reference
    reference.mkdir(parents=True)
    (reference / "money.yml").write_text("base_year: 2015\narea: EA\nwhy: w\nsource: s\n", encoding="utf-8")
    assert faults(countries, "CL-01,2022,turnover,5,mii RON\n") == [("figures.csv", 2, "measure", "E-MONEY-BASE")]


@pytest.mark.parametrize(
    ("change", "given", "measure"),
    [
        ({"expect": "5200", "value": "5300"}, 5300, "mii RON"),
        ({"column": "measure", "expect": "mii RON", "value": "mil. RON"}, 5200, "mil. RON"),
    ],
)
def test_a_converted_figure_is_corrected_as_it_was_given(
    countries: Association, change: dict[str, str], given: float, measure: str
) -> None:
    """Whoever sent it knows what was sent, not what came of it."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    countries.take({"corrections.csv": corrections(KEY | change)})
    data = figure(countries).data
    assert (data["given"], data["given_measure"], data["base"]) == (given, measure, 2020)
    scale = 1e3 if measure == "mii RON" else 1e6
    assert data["value"] == pytest.approx(given * scale / RATE * INDEX, rel=1e-12)
    assert len(countries.observed().figures) == 1


def test_a_converted_figure_is_corrected_as_it_is_recorded(countries: Association) -> None:
    """A reader of the ledger may speak in the indicator's measure; then nothing given is left beside it."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    recorded = repr(figure(countries).data["value"])
    countries.take({"corrections.csv": corrections(KEY | {"expect": recorded, "value": "900000"})})
    data = figure(countries).data
    assert (data["value"], data["measure"]) == (900000, "EUR at constant prices")
    assert "given" not in data


def test_another_column_of_a_converted_figure_is_corrected_alone(countries: Association) -> None:
    """The value stays what it was, whatever tables say by now."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    before = figure(countries).data
    reference = countries.workspace.reference
    reference.mkdir(parents=True)
    (reference / "rates.csv").write_text("currency,year,rate,source\nRON,2023,5,a bank\n", encoding="utf-8")
    countries.take({"corrections.csv": corrections(KEY | {"column": "source", "expect": "", "value": "accounts"})})
    assert figure(countries).data == before | {"source": "accounts"}


def test_a_correction_that_expects_neither_is_refused_with_both(countries: Association) -> None:
    """The message says what was given and what is recorded."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,mii RON\n"})
    (fault,) = countries.faults({"corrections.csv": corrections(KEY | {"expect": "5201", "value": "5300"})})
    assert (fault.column, fault.code) == ("expect", "E-EXPECT")
    assert "5200.0 mii RON (" in fault.expected


def test_a_measure_that_was_forgotten_is_corrected_and_converts(countries: Association) -> None:
    """The number was right, in thousands of lei that nobody had mentioned."""
    countries.take({"figures.csv": HEADER + "CL-01,2023,turnover,5200,\n"})
    change = {"column": "measure", "expect": "", "value": "mii RON"}
    countries.take({"corrections.csv": corrections(KEY | change)})
    assert figure(countries).data["value"] == pytest.approx(5_200_000 / RATE * INDEX, rel=1e-12)


def test_the_country_of_a_member_is_its_clusters(countries: Association) -> None:
    """Whose lei they are is said once."""
    document = countries.workspace.functions / "small.yml"
    text = document.read_text(encoding="utf-8").replace("function: small", "function: member_small")
    member = document.with_name("member_small.yml")
    member.write_text(text.replace("kind: cluster", "kind: member"), encoding="utf-8")
    countries.take({"units.csv": "unit,name,kind,parent\nCL-01-M1,First,member,CL-01\n"})
    countries.take({"figures.csv": HEADER + "CL-01-M1,2023,turnover,5200,mii lei\n"})
    assert figure(countries).data["given_measure"] == "mii lei"
