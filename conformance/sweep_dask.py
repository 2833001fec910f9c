"""The workers of a Dask scheduler as a place for jobs; they may be on other machines. Needs the extra `cluster`.

A worker that is killed is the scheduler's business: it gives the job to another, and names a job under which several
have died. A worker of another anynode would run another program, and is refused by its name before anything is run.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import wait as finished
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any, ParamSpec, TypeVar

from conformance.sweep_pool import Gone
from conformance.sweep_work import source

ANSWER_WITHIN_S = 10
"""A scheduler that does not answer for so long is held for none; a worker must have come by then too."""
_AHEAD_LEAST = 8

P = ParamSpec("P")
R = TypeVar("R")


class NoScheduler(ValueError):
    """There is no scheduler, or none with workers of this anynode; the message says what to do."""


class Tasks(Executor):
    """The jobs of a client of Dask as an executor.

    Not `Client.get_executor`: that one asks for the state of a task once more after it has its result, and takes the
    result for an error when the worker that has it dies in between (distributed 2026.8.0, cfexecutor.py).

    Args:
        client: a `distributed.Client`.
    """

    def __init__(self, client: Any) -> None:
        from distributed.comm.core import CommClosedError  # noqa: PLC0415 - an extra, and slow to load

        self._client = client
        self._cut_off = CommClosedError
        self._open: dict[Future[Any], Any] = {}

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """See `Executor.submit`."""
        answer: Future[R] = Future()
        self._open[answer] = self._client.submit(fn, *args, pure=False, **kwargs)
        self._client.loop.add_callback(self._passed_on, answer)
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - theirs
        """See `Executor.shutdown`; what need not be waited for is given up."""
        if cancel_futures or not wait:
            self._client.cancel(list(self._open.values()))
        if wait:
            finished(list(self._open))

    async def _passed_on(self, answer: "Future[R]") -> None:
        try:
            result = await self._client.gather(self._open[answer], asynchronous=True)
        except (CancelledError, asyncio.CancelledError, self._cut_off):  # the last if it dies while it hands one over
            answer.cancel()
            answer.set_running_or_notify_cancel()
        except Exception as error:  # noqa: BLE001 - whatever the job raised is for whoever asks for its result
            if not answer.cancelled():
                answer.set_exception(error)
        else:
            if not answer.cancelled():
                answer.set_result(result)
        finally:
            del self._open[answer]


class _Workers:
    """The place; see `conformance.sweep_pool.Place`."""

    def __init__(self, client: Any, threads: int, deadly: tuple[type[BaseException], ...], patience_s: float) -> None:
        self.ahead = max(_AHEAD_LEAST, 3 * threads)
        self.deadly = deadly
        self.patience_s = patience_s
        self._client = client
        self._empty = False

    def look(self) -> None:
        """See `Place.look`: a worker that died may be coming back, and the scheduler would wait for it for ever."""
        before, self._empty = self._empty, not self._client.nthreads()
        if before and self._empty:
            raise Gone("the scheduler has no worker any more")

    @contextmanager
    def opened(self) -> Iterator[Executor]:
        """See `Place.opened`."""
        executor = Tasks(self._client)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


@contextmanager
def workers_of(
    address: str, within_s: int = ANSWER_WITHIN_S, patience_s: float = ANSWER_WITHIN_S
) -> Iterator[_Workers]:
    """Connect to a scheduler and make sure that its workers are of this anynode.

    Args:
        address: of the scheduler: tcp://HOST:PORT.
        within_s: how long it may take to answer, and to have a worker.
        patience_s: after how long without a result to ask whether it still has one; nobody twice in turn is nobody.

    Raises:
        NoScheduler: it does not answer, it has no workers, or one of them is of another anynode.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and slow to load
        from distributed.scheduler import KilledWorker  # noqa: PLC0415
    except ImportError as error:
        raise NoScheduler(
            f"--scheduler {address}: found no Dask here ({error}), expected distributed; pip install 'anynode[cluster]'"
        ) from error
    _hush()
    try:
        client: Any = Client(address, timeout=within_s, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise NoScheduler(
            f"--scheduler {address}: found no scheduler that answers within {within_s} s, expected tcp://HOST:PORT; "
            "start one: dask scheduler --host HOST --port PORT"
        ) from error
    try:
        threads = _agreed(client, address, within_s)
        yield _Workers(client, threads, (KilledWorker,), patience_s)
    finally:
        client.close()


def _agreed(client: Any, address: str, within_s: int) -> int:
    """Make sure that there are workers and that all are of this anynode; count their threads."""
    try:
        client.wait_for_workers(1, timeout=within_s)
    except TimeoutError as error:
        raise NoScheduler(
            f"--scheduler {address}: found no worker within {within_s} s, expected one or more; start them: "
            f"dask worker {address} --nthreads 1"
        ) from error
    here = installed_version("anynode")
    _refuse_others("anynode", here, _of_each(client, installed_version, "anynode"))
    _refuse_others("anynode of source", source(), _of_each(client, source))
    return sum(client.nthreads().values())


def _of_each(client: Any, ask: Callable[..., str], *arguments: str) -> dict[str, str]:
    """Ask every worker, and give its answer by its name."""
    found = client.run(ask, *arguments, on_error="return")
    return {worker: _told(answer) for worker, answer in sorted(found.items())}


def _told(answer: Any) -> str:
    if isinstance(answer, PackageNotFoundError):
        return "none"
    return answer if isinstance(answer, str) else f"{type(answer).__name__}: {answer}"


def _refuse_others(what: str, here: str, found: dict[str, str]) -> None:
    for worker, there in found.items():
        if there != here:
            raise NoScheduler(
                f"the worker {worker}: found {what} {there}, expected {here} as here; install the same there, and "
                "start it anew"
            )


def _hush() -> None:
    """Keep Dask's own logs off the terminal: what is to be said of workers, the command says."""
    for name in (
        "distributed",
        *(known for known in logging.root.manager.loggerDict if known.startswith("distributed.")),
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)
