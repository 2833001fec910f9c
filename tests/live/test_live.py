"""Real servers under the judge: the honest one is acquitted, each broken one convicted, and nothing is left of them."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.app import execute
from conformance.cli.run import _tell
from conformance.namespaces import why_not
from conformance.subjects.file import SubjectRefused, read_file
from conformance.verdict import HOLDS, VIOLATED
from tests.live.cluster import Cluster, Ran, children

Clusters = Callable[[], Cluster]
START_S = 60
"""So long a command of ours may take to be there, and to be gone: a machine may have more to do than this."""


def test_servers_that_keep_what_they_promise_are_acquitted(honest: Ran) -> None:
    expected = {finding.check: finding.verdict for finding in honest.run.checks if finding.expected}
    checks = ["structure", "isolation", "convergence", "durability", "no_resurrection"]
    assert expected == dict.fromkeys(checks, HOLDS), honest.run.checks
    assert honest.found["convergence"].judged >= 24


def test_a_run_in_real_time_is_not_replayed_but_judged_again(honest: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["replay", str(honest.run.folder)]) == 2
    assert "in real time, which never happens twice" in capsys.readouterr().err
    assert execute(["check", str(honest.run.folder / "history.jsonl")]) == 0


def test_a_run_of_real_servers_is_not_said_to_be_simulated(honest: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    _tell(honest.run, honest.run.folder / "report.html", live=True)
    said = capsys.readouterr().out
    assert " s of real time in " in said
    assert "simulated" not in said


def test_a_kill_and_a_pause_are_done_and_undone(honest: Ran) -> None:
    crash, pause = honest.history.faults
    assert (crash.fault, crash.nodes, crash.touched) == ("crash", ["n1"], 1)
    assert (pause.fault, pause.nodes) == ("pause", ["n2"])
    assert pause.touched >= 1
    for fault, due in ((crash, 2_000_000), (pause, 4_000_000)):
        assert due <= fault.begin < due + 1_000_000, "done when it is due, or as late as the machine is"
        assert due + 1_500_000 <= (fault.end or 0) < due + 3_000_000
    assert [ready.ready for ready in honest.history.readies].count("n1") == 2, "killed, and back"
    away = [o for o in honest.history.operations if o.node == "n1" and crash.begin < o.asked < (crash.end or 0)]
    assert not any(o.outcome == "ok" and o.asked > crash.begin + 50_000 for o in away)


def test_no_process_is_left_of_a_run(honest: Ran) -> None:
    assert honest.left == []


def test_every_bound_is_widened_by_the_noise_and_says_so(honest: Ran) -> None:
    lines = [json.loads(line) for line in (honest.run.folder / "run.jsonl").read_text().splitlines()]
    (noise,) = [line["value"] for line in lines if line.get("figure") == "noise"]
    assert noise["widened_by_us"] == noise["late_us"] + noise["round_trip_us"] + noise["waited_us"]
    assert noise["late_us"] * noise["round_trip_us"] * noise["waited_us"] > 0, "each of them is measured"
    assert noise["round_trips"] > 10
    promised, kept = lines[0]["contract"], honest.history.header.contract
    assert kept.converge_us == promised["converge_us"] + noise["widened_by_us"]
    assert kept.detect_us == promised["detect_us"] + noise["widened_by_us"]


@pytest.mark.parametrize(
    ("broken", "check"), [("lose", "convergence"), ("revive", "no_resurrection"), ("mix", "isolation")]
)
def test_broken_servers_are_convicted(broken: str, check: str, cluster: Clusters) -> None:
    ours = cluster()
    ran = Ran(ours, ours.calm, ours.subject("--broken", broken))
    assert ran.found[check].verdict == VIOLATED, ran.run.checks
    assert ran.found[check].evidence
    assert ran.run.verdict == VIOLATED
    assert ran.left == []


@pytest.mark.parametrize("way", ["relayed", "apart"])
def test_a_cut_keeps_what_is_copied_from_the_other_side_until_it_heals(way: str, cluster: Clusters) -> None:
    missing = why_not() if way == "apart" else ""
    if missing:
        pytest.skip(f"needs {missing}")
    ours = cluster()
    ran = Ran(ours, ours.cut, getattr(ours, way)())
    (cut,) = ran.history.faults
    assert (cut.fault, cut.groups) == ("cut", [["n1"], ["n2", "n3"]])
    assert cut.touched >= 2
    assert ran.found["convergence"].verdict == ran.found["durability"].verdict == HOLDS, ran.run.checks
    begun = {o.session: o.node for o in ran.history.operations if o.op == "login" and o.outcome == "ok"}
    across = [
        o.outcome
        for o in ran.history.operations
        if o.op == "read"
        and cut.begin < o.asked < (cut.end or 0)
        and (begun.get(o.session) == "n1") != (o.node == "n1")
    ]
    assert "denied" in across, "who began on one side is unknown on the other"
    assert ran.left == []


def test_servers_that_are_attached_to_go_on_afterwards(cluster: Clusters) -> None:
    ours = cluster()
    ports: dict[str, int] = {}
    for name in ("n1", "n2", "n3"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports[name] = free.getsockname()[1]
    servers = [
        start_by_hand(ours, port, [other for other in ports.values() if other != port]) for port in ports.values()
    ]
    try:
        for port in ports.values():
            wait_for(lambda port=port: socket.create_connection(("127.0.0.1", port)).close() or True, 20)
        ran = Ran(ours, ours.calm, ours.attached(ports))
        assert [server.poll() for server in servers] == [None, None, None]
    finally:
        for server in servers:
            server.kill()
            server.wait()
    assert ran.run.verdict == HOLDS, ran.run.checks


def start_by_hand(cluster: Cluster, port: int, others: list[int]) -> subprocess.Popen[bytes]:
    peers = [word for other in others for word in ("--peer", f"http://127.0.0.1:{other}")]
    command = [sys.executable, "server.py", "--port", str(port), *peers]
    return subprocess.Popen(command, cwd=cluster.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_smoke_tries_servers_too(cluster: Clusters, capsys: pytest.CaptureFixture[str]) -> None:
    ours = cluster()
    before = children()
    assert execute(["smoke", str(ours.subject()), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][-1]["said"] == "n1 stops when it is told to"
    assert execute(["smoke", str(ours.subject("--broken", "lose")), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["steps"][-1]["step"] == "a read on another node"
    assert children() == before


# ------------------------------------------------------------------------------------------------------ what goes wrong


def judged(cluster: Cluster, subject: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    out = cluster.folder / "out"
    code = execute(["run", str(cluster.scenario), "--subject", str(subject), "--out", str(out), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_port_that_is_in_use_is_named_before_anything_starts(
    cluster: Clusters, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = cluster()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = ours.subject()
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        told["nodes"]["n2"]["address"] = f"http://127.0.0.1:{port}"
        file.write_text(yaml.safe_dump(told), encoding="utf-8")
        before = children()
        code, said = judged(ours, file, capsys)
    assert code == 2
    assert f"nodes.n2.address http://127.0.0.1:{port}: somebody listens there already" in said["error"]["message"]
    assert children() == before


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ("500", "GET /status: the answer: found 500"),
        ("never", "GET /status: the answer: found no answer"),
        ("pages", "GET /status: the answer: found 200 with text/html"),
        ("gone", "the process: found it gone with exit code 3"),
    ],
)
def test_servers_that_are_none_of_ours_are_a_broken_adapter(
    answers: str, named: str, cluster: Clusters, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = cluster()
    before = children()
    code, said = judged(ours, ours.subject("--answers", answers, ready="3s"), capsys)
    assert code == 4
    assert named in said["adapter"]
    assert said["verdict"] == "broken adapter"
    assert children() == before


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ("500", "GET /status: the answer: found 500"),
        ("never", "GET /status: the answer: found no answer"),
        ("pages", "GET /status: the answer: found 200 with text/html"),
    ],
)
def test_servers_that_are_none_of_ours_are_told_of_once_and_not_in_every_run_of_a_validation(
    answers: str, named: str, cluster: Clusters, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = cluster()
    before = children()
    out = ours.folder / "report"
    subject = str(ours.subject("--answers", answers, ready="2s"))
    assert execute(["validate", subject, "--out", str(out), "--json"]) == 4
    assert named in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not out.exists(), "nothing was judged"
    assert children() == before


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let children hear SIGINT also where a shell has put these tests into the background, and had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process_and_no_verdict(number: signal.Signals, cluster: Clusters) -> None:
    ours = cluster()
    out = ours.folder / "out"
    command = [sys.executable, "-m", "anynode", "run", str(ours.scenario), "--out", str(out)]
    with subprocess.Popen([*command, "--subject", str(ours.subject())], stderr=subprocess.PIPE) as running:
        servers = wait_for(lambda: len(found := listening_in(ours.folder)) == 3 and found, START_S)
        wait_for(lambda: (out / "nodes" / "n3.log").read_text().startswith("ready"), START_S)
        running.send_signal(number)
        running.communicate(timeout=START_S)
    assert running.returncode == 130
    assert listening_in(ours.folder) == []
    assert len(servers) == 3
    assert '"footer"' not in (out / "run.jsonl").read_text()


def test_a_validation_that_is_ended_in_the_background_leaves_no_process_and_says_so(cluster: Clusters) -> None:
    """Shells have what runs in the background ignore SIGINT, and pytest below it with it."""
    ours = cluster()
    out = ours.folder / "report"
    command = [sys.executable, "-m", "anynode", "validate", str(ours.subject()), "--out", str(out), "--json"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = subprocess.Popen([*command, "--requirement", "REQ-FAIL-11"], stdout=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        wait_for(lambda: next((out / "runs").glob("*/nodes/n3.log")).read_text().startswith("ready"), START_S)
        assert len(listening_in(ours.folder)) == 3
        running.terminate()
        said, _ = running.communicate(timeout=START_S)
    assert (running.returncode, json.loads(said)["error"]["message"]) == (130, "interrupted")
    assert listening_in(ours.folder) == []
    assert running_with(out) == [], "nor is pytest left"


def running_with(word: Path) -> list[str]:
    """List the commands that run and name a path."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue  # gone
        found += [entry.name] if str(word).encode() in words else []
    return found


