"""The folder of one run: where it is by default, which one may be replaced, and what is removed then. No formats."""

from pathlib import Path

import scenarios

DOCUMENT = "run.jsonl"
HISTORY = "history.jsonl"
TRACE = "trace.jsonl.gz"
SCENARIO = "scenario.yaml"
CONFIGURATION = "configuration.yaml"
"""The user's own configuration as it was read, when the run had one; no secret is in it."""
TRAFFIC = "traffic.csv"
"""The pages of a recorded day, when the run had one: second and visitor, and no address."""
NODES = "nodes"
"""What was said to each node of a foreign subject, and what it answered."""
DELAYS = "delays.csv"
"""The matrix of round trips between the nodes, when the run had one."""
FILES = (
    DOCUMENT,
    HISTORY,
    TRACE,
    SCENARIO,
    CONFIGURATION,
    TRAFFIC,
    DELAYS,
    "report.html",
    "summary.md",
    "junit.xml",
    "figures.json",
)


class NotARun(ValueError):
    """The folder holds something that is no run; it is left untouched."""


def default(scenario: str, seed: int, subject: str) -> Path:
    """Name the folder of a run when the user names none: out/NAME-SEED, with the subject unless it is the reference."""
    suffix = "" if subject == "reference" else f"-{short(subject)}"
    return Path("out") / f"{scenario}-{seed}{suffix}"


def short(subject: str) -> str:
    """Name a subject in a path: the stem of its file, or what was given to `--subject` without signs of paths."""
    known = Path(subject).stem if Path(subject).suffix in (".yaml", ".yml") else subject
    return known.replace(":", "-").replace("/", "-")


def refuse_foreign(out: Path) -> None:
    """Make sure that a folder is new, empty, or that of a run.

    Raises:
        NotARun: it is something else; the message says what to write instead.
    """
    if out.exists() and not out.is_dir():
        raise NotARun(f"--out {out}: is a file, expected a folder; name another one")
    if out.is_dir() and any(out.iterdir()) and not _is_run(out):
        raise NotARun(f"--out {out}: is no run's folder and not empty, so it is left as it is; name another one")


def prepare(out: Path) -> None:
    """Make the folder, and take away what an earlier run left in it; files that no run writes stay.

    Raises:
        NotARun: it is no run's folder.
    """
    refuse_foreign(out)
    out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (out / name).unlink(missing_ok=True)
    for folder, files in (("plots", "*.svg"), ("plots", "*.png"), ("figures", "*.csv"), (NODES, "*.jsonl")):
        for file in sorted((out / folder).glob(files)):
            file.unlink()


def is_packaged(path: Path) -> bool:
    """Say whether a scenario's file is one of those that come with anynode, which are known by their name."""
    return Path(scenarios.__file__).parent in path.resolve().parents


def _is_run(out: Path) -> bool:
    document = out / DOCUMENT
    if not document.is_file():
        return False
    with document.open("rb") as opened:
        return opened.read(7) == b'{"run":'
