"""`anynode report`: what is made again from a run's folder, and what is turned down."""

import json
from pathlib import Path

import pytest

from conformance.cli.app import execute
from conformance.history import Contract, Lifetime
from conformance.verdict import HOLDS, Finding
from reports.document import Footer, Header, Writer


def recorded(folder: Path, *, finished: bool = True) -> Path:
    """Write the document of a small run into a folder."""
    folder.mkdir()
    with Writer(folder / "run.jsonl") as writer:
        writer.header(
            Header(
                run=1,
                anynode="0.1.0",
                scenario="steady-lan",
                title="Nothing fails",
                seed=3,
                subject="reference",
                subject_version="0.1.0",
                nodes=["n1", "n2"],
                features=[],
                contract=Contract(),
                expect=["convergence"],
                requirements=["REQ-REPL-2"],
                routing=False,
                store="cluster",
                lifetime=Lifetime(absolute_us=1, idle_us=0),
                config_source="the scenario's own",
                duration_us=60_000_000,
                healed_us=60_000_000,
                command="anynode run steady-lan --seed 3",
            )
        )
        writer.check(Finding("convergence", HOLDS, 10, [], "All agree.", "All agreed.", expected=True))
        writer.figure("behind", unit="copies", source="observers", value={"n1": [[0, 0], [5_000_000, 2]]})
        if finished:
            writer.footer(
                Footer(
                    digest="9f",
                    verdict=HOLDS,
                    finished=True,
                    events=1,
                    messages=1,
                    requests=1,
                    operations=10,
                    simulated_us=60_000_000,
                    wall_s=0.1,
                )
            )
    return folder


def test_report_says_the_verdict_and_where_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded(tmp_path / "run")
    assert execute(["report", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("holds: Nothing fails\nHeld in 1 run of seed 3: convergence, over 10 operations.\n")
    assert f"page: {folder / 'report.html'}\n" in printed
    assert "also: summary.md, junit.xml, figures.json, figures/ (1), plots/ (2)\n" in printed
    assert (folder / "report.html").is_file()


def test_report_as_json_is_one_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded(tmp_path / "run")
    assert execute(["report", str(folder), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["verdict"] == "holds"
    assert value["command"] == "anynode run steady-lan --seed 3"
    assert all(Path(path).is_file() for path in [value["report"], *value["files"]])
    assert [Path(path).name for path in value["files"]] == [
        "summary.md", "junit.xml", "figures.json", "behind.csv", "behind.svg", "behind.png",
    ]  # fmt: skip


def test_an_unfinished_run_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded(tmp_path / "run", finished=False)
    assert execute(["report", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("unfinished: Nothing fails\nThe run did not finish")
    assert "holds" not in printed


def test_report_makes_again_what_was_lost(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "run")
    execute(["report", str(folder)])
    first = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    execute(["report", str(folder)])
    assert (folder / "report.html").read_bytes() == first


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "found nothing, expected the folder of a run"),
        ({}, "cannot be read"),
        ({"run.jsonl": '{"run": 2}\n'}, "version 2 of the run document, expected 1"),
    ],
)
def test_what_is_no_run_is_refused_and_left_alone(
    content: dict[str, str] | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    assert execute(["report", str(folder)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert printed.err.endswith(f"again: anynode report {folder}\n")
    assert [path.name for path in folder.glob("**/*")] == list(content or {})


def test_a_refusal_as_json_is_one_value_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["report", str(tmp_path / "none"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["expected"] == "the folder of a run"
