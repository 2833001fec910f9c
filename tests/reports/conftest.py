"""A small run as the runner writes it: an isolated writer, five nodes, one cut and one crash, everything held."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.history import Contract, Lifetime
from conformance.verdict import HOLDS, NOT_PROMISED, VIOLATED, Evidence, Finding
from reports.document import FaultSeen, Footer, Header, NotTested, RunDocument, Writer, read

NODES = ["n1", "n2", "n3", "n4", "n5"]
SECOND = 1_000_000


def header(**changed: Any) -> Header:
    """Make the header of the small run; members are changed by name."""
    plain = Header(
        run=1,
        anynode="0.1.0",
        scenario="isolated-writer",
        title="A writer cut off from the majority",
        seed=7,
        subject="reference",
        subject_version="0.1.0",
        nodes=NODES,
        features=["peek", "members"],
        contract=Contract(),
        expect=["convergence", "no_resurrection"],
        requirements=["REQ-REPL-7", "REQ-FAIL-8"],
        routing=False,
        store="cluster",
        lifetime=Lifetime(absolute_us=86_400 * SECOND, idle_us=1_800 * SECOND),
        config_source="the scenario's own",
        duration_us=600 * SECOND,
        healed_us=600 * SECOND,
        command="anynode run isolated-writer --seed 7",
        notes=["not read: apps, tls"],
    )
    return msgspec.structs.replace(plain, **changed)


def findings() -> list[Finding]:
    """Make two findings that hold and one that is not promised."""
    return [
        Finding(
            "convergence",
            HOLDS,
            1_500,
            ["REQ-REPL-2"],
            "All nodes agree within 3 s of the healing.",
            "The slowest agreed after 1.8 s.",
            figures={"slowest_us": 1_800_000},
            expected=True,
        ),
        Finding(
            "no_resurrection",
            HOLDS,
            212,
            ["REQ-REPL-10"],
            "No session is read alive after it was seen to end.",
            "All of it was kept.",
            expected=True,
        ),
        Finding(
            "read_your_writes",
            NOT_PROMISED,
            4_200,
            ["REQ-REPL-3"],
            "A client reads what it wrote.",
            "Not promised without routing: 12 of 4,200 reads were stale.",
            figures={"stale_reads": 12, "longest_staleness_us": 850_123},
        ),
    ]


def violated() -> Finding:
    """Make the finding that convicts: a session that ended is read alive."""
    ended = {
        "op": "logout", "id": "c4-16", "client": "c4", "by": "user", "node": "n2", "asked": 83_120_412,
        "answered": 83_124_000, "outcome": "ok", "user": "ann", "session": "5f2a",
    }  # fmt: skip
    revived = {
        "op": "read", "id": "c4-17", "client": "c4", "by": "user", "node": "n1", "asked": 190_000_000,
        "answered": 190_004_001, "outcome": "ok", "user": "ann", "session": "5f2a", "data": {"k": "v-311"},
    }  # fmt: skip
    return Finding(
        "no_resurrection",
        VIOLATED,
        212,
        ["REQ-REPL-10"],
        "No session is read alive after it was seen to end.",
        "Session 5f2a was read alive on n1, 106.9 s after it ended.",
        evidence=[Evidence("c4-16", 811, ended), Evidence("c4-17", 1_904, revived)],
        violations=3,
        expected=True,
    )


def faults() -> list[FaultSeen]:
    """Make a cut that is undone and a crash without return."""
    return [
        FaultSeen(
            fault="cut", nodes=NODES, begin=60 * SECOND, end=180 * SECOND, touched=412,
            title="n1 cut from n2 n3 n4 n5",
        ),
        FaultSeen(
            fault="crash", nodes=["n3"], begin=300 * SECOND, end=330 * SECOND, touched=1, title="n3 crashed, back",
        ),
    ]  # fmt: skip


def figures() -> dict[str, tuple[str, str, Any]]:
    """Make every figure that has a plot or a table: name to unit, source, value."""
    climb = [(0, 0), (62 * SECOND, 4), (90 * SECOND, 21), (120 * SECOND, 37), (181 * SECOND, 5), (182 * SECOND, 0)]
    quiet = [(0, 0), (63 * SECOND, 2), (180 * SECOND, 9), (181 * SECOND, 0)]
    down = [(0, 0), (63 * SECOND, 2), (180 * SECOND, 9), (181 * SECOND, 0), (330 * SECOND, 25), (332 * SECOND, 0)]
    saw: dict[str, dict[str, list[tuple[int, str]]]] = {
        name: {other: [(0, "alive")] for other in NODES if other != name} for name in NODES
    }
    for other in NODES[1:]:
        lost = [(64 * SECOND, "suspect"), (70 * SECOND, "dead"), (181 * SECOND, "alive")]
        saw["n1"][other] += lost
        saw[other]["n1"] += lost
        if other != "n3":
            saw[other]["n3"] += [(303 * SECOND, "suspect"), (309 * SECOND, "dead"), (331 * SECOND, "alive")]
            saw["n3"][other] += [(300 * SECOND, "down"), (330 * SECOND, "alive")]
    saw["n3"]["n1"] += [(300 * SECOND, "down"), (330 * SECOND, "alive")]
    return {
        "behind": ("copies", "observers", {"n1": climb, "n2": quiet, "n3": down, "n4": quiet, "n5": []}),
        "spread": (
            "share of copies",
            "observers",
            {
                "probes": 60,
                "nodes": 5,
                "curve": [(0, 0.2), (420, 0.4), (1_900, 0.61), (9_000, 0.8), (900_000, 0.995), (2_000_000, 1.0)],
            },
        ),
        "lag": (
            "us",
            "observers",
            {"p50_us": 2_100, "p95_us": 61_000, "p99_us": 900_000, "max_us": 2_000_000, "samples": 60},
        ),
        "membership": ("state", "the nodes' own notes", saw),
        "gossip": ("us", "the configuration", {"fanout": 3, "interval_us": 200_000}),
        "traffic": (
            "messages",
            "the world's trace",
            {
                "bucket_us": 10 * SECOND,
                "by_kind": [
                    {
                        "kind": "copies",
                        "channel": "data",
                        "carried": 900,
                        "lost": 40,
                        "octets": 1_234_000,
                        "octets_most": 60_000,
                        "buckets": [(0, 500, 0), (60 * SECOND, 400, 40)],
                    },
                    {"kind": "ping", "channel": "membership", "carried": 50, "lost": 0, "buckets": [(0, 50, 0)]},
                ],
                "lost_by_cause": {"cut": 40},
            },
        ),
        "rumours": (
            "notes",
            "the nodes' own notes",
            {"n1": {"suspect": 4, "dead": 4, "refuted": 1}, "n2": {"suspect": 0, "dead": 0, "refuted": 0}},
        ),
        "held": (
            "records",
            "the nodes' own counts; bytes as benchmarks/memory.py measured them",
            {
                "every_us": 3 * SECOND,
                "bytes_each": {"session": 800, "key": 250, "end": 900, "revocation": 500, "branch": 400},
                "by_node": {
                    "n1": [
                        (0, (0, 0, 0, 0, 0, 0, 0)),
                        (60 * SECOND, (40, 80, 0, 0, 10, 7, 4)),
                        (600 * SECOND, (30, 60, 20, 1, 10, 0, 4)),
                    ],
                    "n2": [(0, (0, 0, 0, 0, 0, 0, 0)), (60 * SECOND, (40, 80, 0, 0, 10, 0, 4))],
                    "n3": [(0, (40, 80, 10, 0, 10, 2, 4)), (300 * SECOND, (0, 0, 0, 0, 0, 0, 0))],
                    "n4": [],
                },
            },
        ),
        "availability": (
            "requests",
            "clients",
            {"bucket_us": 10 * SECOND, "buckets": [(0, 40, 40), (60 * SECOND, 40, 31), (70 * SECOND, 40, 40)]},
        ),
        "latency": (
            "us",
            "clients",
            {
                "bucket_us": 10 * SECOND,
                "buckets": [
                    (0, 900, 4_000, 9_000),
                    (60 * SECOND, 1_200, 80_000, 900_000),
                    (70 * SECOND, 900, 950, 960),
                ],
            },
        ),
        "load": (
            "requests, and sessions",
            "clients",
            {"bucket_us": 10 * SECOND, "buckets": [(0, 40, 9), (10 * SECOND, 0, 12), (20 * SECOND, 70, 4)]},
        ),
        "lags": ("us", "observers", [(5 * SECOND, 2_100), (70 * SECOND, None), (90 * SECOND, 2_000_000)]),
        "routes": (
            "requests",
            "clients, and the nodes' readiness",
            {
                "bucket_us": 10 * SECOND,
                "by_node": {
                    "n1": {
                        "asked": 70,
                        "moved": 5,
                        "unready": 12,
                        "errors": 9,
                        "errors_unready": 8,
                        "buckets": [(0, 30, 0), (60 * SECOND, 40, 9)],
                    },
                    "n2": {
                        "asked": 40,
                        "moved": 0,
                        "unready": 0,
                        "errors": 0,
                        "errors_unready": 0,
                        "buckets": [(0, 40, 0)],
                    },
                    "n3": dict.fromkeys(("asked", "moved", "unready", "errors", "errors_unready"), 0) | {"buckets": []},
                },
            },
        ),
        "fared": (
            "requests",
            "clients",
            {
                "faults": [
                    {
                        "requests": 500,
                        "errors": {"503": 11, "unknown": 3},
                        "p99_us": 80_000,
                        "sessions_lost": 7,
                        "logins_forced": 6,
                    },
                    {"requests": 90, "errors": {}, "p99_us": None, "sessions_lost": 0, "logins_forced": 0},
                ],
                "calm": {"requests": 12_314, "errors": {}, "p99_us": 4_000, "sessions_lost": 0, "logins_forced": 0},
            },
        ),
        "errors": ("requests", "clients", {"n1": {"503": 11, "unknown": 3}, "n2": {"unknown": 5}, "n3": {}}),
        "costs": (
            "sessions",
            "clients",
            {
                "sessions": 640,
                "sessions_lost": 7,
                "lost_by_cause": {"crash": 7},
                "logins": 660,
                "logins_forced": 19,
                "forced_by_cause": {"crash": 6, "expired": 13},
            },
        ),
        "requests": (
            "requests",
            "clients",
            {
                "total": 12_904,
                "ok": 12_000,
                "denied": 700,
                "refused": 4,
                "unknown": 200,
                "sessions": 640,
                "logins": 660,
                "logouts": 212,
                "by_node": {name: {"ok": 2_400, "denied": 140, "refused": 0, "unknown": 40} for name in NODES},
            },
        ),
    }


def footer(**changed: Any) -> Footer:
    """Make the footer of the small run; members are changed by name."""
    plain = Footer(
        digest="9f2c41aa" * 8,
        verdict=HOLDS,
        finished=True,
        events=410_233,
        messages=120_411,
        requests=12_904,
        operations=13_504,
        simulated_us=640 * SECOND,
        wall_s=1.25,
        not_tested=[NotTested(check="id_renewal", reason="no login sent a cookie along")],
    )
    return msgspec.structs.replace(plain, **changed)


class Run:
    """A run that a test alters before it is written into a folder."""

    def __init__(self) -> None:
        self.header = header()
        self.findings = findings()
        self.faults = faults()
        self.figures = figures()
        self.footer: Footer | None = footer()

    def violate(self) -> "Run":
        """Make it a run that is violated."""
        self.findings = [finding for finding in self.findings if finding.check != "no_resurrection"] + [violated()]
        self.footer = footer(verdict=VIOLATED)
        return self

    def write(self, folder: Path) -> Path:
        """Write RUN/run.jsonl and give the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        with Writer(folder / "run.jsonl") as writer:
            writer.header(self.header)
            for finding in self.findings:
                writer.check(finding)
            for fault in self.faults:
                writer.fault(fault)
            for name, (unit, source, value) in self.figures.items():
                writer.figure(name, unit=unit, source=source, value=value)
            if self.footer is not None:
                writer.footer(self.footer)
        return folder


@pytest.fixture
def run() -> Run:
    """Give a run to alter."""
    return Run()


@pytest.fixture
def violated_run() -> Run:
    """Give a run that is violated, to alter."""
    return Run().violate()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Run], RunDocument]:
    """Give a way from a run to its document, through the file."""
    return lambda run: read(run.write(tmp_path / "run") / "run.jsonl")


@pytest.fixture
def parsed() -> Callable[[str], ET.Element]:
    """Give a parser of XML that we wrote ourselves."""
    return ET.fromstring
