"""Where many jobs are done: in this process, in several of this machine, or by the workers of a scheduler.

All of them are an `Executor` of `concurrent.futures`, and whoever makes many runs goes this way. What comes of the jobs
is the same in all places. Knows nothing of runs, and prints nothing.
"""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.process import BaseProcess
from signal import SIG_DFL, SIGINT, signal
from threading import Thread
from typing import Any, Protocol, TypeVar

J = TypeVar("J")
R = TypeVar("R")

DEATHS = 2
"""A job alone in a process that dies under it so often is to blame."""


class Killed(Exception):
    """A process died each time that it did this job, and did no other."""


class Gone(Exception):
    """Nobody is left to do the jobs that have not come back."""


class Place(Protocol):
    """Where jobs are done."""

    @property
    def ahead(self) -> int:
        """How many jobs may be handed over that have not come back."""

    @property
    def deadly(self) -> tuple[type[BaseException], ...]:
        """The errors of a job by which the place says that its workers died of it."""

    @property
    def patience_s(self) -> float | None:
        """After how long without any result it is to be asked whether somebody is there; None where nobody asks."""

    def look(self) -> None:
        """Make sure that somebody is there.

        Raises:
            Gone: nobody is, and nobody was when this was last asked.
        """

    def opened(self) -> AbstractContextManager[Executor]:
        """Give an executor; at the end of the block what has not begun is dropped."""


class Here:
    """This process, one job after the other."""

    ahead = 1
    deadly: tuple[type[BaseException], ...] = ()
    patience_s: float | None = None

    def look(self) -> None:
        """See `Place.look`."""

    @contextmanager
    def opened(self) -> Iterator[Executor]:
        """See `Place.opened`."""
        yield _Inline()


class Processes:
    """So many new processes of this machine.

    Args:
        number: of processes.
        hash_seed: their PYTHONHASHSEED; that of this process when None.
    """

    deadly: tuple[type[BaseException], ...] = ()
    patience_s: float | None = None

    def __init__(self, number: int, hash_seed: str | None = None) -> None:
        self.ahead = 2 * number
        self._number = number
        self._hash_seed = hash_seed

    def look(self) -> None:
        """See `Place.look`; an executor tells by itself when its processes are gone."""

    @contextmanager
    def opened(self) -> Iterator[Executor]:
        """See `Place.opened`."""
        context, others = get_context("spawn"), active_children()
        with _hash_seed(self._hash_seed):
            pool = ProcessPoolExecutor(self._number, mp_context=context, initializer=_end_with_the_main_one)
            try:
                yield pool
            except BaseException:  # whatever ends it early: nobody waits for what is under way
                for child in active_children():
                    if child not in others:
                        child.terminate()
                raise
            finally:
                pool.shutdown(cancel_futures=True)


def place_of(processes: int) -> Place:
    """Give the place for so many processes at a time; one is this process."""
    return Here() if processes == 1 else Processes(processes)


def in_order(work: Callable[[J], R], jobs: Sequence[J], place: Place) -> Iterator[R]:
    """Do all jobs and give what comes of them in their order; the arguments and errors are those of `as_finished`.

    Raises:
        Killed: the process died under a job; what was before it has been given.
    """
    early: dict[int, R | Killed] = {}
    due = 0
    for number, came in as_finished(work, jobs, place):
        early[number] = came
        while due in early:
            result = early.pop(due)
            if isinstance(result, Killed):
                raise result
            yield result
            due += 1


def as_finished(work: Callable[[J], R], jobs: Sequence[J], place: Place) -> Iterator[tuple[int, R | Killed]]:
    """Do all jobs and give what comes of each as soon as it is there.

    Where a process dies, all that were under way with it are done again, each alone, until it is known whose fault it
    was; then the others go on as before.

    Args:
        work: does one job; a function of a module, so that other processes find it.
        jobs: what to do.
        place: where.

    Yields:
        The place of a job in the list, from 0, and what came of it; `Killed` where its process died of it.

    Raises:
        Gone: the place is no more.
        Exception: whatever the work raised.
    """
    waiting, suspects = deque(range(len(jobs))), deque[int]()
    deaths = Counter[int]()
    while waiting or suspects:
        alone = bool(suspects)
        queue = deque([suspects.popleft()]) if alone else waiting
        lost: list[int] = []
        with place.opened() as executor:
            yield from _until_broken(work, jobs, executor, queue, lost, place)
        if alone:
            lost.extend(queue)  # it was not even taken
            deaths.update(lost)
        for number in lost:
            if deaths[number] >= DEATHS:
                yield number, Killed(f"the process that did it was killed {DEATHS} times")
            else:
                suspects.append(number)


def _until_broken(
    work: Callable[[J], R],
    jobs: Sequence[J],
    executor: Executor,
    queue: "deque[int]",
    lost: list[int],
    place: Place,
) -> Iterator[tuple[int, R | Killed]]:
    """Do the jobs of a queue, until all are done or the executor is broken; name those that were lost with it."""
    flying: dict[Future[R], int] = {}
    broken = False
    while flying or (queue and not broken):
        broken = broken or not _handed_over(work, jobs, executor, queue, flying, place.ahead)
        ended, _ = wait(flying, place.patience_s, FIRST_COMPLETED)
        if not ended:
            place.look()
        for future in sorted(ended, key=flying.__getitem__):
            number = flying.pop(future)
            try:
                result = future.result()
            except BrokenExecutor:
                broken = True
                lost.append(number)
            except CancelledError as error:
                raise Gone("whoever had been handed the jobs is gone") from error
            except place.deadly:
                yield number, Killed("each worker that did it was killed")
            else:
                yield number, result
    lost.sort()


def _handed_over(
    work: Callable[[J], R],
    jobs: Sequence[J],
    executor: Executor,
    queue: "deque[int]",
    flying: dict[Future[R], int],
    most: int,
) -> bool:
    """Take jobs from the queue until so many are under way; say whether the executor took them."""
    try:
        while queue and len(flying) < most:
            flying[executor.submit(work, jobs[queue[0]])] = queue[0]
            queue.popleft()
    except BrokenExecutor:
        return False
    return True


class _Inline(Executor):
    """Does a job when it is handed over."""

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        done: Future[R] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (whoever asks for the result gets it)
            done.set_exception(error)
        return done


@contextmanager
def _hash_seed(value: str | None) -> Iterator[None]:
    """Let processes that start meanwhile find another PYTHONHASHSEED."""
    name, before = "PYTHONHASHSEED", os.environ.get("PYTHONHASHSEED")
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        if value is not None:
            os.environ.pop(name)
            if before is not None:
                os.environ[name] = before


def _end_with_the_main_one() -> None:
    """Let Ctrl-C end a process at once and in silence, and the death of the main process, which could say nothing."""
    signal(SIGINT, SIG_DFL)
    main = parent_process()
    if main is not None:
        Thread(target=_follow, args=(main,), daemon=True).start()


def _follow(main: BaseProcess) -> None:
    main.join()
    os._exit(1)
