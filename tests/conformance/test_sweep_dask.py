"""A real scheduler with real workers on the loopback: the same rows, through the death of one; strangers refused."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from conformance.sweep import Asked, asked, carried_out
from conformance.sweep_pool import Gone, Here, Place
from conformance.sweep_rows import Row, Rows, read_rows
from scenarios import load

pytest.importorskip("distributed", reason="needs the extra cluster: pip install 'anynode[cluster]'")

from distributed.comm.core import CommClosedError

from conformance.sweep_dask import NoScheduler, Tasks, workers_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("anynode", "conformance", "reference", "reports", "scenarios", "simulator")
WAIT_S = 60
SMALL = """\
title: A small world
shows: [REQ-REPL-2]
duration: 15s
cluster: {nodes: 3}
workload: {users: 4, think: 1s}
observers: {witnesses: 2}
expect: {checks: [structure]}
"""


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scheduler = self._started("scheduler", "--host", "127.0.0.1", "--port", "0")
        said, bound = self.folder / "scheduler.log", WAIT_S * 100
        while "Scheduler at:" not in said.read_text(encoding="utf-8"):
            assert self.scheduler.poll() is None, said.read_text(encoding="utf-8")
            assert (bound := bound - 1), "the scheduler did not begin"
            Event().wait(0.01)
        self.address = next(
            word
            for line in said.read_text("utf-8").splitlines()
            if "Scheduler at:" in line
            for word in line.split()
            if word.startswith("tcp://")
        )
        self.workers = [self.worker("one"), self.worker("two")]

    def worker(self, name: str, packages: Path = ROOT) -> "subprocess.Popen[bytes]":
        """Start a worker that finds anynode in a folder."""
        place = str(self.folder / name)
        return self._started(
            "worker",
            self.address,
            "--name",
            name,
            "--nthreads",
            "1",
            "--no-nanny",
            "--local-directory",
            place,
            packages=packages,
        )

    def _started(self, what: str, *arguments: str, packages: Path = ROOT) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, "--no-dashboard", *arguments],
                stderr=log,
                stdout=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(packages)},
            )

    def end(self) -> None:
        """Kill whatever is left."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests, which take from it what they kill."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()


@pytest.fixture
def wanted(tmp_path: Path) -> Asked:
    """A sweep of a small world, with some seeds run twice."""
    (tmp_path / "small-world.yaml").write_text(SMALL, encoding="utf-8")
    return asked(load(tmp_path / "small-world.yaml"), 1, "reference", twice=30)


def swept(
    wanted: Asked, place: Place, path: Path, seeds: int, *, at: int = 0, kill: "subprocess.Popen[bytes] | None" = None
) -> bytes:
    """Sweep, kill a process when so many rows are there, and give the file."""
    rows = Rows(path, wanted.head)

    def progress(_: Row) -> None:
        if kill is not None and len(rows.found) == at:
            kill.send_signal(signal.SIGKILL)
            kill.wait()

    try:
        carried_out(wanted.jobs(range(1, seeds + 1)), place, rows, progress)
    finally:
        rows.close()
    return path.read_bytes()


def test_a_worker_that_is_killed_in_the_middle_takes_nothing_with_it(
    cluster: Cluster, wanted: Asked, tmp_path: Path
) -> None:
    here = swept(wanted, Here(), tmp_path / "here.jsonl", 8)
    assert here.count(b'"twice":true') == 1
    with workers_of(cluster.address, WAIT_S) as place:
        there = swept(wanted, place, tmp_path / "there.jsonl", 8, at=3, kill=cluster.workers[0])
    assert cluster.workers[0].returncode == -signal.SIGKILL
    assert there == here


