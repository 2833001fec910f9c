"""Many jobs, one way: the same results wherever they are done, and a process that dies takes nothing with it."""

import os
import signal
from pathlib import Path
from threading import Event

import pytest

from conformance.sweep_pool import Here, Killed, Processes, as_finished, in_order


def squared(number: int) -> int:
    return number * number


def squared_once_alive(job: tuple[int, str]) -> int:
    """Square a number, in a process that is killed the first time that it does 3."""
    number, marks = job
    mark = Path(marks) / str(number)
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def deadly(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def refusing(number: int) -> int:
    if number == 1:
        raise ValueError(f"not {number}")
    return number


def last_of_all(job: tuple[int, str]) -> int:
    """Let the first job end after the second."""
    number, marks = job
    while number == 0 and not (Path(marks) / "1").exists():
        Event().wait(0.01)
    (Path(marks) / str(number)).touch()
    return number


def once_told(job: tuple[int, str]) -> int:
    """Let the first job end once somebody has said so."""
    number, marks = job
    while number == 0 and not (Path(marks) / "told").exists():
        Event().wait(0.01)
    return number


def test_results_come_in_the_order_of_the_jobs_whichever_ends_first(tmp_path: Path) -> None:
    assert list(in_order(squared, range(9), Here())) == [number * number for number in range(9)]
    assert list(in_order(last_of_all, [(n, str(tmp_path)) for n in range(4)], Processes(2))) == [0, 1, 2, 3]


def test_results_are_given_as_soon_as_they_are_there(tmp_path: Path) -> None:
    """The first job waits until the result of another has been given."""
    given = []
    for number, _ in as_finished(once_told, [(n, str(tmp_path)) for n in range(4)], Processes(2)):
        given.append(number)
        (tmp_path / "told").touch()
    assert given[0] > 0
    assert sorted(given) == [0, 1, 2, 3]


def test_a_process_that_is_killed_once_takes_nothing_with_it(tmp_path: Path) -> None:
    jobs = [(number, str(tmp_path)) for number in range(6)]
    assert dict(as_finished(squared_once_alive, jobs, Processes(2))) == {number: number**2 for number, _ in jobs}
    assert (tmp_path / "3").exists(), "nobody was killed"


def test_a_job_that_kills_its_process_is_named_and_the_others_are_done() -> None:
    came = dict(as_finished(deadly, range(4), Processes(1)))
    assert isinstance(came.pop(2), Killed)
    assert came == {0: 0, 1: 1, 3: 9}


def test_in_order_ends_at_a_job_that_kills_its_process() -> None:
    came = in_order(deadly, [1, 2], Processes(1))
    assert next(came) == 1
    with pytest.raises(Killed, match="2 times"):
        next(came)


def test_what_a_job_raises_is_raised() -> None:
    for place in (Here(), Processes(1)):
        with pytest.raises(ValueError, match="not 1"):
            list(in_order(refusing, range(3), place))


def test_processes_may_have_a_hash_seed_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    assert list(in_order(os.getenv, ["PYTHONHASHSEED"], Processes(1, "977"))) == ["977"]
    assert os.environ["PYTHONHASHSEED"] == "0"
