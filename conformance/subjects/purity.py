"""A guard around a world: code of the subject in it that reads clock or chance of the machine is refused and named.

A run whose subject looks at the machine is not one run a seed. While a guard stands, the functions that read the wall
clock or the system's chance, and those that open sockets or start threads and processes, raise in the guarded thread;
afterwards they are what they were. Whatever the subject makes of the error, the first such call is kept.
"""

import _thread
import datetime as dt
import os
import random  # noqa: TID251 - as time
import secrets  # noqa: TID251 - as time
import sys
import threading
import time  # noqa: TID251 - its functions are what is guarded
import uuid  # noqa: TID251 - as time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from conformance.subjects.adapter import BrokenAdapter, WrongLine

CLOCK = "take the instant from the turn (`wall`, `mono`)"
CHANCE = "draw from the `seed` that the node was given"
SOCKETS = "send by the lines of the protocol: the world carries them"
THREADS = "answer within the turn, or set a timer"
PART = "subject protocol, part 2: the same input, the same output"
SPARED = ("logging",)
"""Modules that may ask for the time: what a log line is dated by changes nothing that the world sees."""

_TIME = (
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
    "process_time_ns", "thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns", "localtime", "gmtime",
    "ctime", "asctime", "strftime", "sleep",
)  # fmt: skip
_RANDOM = tuple(
    name
    for name, value in vars(random).items()
    if not name.startswith("_") and getattr(value, "__self__", None) is random._inst  # noqa: SLF001 - whose seed is the system's chance
)
"""The functions of `random`: methods of one generator that all of a process share."""
_SECRETS = ("token_bytes", "token_hex", "token_urlsafe", "choice", "randbelow", "randbits")
_WITH_INSTANT = {"localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
"""Functions that read the clock only where they are not told an instant, and which argument that is."""
_AUDITED = {
    "socket.": SOCKETS,
    "subprocess.Popen": THREADS,
    "os.fork": THREADS,
    "os.posix_spawn": THREADS,
    "os.system": THREADS,
}
"""What Python itself reports of calls that no name stands for, by the beginning of the event's name."""


class Impure(Exception):
    """Raised within the subject, where it looks at the machine."""


class Guard:
    """Watches one thread.

    Attributes:
        found: what was called, from where, and what to do instead; None while nothing was.
    """

    def __init__(self) -> None:
        self.found: tuple[str, str, str] | None = None
        self._lifted = False

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let this program itself look at the machine meanwhile, to tell how far it has come."""
        self._lifted = True
        try:
            yield
        finally:
            self._lifted = False

    def refuse(self, what: str, mend: str, frame: FrameType | None) -> None:
        """Keep who called what, and raise in it.

        Raises:
            Impure: always, but for callers that are spared.
        """
        while frame is not None and _package(frame) in sys.stdlib_module_names:
            if self._lifted or _package(frame) in SPARED:
                return
            frame = frame.f_back  # whoever asked the library for it is meant
        if self._lifted:
            return
        where = "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"
        if self.found is None:
            self.found = (what, where, mend)
        raise Impure(f"{what} is called within a world ({where}); {mend}")

    def broken(self) -> BrokenAdapter | None:
        """Make the error of the first call; None while there was none."""
        if self.found is None:
            return None
        what, where, mend = self.found
        wrong = WrongLine(what, f"a call of it, at {where}", "no look at the machine within a world", mend, PART)
        return BrokenAdapter("", "a turn", wrong)


@contextmanager
def guarded(belongs: Callable[[ModuleType], bool]) -> Iterator[Guard]:
    """Guard this thread for as long as a world runs in it.

    Args:
        belongs: whether a module is the subject's: names that it has imported on their own are guarded too.
    """
    guard, here = Guard(), threading.get_ident()
    with _LOCK:
        _audit_once()
        before = _guards.get(here)
        _guards[here] = guard
        if len(_guards) == 1:
            _put(_stand_ins())
        copies = _copies(belongs)
        _put(copies)
    try:
        yield guard
    finally:
        with _LOCK:
            _take_away(copies)
            if before is None:
                del _guards[here]
            else:
                _guards[here] = before
            if not _guards:
                _take_away(list(_standing))


_Place = tuple[Any, str, Any]
"""An object, the name of an attribute, and what stood there."""
_LOCK = threading.RLock()
_guards: dict[int, Guard] = {}
_standing: list[_Place] = []
_replaced: dict[int, Any] = {}
"""By the identity of what is guarded: what stands in its place."""
_audited = False


def _put(stand_ins: Sequence[tuple[Any, str, Any]]) -> None:
    for holder, name, stand_in in stand_ins:
        _standing.append((holder, name, getattr(holder, name)))
        setattr(holder, name, stand_in)


def _take_away(places: Sequence[tuple[Any, str, Any]]) -> None:
    gone = {(id(holder), name) for holder, name, _ in places}
    for holder, name, was in [place for place in reversed(_standing) if (id(place[0]), place[1]) in gone]:
        setattr(holder, name, was)
        _standing.remove((holder, name, was))


def _stand_ins() -> list[tuple[Any, str, Any]]:
    """List what is put in place of what, and remember it by identity for copies."""
    found: list[tuple[Any, str, Any]] = []
    for module, names, mend in (
        (time, _TIME, CLOCK),
        (random, _RANDOM, CHANCE),
        (random, ("_urandom",), CHANCE),
        (secrets, _SECRETS, CHANCE),
        (uuid, ("uuid1", "getnode"), CHANCE),
        (os, ("urandom", "getrandom"), CHANCE),
        (os, ("times",), CLOCK),
        (_thread, ("start_new_thread", "start_joinable_thread"), THREADS),
        (threading, ("_start_new_thread", "_start_joinable_thread"), THREADS),
    ):
        there = [name for name in names if hasattr(module, name)]
        found += [(module, name, _refusing(module.__name__, name, getattr(module, name), mend)) for name in there]
    found.append((random.Random, "seed", _seeding(random.Random.seed)))
    found.append((dt, "datetime", _Dated))
    _replaced.clear()
    _replaced.update((id(getattr(module, name)), stand_in) for module, name, stand_in in found)
    return found


def _refusing(module: str, name: str, function: Callable[..., Any], mend: str) -> Callable[..., Any]:
    def stand_in(*given: Any, **named: Any) -> Any:
        place = _WITH_INSTANT.get(name)
        if place is None or len(given) <= place or given[place] is None:
            _refuse(f"{module.strip('_')}.{name.strip('_')}()", mend)
        return function(*given, **named)

    return stand_in


def _refuse(what: str, mend: str) -> None:
    guard = _guards.get(threading.get_ident())
    if guard is not None:
        guard.refuse(what, mend, sys._getframe(2))  # noqa: SLF001 - whoever called the stand-in is to be named


def _seeding(seed: Callable[..., None]) -> Callable[..., None]:
    """Stand in for `random.Random.seed`, which reads the system's chance where it is given no seed."""

    def stand_in(self: random.Random, a: Any = None, *given: Any, **named: Any) -> None:
        if a is None:
            _refuse("random.Random.seed() without a seed", CHANCE)
        seed(self, a, *given, **named)

    return stand_in


class _AnyDate(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _Date)


_Date = dt.datetime


class _Dated(_Date, metaclass=_AnyDate):
    """`datetime.datetime`, whose `now`, `utcnow` and `today` read the clock."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        _refuse("datetime.now()", CLOCK)
        return _Date.now(tz)

    utcnow = today = now


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _copies(belongs: Callable[[ModuleType], bool]) -> list[tuple[Any, str, Any]]:
    """Find what the subject's modules have imported by name."""
    found = []
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and belongs(module):
            for name, value in list(vars(module).items()):
                stand_in = _replaced.get(id(value))
                if stand_in is not None:
                    found.append((module, name, stand_in))
    return found


def _audit_once() -> None:
    """Listen to what Python reports; a listener cannot be taken away, so it asks whether a guard stands."""
    global _audited  # noqa: PLW0603 - there is one listener a process
    if not _audited:
        _audited = True
        sys.addaudithook(_heard)


def _heard(event: str, _: Any) -> None:
    if not _guards:
        return
    guard = _guards.get(threading.get_ident())
    if guard is None:
        return
    for begins, mend in _AUDITED.items():
        if event.startswith(begins):
            guard.refuse(event, mend, sys._getframe(1))  # noqa: SLF001 - whoever did it is to be named


def beside(factory: str, folder: Path) -> Callable[[ModuleType], bool]:
    """Tell the modules of a subject that is named package.module:Class, or lies in a folder."""
    package = factory.partition(":")[0].partition(".")[0]

    def belongs(module: ModuleType) -> bool:
        if module.__name__.partition(".")[0] == package:
            return True
        file = getattr(module, "__file__", None)
        return file is not None and Path(file).parent == folder

    return belongs
