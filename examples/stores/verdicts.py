"""Fills the table of verdicts in README.md by running the stores beside it: verdicts.py [STORE ...] [--quick].

Without names it runs all of them; cells of what was not run stay as they are. tests/conformance/test_example_stores.py
holds the quick columns to what a run says.
"""

import argparse
import re
import tempfile
from pathlib import Path

from conformance.runner import Run, run
from conformance.verdict import VIOLATED

HERE = Path(__file__).parent
README = HERE / "README.md"
SEED = 7
QUICK = ("quiet-minute", "cut-minute", "crash-minute")
WHOLE = (
    "steady-lan",
    "isolated-writer",
    "crash-under-writes",
    "rolling-restart",
    "revoke-during-partition",
    "skewed-clocks-at-expiry",
    "planted-cookies",
)
TABLE = re.compile(r"(<!-- verdicts: verdicts.py writes this table -->\n).*?(?=\n\n)", re.DOTALL)


def stores() -> list[str]:
    """Name the stores: those that have a subject file here."""
    return sorted(file.stem for file in HERE.glob("*.yaml"))


def scenario_of(column: str) -> str:
    """Return what `anynode run` is told for a column: a file beside this one, or the name of a packaged scenario."""
    return str(HERE / "scenarios" / f"{column}.yaml") if column in QUICK else column


def judged(store: str, column: str, out: Path) -> Run:
    """Run a store in a scenario.

    Args:
        store: one of `stores()`.
        column: one of QUICK or WHOLE.
        out: the folder of the run.

    Raises:
        SubjectRefused: it cannot be built or started.
    """
    return run(scenario_of(column), seed=SEED, subject=str(HERE / f"{store}.yaml"), out=out)


def cell(result: Run) -> str:
    """Say a run in a cell: its verdict, or the checks that convicted it."""
    convicted = sorted(finding.check for finding in result.checks if finding.verdict == VIOLATED)
    return ", ".join(convicted) or result.verdict


def read_table(text: str) -> dict[str, dict[str, str]]:
    """Read the table back: store, then column, then cell."""
    found = TABLE.search(text)
    rows = (
        [[each.strip() for each in line.strip("|").split("|")] for line in found[0].splitlines()[1:]] if found else []
    )
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


def written(table: dict[str, dict[str, str]]) -> str:
    """Write the table; a dash stands for what was never run."""
    columns = ["store", *QUICK, *WHOLE]
    rows = [[store, *(table.get(store, {}).get(column, "–") for column in columns[1:])] for store in stores()]
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, ["---"] * len(columns), *rows])


def put(store: str, column: str, said: str) -> None:
    """Write one cell into README."""
    text = README.read_text("utf-8")
    table = read_table(text)
    table.setdefault(store, {})[column] = said
    README.write_text(TABLE.sub(lambda found: found[1] + written(table), text), "utf-8")


def main() -> None:
    """Run what was asked for, and put each verdict in its cell as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", nargs="*", metavar="STORE", help=f"some of {', '.join(stores())}")
    parser.add_argument("--quick", action="store_true", help="only the scenarios of a minute")
    asked = parser.parse_args()
    for store in asked.stores or stores():
        for column in QUICK if asked.quick else (*QUICK, *WHOLE):
            with tempfile.TemporaryDirectory() as scratch:
                said = cell(judged(store, column, Path(scratch) / "run"))
            print(f"{store}, {column}: {said}", flush=True)
            put(store, column, said)


if __name__ == "__main__":
    main()
