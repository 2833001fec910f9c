"""The figures as JSON and CSV: what the run document has, number by number."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from reports import page as pages
from reports.tables import as_csv, as_json


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_every_figure_is_in_the_json_with_unit_and_source(run: Any, written: Any) -> None:
    document = written(run)
    found = json.loads(as_json(document))
    assert found.keys() == document.figures.keys()
    assert found["behind"] == {
        "unit": "copies",
        "source": "observers",
        "value": {node: [list(step) for step in steps] for node, steps in document.steps("behind").items()},
    }


def test_tables_name_their_columns_and_hold_every_number(run: Any, written: Any) -> None:
    found = as_csv(written(run))
    assert rows(found["availability"])[:2] == [["begin_us", "asked", "answered"], ["0", "40", "40"]]
    assert ["n1", "120000000", "37"] in rows(found["behind"])
    assert ["n1", "n2", "70000000", "dead"] in rows(found["membership"])
    assert ["copies", "data", "60000000", "400", "40"] in rows(found["traffic"])
    assert ["n1", "503", "11"] in rows(found["errors"])
    assert ["70000000", ""] in rows(found["lags"])
    assert {len(row) for text in found.values() for row in rows(text)[1:]} >= {2, 3, 4, 5}
    for text in found.values():
        assert len({len(row) for row in rows(text)}) == 1


def test_a_figure_that_is_gone_leaves_no_old_table(run: Any, tmp_path: Path) -> None:
    pages.make(run.write(tmp_path))
    assert (tmp_path / "figures" / "spread.csv").is_file()
    del run.figures["spread"]
    pages.make(run.write(tmp_path))
    assert not (tmp_path / "figures" / "spread.csv").exists()
    assert "spread" not in json.loads((tmp_path / "figures.json").read_text())