def test_an_answer_whose_worker_dies_right_after_it_came_is_an_answer(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client  # noqa: PLC0415 - not there without the extra

    fetched = Client._gather

    async def fetched_and_lost(client: Client, tasks: Any, **how: Any) -> Any:
        result = await fetched(client, tasks, **how)  # type: ignore[no-untyped-call]
        for state in client.futures.values():
            state.lose()
        return result

    monkeypatch.setattr(Client, "_gather", fetched_and_lost)
    with Client(cluster.address, timeout=WAIT_S, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        assert client.get_executor().submit(abs, -3).exception(WAIT_S), "Dask's own executor has learned it: use that"
        with Tasks(client) as tasks:
            assert tasks.submit(abs, -3).result(WAIT_S) == 3


def test_what_is_given_up_is_cancelled_and_an_error_is_the_jobs_own(cluster: Cluster) -> None:
    from distributed import Client  # noqa: PLC0415 - not there without the extra

    with Client(cluster.address, timeout=WAIT_S, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        tasks = Tasks(client)
        assert isinstance(tasks.submit(divmod, 1, 0).exception(WAIT_S), ZeroDivisionError)
        slow = tasks.submit(sum, range(10**8))
        tasks.shutdown(cancel_futures=True)
        assert slow.cancelled()


def test_a_worker_of_another_anynode_is_refused_by_name(cluster: Cluster, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "reference" / "node.py").open("a", encoding="utf-8") as file:
        file.write("\n# another one\n")
    stranger = cluster.worker("stranger", tmp_path)
    try:
        from distributed import Client  # noqa: PLC0415 - not there without the extra

        with Client(cluster.address, timeout=WAIT_S, set_as_default=False) as client:
            bound = WAIT_S * 100
            while not any(known["name"] == "stranger" for known in client.scheduler_info()["workers"].values()):
                assert (bound := bound - 1), "the stranger did not come"
                Event().wait(0.01)
        with (
            pytest.raises(
                NoScheduler, match=r"the worker tcp://\S+: found anynode of source \w+, expected \w+ as here"
            ),
            workers_of(cluster.address, WAIT_S),
        ):
            pytest.fail("a stranger was let in")
    finally:
        stranger.kill()
        stranger.wait()


def test_when_no_worker_is_left_the_sweep_ends_and_does_not_wait_for_ever(
    cluster: Cluster, wanted: Asked, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    with workers_of(cluster.address, WAIT_S, 0.5) as place, pytest.raises(Gone, match="no worker any more"):
        swept(wanted, place, path, 1_000, at=2, kill=cluster.workers[1])
    assert 2 <= len(read_rows(path)[1]) < 1_000


def test_when_the_scheduler_is_gone_what_came_back_is_kept(cluster: Cluster, wanted: Asked, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    cluster.workers.append(cluster.worker("three"))
    with workers_of(cluster.address, WAIT_S) as place, pytest.raises(Gone):
        swept(wanted, place, path, 1_000, at=2, kill=cluster.scheduler)
    kept = [row.seed for row in read_rows(path)[1]]
    assert 2 <= len(kept) < 1_000
    assert kept == sorted(kept)


class Severed:
    """A client of Dask whose scheduler dies while it hands a result over, and its own loop."""

    def __init__(self) -> None:
        self.loop = self

    def submit(self, _fn: object, *_arguments: object, **_how: object) -> object:
        return object()

    def add_callback(self, act: Callable[[Future[int]], Coroutine[Any, Any, None]], answer: Future[int]) -> None:
        asyncio.run(act(answer))

    async def gather(self, _task: object, *, asynchronous: bool) -> int:
        assert asynchronous
        raise CommClosedError("in <TCP (closed)>: Connection reset by peer")


def test_a_scheduler_that_dies_while_it_hands_a_result_over_counts_as_gone() -> None:
    """Its closed connection is no error of the job, which would end the sweep with a trace of Dask's."""
    with pytest.raises(CancelledError):
        Tasks(Severed()).submit(abs, 1).result(timeout=WAIT_S)


def test_a_scheduler_that_does_not_answer_is_named_with_what_to_start() -> None:
    with (
        pytest.raises(
            NoScheduler, match=r"--scheduler tcp://127.0.0.1:1: found no scheduler .* within 1 s.*dask scheduler"
        ),
        workers_of("tcp://127.0.0.1:1", 1),
    ):
        pytest.fail("nobody was there")
