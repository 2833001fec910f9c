"""Profile P: a node is a Python object in this process, with the turns of the protocol as calls (protocol, part 2).

Every line goes through JSON as it would over a pipe: no object is shared between two nodes, and the same mistakes are
found in the same words. Whatever a method raises is its node's mistake, `SystemExit` too, which would end anynode
without a verdict; `KeyboardInterrupt` alone is taken for the user's, who may press Ctrl-C in any turn.
"""

import importlib
import json
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from conformance.subjects.adapter import BrokenAdapter, WrongLine, decode, decode_re, seen
from conformance.subjects.lines import Hello, Input, Output, Re

PART_P = "subject protocol, part 2, profile P"
PLAIN = "return dicts of strings, finite numbers, True, False, None, lists and dicts"
_encode = msgspec.json.Encoder().encode
_as_over_a_pipe = json.JSONEncoder(allow_nan=False).encode
_decode = msgspec.json.Decoder().decode


class NoFactory(ValueError):
    """What should make a node cannot be found; the message says what to write."""


class Raised(BrokenAdapter):
    """A method of the object raised an error."""

    heading = "its traceback ended with"


def described(error: BaseException) -> str:
    """Say what was raised: its class, and its words where it has any."""
    words = str(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


class Calls:
    """One node's object; a `conformance.subjects.foreign.Peer`."""

    def __init__(self, node: Any, name: str) -> None:
        self._node = node
        self._name = name

    def turn(self, line: Input, what: str) -> list[tuple[Output, bytes]]:
        """Call the turn's method and return what it answers; see `Peer.turn`."""
        said = self._call(str(line.__struct_config__.tag), _decode(_encode(line)))
        return [self._decoded(one, f"turn {line.id} ({what}), line {n} of its answer") for n, one in enumerate(said, 1)]

    def _decoded(self, one: Any, where: str) -> tuple[Output, bytes]:
        try:
            raw = _encode(one)
            output = decode(raw)
            if output.body is not UNSET or output.note is not UNSET:
                _as_over_a_pipe(one)  # sets, bytes and NaN would be taken for something else
        except WrongLine as wrong:
            raise self.broken(where, wrong) from None
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            misfit = WrongLine("the line", seen(one), f"what JSON can hold ({error})", PLAIN, PART_P)
            raise self.broken(where, misfit) from error
        if output.done is not UNSET:
            early = WrongLine("done", "a line `done`", "none: the list ends the turn", "leave it out", PART_P)
            raise self.broken(where, early)
        return output, raw

    def hello(self) -> Re:
        """Ask who is there.

        Raises:
            BrokenAdapter: it does not say.
        """
        method = getattr(self._node, "hello", None)
        if method is None:
            wrong = WrongLine("hello", "no such method", "hello() -> dict", "add it to the class", PART_P)
            raise self.broken("hello", wrong)
        try:
            said = method()
            value = {"re": 1, "protocol": 1, **said}
            return decode_re(_encode(value), Hello(1).id)  # type: ignore[arg-type] # a number
        except WrongLine as wrong:
            raise self.broken("hello", wrong) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._raised("hello", error) from error

    def _call(self, op: str, given: dict[str, Any]) -> Sequence[Any]:
        method: Callable[[Any], Any] | None = getattr(self._node, op, None)
        if method is None:
            wrong = WrongLine(op, "no such method", f"{op}(m) -> list", "add it to the class", PART_P)
            raise self.broken(op, wrong)
        try:
            said = method(given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._raised(op, error) from error
        if not isinstance(said, list):
            wrong = WrongLine(
                f"what {op} returns",
                seen(said),
                "a list of dicts",
                "return [] when there is nothing to say",
                PART_P,
            )
            raise self.broken(op, wrong)
        return said

    def _raised(self, op: str, error: BaseException) -> BrokenAdapter:
        mend = "see the traceback"
        if isinstance(error, SystemExit):
            mend = "leave with a line `stopped`: the process is anynode's, which a node cannot end; see the traceback"
        wrong = WrongLine(f"the method {op}", described(error), "a list of lines", mend, PART_P)
        text = "".join(traceback.format_exception(error)).strip()
        return Raised(self._name, op, wrong, "\n".join(text.splitlines()[-20:]))

    def broken(self, what: str, wrong: WrongLine) -> BrokenAdapter:
        """Make the error for something that is wrong with an answer."""
        return BrokenAdapter(self._name, what, wrong)


def factory_named(name: str) -> Callable[[], Any]:
    """Find what makes a node: a class or function without arguments.

    Args:
        name: package.module:Class.

    Raises:
        NoFactory: it cannot be imported, or cannot be called.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise NoFactory(f"found '{name}', expected package.module:Class; write for example my_store.node:Node")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise NoFactory(
            f"'{module_name}' cannot be imported ({error}); install it, or run where it can be found (PYTHONPATH=.)"
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        mend = "it must be importable: what runs it as a program goes below `if __name__ == '__main__':`"
        raise NoFactory(f"'{module_name}' cannot be imported: it raises {described(error)}; {mend}") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        known = ", ".join(sorted(each for each, value in vars(module).items() if isinstance(value, type))) or "none"
        raise NoFactory(f"'{module_name}' has no '{attribute}' that can be called; its classes: {known}")
    made: Callable[[], Any] = found
    return made
