"""One run as one self-contained page, and everything else that is made from a run's folder.

Reads RUN/run.jsonl, writes report.html, summary.md, junit.xml and plots/NAME.svg beside it: the same bytes for the same
document. It runs nothing, judges nothing, and needs no network. What is said stands in `reports.view`.
"""

from pathlib import Path
from typing import Any, Final

from reports import plots
from reports.document import NAME, RunDocument, read
from reports.junit import junit
from reports.rendering import html, trusted
from reports.sheet import Plot
from reports.style import style
from reports.summary import summary
from reports.svg import standalone
from reports.view import view

PAGE: Final = "report.html"
_SHORT: Final = {
    "availability": "Availability",
    "latency": "Latency",
    "load": "Load",
    "routes": "Balancer",
    "behind": "Copies behind",
    "spread": "Spread",
    "lags": "Lag",
    "membership": "Membership",
    "absolute-band": "Greatest age",
    "idle-band": "Idleness",
}


def make(run_dir: Path) -> list[Path]:
    """Make everything that is made from a run: page, summary, JUnit file, plots. What stood there is replaced.

    Args:
        run_dir: the run's folder, with its run.jsonl.

    Returns:
        The files written, the page first.

    Raises:
        UnreadableRun: the folder holds no run document of this version.
    """
    document = read(run_dir / NAME)
    pictures = plots.drawn(document)
    files = {
        run_dir / PAGE: page(document, pictures),
        run_dir / "summary.md": summary(document),
        run_dir / "junit.xml": junit(document),
        **{run_dir / "plots" / f"{plot.name}.svg": standalone(plot.desk) for plot in pictures},
    }
    (run_dir / "plots").mkdir(exist_ok=True)
    for name in _SHORT:
        (run_dir / "plots" / f"{name}.svg").unlink(missing_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def page(document: RunDocument, pictures: list[Plot]) -> str:
    """Write the page of a run.

    Args:
        document: the run.
        pictures: its plots, in the order in which they are shown.

    Returns:
        One HTML file, complete in itself.
    """
    said = view(document)
    shown = [_shown(plot, said["lag"]) for plot in pictures]
    return html("page.html.j2", {**said, "plots": shown, "style": style()})


def _shown(plot: Plot, lag: list[tuple[str, str]]) -> dict[str, Any]:
    """Give one plot to the template; its drawing escaped what it says (reports.svg)."""
    return {
        "name": plot.name,
        "short": _SHORT[plot.name],
        "title": plot.title,
        "source": plot.source,
        "inner": plot.name == "membership",
        "description": plot.description,
        "desk": trusted(plot.desk),
        "phone": trusted(plot.phone),
        "lag": lag if plot.name == "spread" else [],
    }
