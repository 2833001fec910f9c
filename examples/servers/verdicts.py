"""Fills the table of verdicts in README.md by running the servers beside it: verdicts.py [FILE-STEM ...] [--from RUNS].

Without names it runs all of them, for half an hour. Cells stay as they are where nothing was run or the machine was too
busy. With --from it runs nothing, and reads folders of runs, named SCENARIO-STEM.
"""

import argparse
import re
import tempfile
from pathlib import Path

from conformance.live_fitting import NotTested
from conformance.planning import plan
from conformance.runner import carry_out
from conformance.verdict import VIOLATED
from reports.document import RunDocument, read
from scenarios import load

HERE = Path(__file__).parent
README = HERE / "README.md"
SCENARIOS = (
    "steady-lan",
    "isolated-writer",
    "crash-under-writes",
    "pause-longer-than-suspicion",
    "rolling-restart",
    "logout-beside-a-write",
)
ATTACHED = ("orchestrator",)
NOT_TESTED = "not tested"
TOO_NOISY = "host too noisy"
TABLE = re.compile(r"(<!-- verdicts: verdicts.py writes this table -->\n).*?(?=\n\n)", re.DOTALL)


def servers() -> list[str]:
    """Name the subjects that can be started here."""
    return sorted(file.stem for file in HERE.glob("*.yaml") if file.stem not in ATTACHED)


def judged(name: str, scenario: str, runs: Path | None) -> str | None:
    """Say in a cell what came of a run: its verdict, or the checks that convicted it; None where nothing came of it."""
    try:
        decided = plan(load(scenario), subject=str(HERE / f"{name}.yaml"))
    except NotTested:
        return NOT_TESTED
    if runs is not None:
        folder = runs / f"{scenario}-{name}"
        document = read(folder / "run.jsonl") if (folder / "run.jsonl").is_file() else None
        return None if document is None or document.footer is None else cell(document)
    with tempfile.TemporaryDirectory() as out:
        carry_out(decided, Path(out) / "run")
        return cell(read(Path(out) / "run" / "run.jsonl"))


def cell(document: RunDocument) -> str | None:
    """Say one run in a cell; None where the machine was too busy to tell."""
    if any(finding.seen.startswith(TOO_NOISY) for finding in document.checks):
        return None
    convicted = sorted(finding.check for finding in document.checks if finding.verdict == VIOLATED)
    return ", ".join(convicted) or (document.footer.verdict if document.footer is not None else "unfinished")


def read_table(text: str) -> dict[str, dict[str, str]]:
    """Read the table back: server, then scenario, then cell."""
    found = TABLE.search(text)
    lines = found[0].splitlines()[1:] if found else []
    rows = [[each.strip() for each in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


def put(name: str, scenario: str, said: str) -> None:
    """Write one cell into README; a dash stands for what was never run."""
    text = README.read_text("utf-8")
    table = read_table(text)
    table.setdefault(name, {})[scenario] = said
    rows = [[row, *(table.get(row, {}).get(column, "–") for column in SCENARIOS)] for row in servers()]
    head = ["", *SCENARIOS]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
    README.write_text(TABLE.sub(lambda found: found[1] + lines, text), "utf-8")


def main() -> None:
    """Run what was asked for, cell by cell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", choices=[*servers(), []], default=[])
    arguments.add_argument("--from", dest="runs", type=Path)
    asked = arguments.parse_args()
    for name in asked.names or servers():
        for scenario in SCENARIOS:
            said = judged(name, scenario, asked.runs)
            if said is not None:
                put(name, scenario, said)
                print(f"{name} {scenario}: {said}", flush=True)


if __name__ == "__main__":
    main()
