"""One run as one self-contained page, and everything else that is made from a run's folder.

Reads RUN/run.jsonl, and where a run was violated its history and trace; writes report.html, summary.md, junit.xml,
figures.json, figures/NAME.csv, plots/NAME.svg and .png beside it: the same bytes for the same run. It runs nothing,
judges nothing, and needs no network. What is said stands in `reports.view`.
"""

from pathlib import Path
from typing import Any, Final

from reports import plots, tables
from reports.causes import causes
from reports.document import NAME, RunDocument, read
from reports.excerpt import excerpt
from reports.junit import junit
from reports.rendering import html, script, trusted
from reports.sheet import Plot
from reports.spacetime import NAME as SPACETIME
from reports.spacetime import spacetime
from reports.story import Story, story
from reports.style import style
from reports.summary import summary
from reports.svg import standalone
from reports.view import view

PAGE: Final = "report.html"
_GROUPS: Final = (
    ("convergence", "Did all come to agree?", ("behind", "spread", "lags")),
    ("clients", "What clients met", ("availability", "latency", "load", "routes", "absolute-band", "idle-band")),
    ("cluster", "What nodes saw of each other, and hold", ("membership", "traffic", "memory")),
)
"""Name, heading and plots of each part of the page that has plots, in the order in which they are shown."""

_INNER: Final = ("membership", "memory")
"""Plots of what nodes say of themselves."""

_NAMES: Final = (SPACETIME, *(name for _, _, names in _GROUPS for name in names))


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
    told = violation(run_dir, document)
    drawn = pictures if told is None else [*pictures, told[1]]
    texts = {
        run_dir / PAGE: page(document, pictures, told),
        run_dir / "summary.md": summary(document, None if told is None else told[0]),
        run_dir / "junit.xml": junit(document),
        run_dir / tables.JSON: tables.as_json(document),
        **{run_dir / tables.FOLDER / f"{name}.csv": text for name, text in tables.as_csv(document).items()},
        **{run_dir / "plots" / f"{plot.name}.svg": standalone(plot.desk) for plot in drawn},
    }
    files = {path: text.encode() for path, text in texts.items()}
    files |= {run_dir / "plots" / f"{plot.name}.png": plot.paint() for plot in drawn}
    made_before = [f"plots/{name}.{kind}" for name in _NAMES for kind in ("svg", "png")]
    for old in [*made_before, *(f"{tables.FOLDER}/{name}.csv" for name in tables.NAMES)]:
        (run_dir / old).unlink(missing_ok=True)
    for path in files:
        path.parent.mkdir(exist_ok=True)
    for path, content in files.items():
        path.write_bytes(content)
    return list(files)


def violation(run_dir: Path, document: RunDocument) -> tuple[Story, Plot] | None:
    """Tell and draw the first violation of a run, by its history and trace; None where there is none.

    Args:
        run_dir: the run's folder.
        document: its run document.
    """
    found = excerpt(run_dir, document)
    if found is None:
        return None
    made = causes(found)
    return story(found, made, document), spacetime(found, made, document)


def page(document: RunDocument, pictures: list[Plot], told: tuple[Story, Plot] | None = None) -> str:
    """Write the page of a run.

    Args:
        document: the run.
        pictures: its plots.
        told: its first violation.

    Returns:
        One HTML file, complete in itself.
    """
    said = view(document)
    by_name = {plot.name: _shown(plot) for plot in pictures}
    groups = [
        {"name": name, "title": title, "plots": [by_name[one] for one in names if one in by_name]}
        for name, title, names in _GROUPS
    ]
    seen = None if told is None else _shown(told[1])
    extra = {"violation": None if told is None else told[0], "spacetime": seen, "script": script("causes.js")}
    return html(
        "page.html.j2", {**said, **extra, "groups": [group for group in groups if group["plots"]], "style": style()}
    )


def _shown(plot: Plot) -> dict[str, Any]:
    """Give one plot to the template; its drawing escaped what it says (reports.svg)."""
    return {
        "name": plot.name,
        "title": plot.title,
        "source": plot.source,
        "inner": plot.name in _INNER,
        "description": plot.description,
        "desk": trusted(plot.desk),
        "phone": trusted(plot.phone),
    }