def listening_in(folder: Path) -> list[int]:
    """List the processes that run in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder.resolve():
                found.append(int(entry.name))
        except OSError:
            continue  # gone, or another user's
    return found


def wait_for(holds: Callable[[], Any], within_s: float) -> Any:
    """Wait until something holds, and give it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if found := holds():
                return found
        except (OSError, StopIteration):
            pass
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s} s")


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"nodes": {"a": {"address": "http://127.0.0.1:1"}}}, "has nodes a; call them n1, in order"),
        ({"nodes": {"n1": {"address": "http://127.0.0.1:1/x"}}}, "without a path"),
        ({"nodes": {"n1": {"address": "http://h:1"}, "n2": {"address": "http://h:1"}}}, "n1 and n2 on one address"),
        ({"nodes": {"n1": {"address": "http://h:1"}}}, "has the fault 'kill' and no 'start'"),
        ({"faults": ["cut"]}, "has the fault 'cut' and no 'links'"),
        ({"links": {"n1-n2": {"listen": "h:1", "to": "h:2"}}}, "has the link 'n1-n2'; write n1->n2"),
        ({"map": {"logn": {"method": "POST", "path": "/x"}}}, "maps 'logn'; did you mean 'login'?"),
        ({"map": {"write": {"method": "PUT", "path": "/x"}}}, "without the word KEY"),
    ],
)
def test_a_subject_file_is_refused_by_the_place_that_is_wrong(
    keys: dict[str, Any], named: str, cluster: Clusters
) -> None:
    with pytest.raises(SubjectRefused, match=r"subject\.yaml: ") as refused:
        read_file(cluster().subject(**keys))
    assert named in str(refused.value)


def test_what_cannot_be_done_to_servers_is_not_tested(cluster: Clusters, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(cluster().subject())
    for scenario, needs in (
        ("clock-jumps-a-year", "not tested (needs clocks)"),
        ("isolated-writer", "not tested (needs relays)"),
        ("routed-loss", "not tested (needs loss, the feature 'routing')"),
    ):
        assert execute(["run", scenario, "--subject", file, "--json"]) == 3
        assert json.loads(capsys.readouterr().out)["error"]["message"].startswith(needs)
