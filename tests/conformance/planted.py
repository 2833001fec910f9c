"""Breakages planted in the reference: each takes one requirement from it, and a test that names it must then fail.

What suites judge by runs is failed by broken stores (`conformance/broken`). The rest (configuration, cookies, hooks,
what is asked of nodes one by one) is shown by tests of the reference, and these show that those tests can fail. Run as
a program: makes every breakage in turn, runs the tests that name its requirement, and prints what came of it as JSON.
"""

import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, settings
from msgspec import Struct, structs

from conformance.catalogue import showings
from reference.errors import ConfigurationError
from reference.live.discovery import Found
from reference.orchestrator import CLUSTER
from reference.reading import STAND_IN_KEY
from reference.settings import Settings

Change = Callable[[Any], Any]
"""Makes what stands in the place of what was there."""


class Plant(Struct, frozen=True):
    """One breakage: of which requirements, what is replaced (`module:name`), and by what."""

    requirements: tuple[str, ...]
    place: str
    change: Change


def instead(value: Any) -> Change:
    return lambda _old: value


def without(rule: str) -> Change:
    """Take a rule out of a table."""
    return lambda rules: tuple(one for one in rules if one.__name__ != rule)


def changed(**settings: Any) -> Change:
    """Make other settings of a configuration than it says."""
    return lambda old: lambda self: structs.replace(old(self), **settings)


def deaf_to(key: str) -> Change:
    """Read over what is wrong at a key."""

    def change(old: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def shape(reading: Any, detail: Any) -> None:
            told = list(reading.findings)
            old(reading, detail)
            if detail["loc"][-1] == key:
                reading.findings[:] = told

        return shape

    return change


def _readable_by_all(old: Callable[[Any], None]) -> Callable[[Any], None]:
    def make(path: Any) -> None:
        old(path)
        path.chmod(0o644)

    return make


def _needs_a_key_file(rules: Any) -> Any:
    def clusters_have_key_files(read: Any) -> Iterator[Any]:
        for index, cluster in enumerate(read.model.clusters):
            if cluster.encryption.node_key.file is None:
                yield read.finding("no-key-file", ("clusters", index), "nothing", "write one")

    return (*rules, clusters_have_key_files)


def _lifetimes_of_the_shared_store_alone(old: Callable[[Any], Settings]) -> Callable[[Any], Settings]:
    def settings(self: Any) -> Settings:
        made = old(self)
        return made if made.shared else structs.replace(made, absolute_us=Settings("").absolute_us)

    return settings


def _idle_first(old: Callable[..., str | None]) -> Callable[..., str | None]:
    def overdue(session: Any, last: int, wall: int, settings: Settings) -> str | None:
        idle_alone = structs.replace(settings, max_hook=None)
        return old(session, last, wall, idle_alone) or old(session, last, wall, settings)

    return overdue


def _ages_by_the_hook_alone(old: Callable[..., str | None]) -> Callable[..., str | None]:
    def overdue(session: Any, last: int, wall: int, settings: Settings) -> str | None:
        hooked = settings.max_hook is not None
        limits = structs.replace(settings, absolute_us=2**60) if hooked else settings
        return old(session, last, wall, limits)

    return overdue


def _line_without(word: str) -> Change:
    return lambda old: lambda settings: old(settings).replace(word, "")


def _with(old_word: str, word: str) -> Change:
    return lambda old: lambda settings: old(settings).replace(old_word, word)


def _with_more_of_a_node_than_of_chance(old: Callable[..., str]) -> Callable[..., str]:
    return lambda self: f"{old(self)[:12]}{'0' * 20}.{old(self)[:32]}"


def _with_the_user_in_it(old: Callable[..., str]) -> Callable[..., str]:
    return lambda settings, value: old(settings, value + b"annabel".hex())


def _evicts_the_newest(_old: Any) -> Callable[..., None]:
    return lambda self, _key: self._remove(list(self.sessions.values())[-1])


def _named_anew_each_time(old: Callable[..., str]) -> Callable[..., str]:
    numbers = count()
    return lambda settings, value: f"n{next(numbers)}_{old(settings, value)}"


def _logs_out_the_user(_old: Any) -> Callable[..., None]:
    def logout(self: Any, request: Any, session: Any) -> None:
        for one in list(self.records.owned(session.owner)):
            self._end(one, "ended", self._logged_out(request)) if one is session else self._ended(one, "ended")

    return logout


def _believes_a_header(old: Callable[[Any, Any], str | None]) -> Callable[[Any, Any], str | None]:
    def session_id(self: Any, request: Any) -> str | None:
        told = [value.rpartition("session=")[2] for name, value in request.headers if name == "X-Session"]
        return told[0] if told else old(self, request)

    return session_id


def _answers_with(body: Any) -> Change:
    return lambda _old: lambda self, request: self._respond(request, 200, body)


def _waits_for_itself(_old: Any) -> Callable[..., list[Any]]:
    def start(self: Any, peers: tuple[str, ...], wall: int, mono: int) -> list[Any]:
        self.turn.open(wall, mono)
        self.membership.start(peers)
        self.join.start(peers)
        effects: list[Any] = self._close()
        return effects

    return start


def _goes_without_a_word(self: Any) -> None:
    self.leaving = True


def _finds_all_or_nobody(old: Callable[..., Any]) -> Callable[..., Any]:
    async def find(ends: Any, resolve: Any, failed: Any) -> Found:
        found: Found = await old(ends, resolve, failed)
        return Found((), found.failed) if found.failed else Found(found.ends[:1], "")

    return find


def _in_clear(cipher: Any) -> Any:
    class Clear(cipher):  # type: ignore[misc]  # whatever the real one is
        """Neither hides nor protects, and is as long."""

        def seal(self, _count: int, plain: bytes, _beside: bytes) -> bytes:
            return plain + bytes(16)

        def open(self, _count: int, sealed: bytes, _beside: bytes) -> bytes:
            return sealed[:-16]

    return Clear


def _takes_the_nested_flag(reading: Any) -> None:
    nested = reading.value("features", "experimental")
    if nested:
        reading.source.values["features"] = {f"experimental.{name}": value for name, value in nested.items()}


def _waits_for_one(old: Callable[..., None]) -> Callable[..., None]:
    def spread(self: Any, *change: Any, answer: Any = None) -> None:
        self.settings = structs.replace(self.settings, acknowledge="one")
        old(self, *change, answer=answer)

    return spread


def _whole_numbers(old: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def put(self: Any, session: Any) -> bool:
        for cell in session.cells.values():
            if isinstance(cell.value, float):
                structs.force_setattr(cell, "value", int(cell.value))
        return old(self, session)

    return put


CONFIGURATION = "reference.config:Configuration"
REFUSALS, RULES = "reference.refusals:RULES", "reference.rules_cookie:RULES"
PLANTS = (
    Plant(("REQ-FAIL-4",), "reference.live.identity:node_key", instead(lambda _path: os.urandom(32))),
    Plant(("REQ-FAIL-5",), "reference.live.identity:_make", _readable_by_all),
    Plant(("REQ-CFG-1",), f"{CONFIGURATION}.store", instead(property(lambda _self: CLUSTER))),
    Plant(("REQ-CFG-2",), REFUSALS, without("store_names_a_cluster")),
    Plant(("REQ-CFG-3",), REFUSALS, without("store_names_a_defined_cluster")),
    Plant(("REQ-CFG-4", "REQ-CFG-9"), REFUSALS, without("flag_is_on")),
    Plant(("REQ-CFG-5",), "reference.notation:flag_is_on", instead(bool)),
    Plant(("REQ-CFG-6",), "reference.notation:flag_is_on", instead(lambda value: value in ("true", "enabled"))),
    Plant(("REQ-CFG-7",), "reference.reading:_nested_flag", instead(_takes_the_nested_flag)),
    Plant(("REQ-CFG-8",), "reference.refusals:_softened", instead(lambda finding: finding)),
    Plant(("REQ-CFG-10",), REFUSALS, without("clusters_have_keys")),
    Plant(("REQ-CFG-11",), REFUSALS, _needs_a_key_file),
    Plant(("REQ-CFG-12",), "reference.reading:_shape", deaf_to("method")),
    Plant(("REQ-CFG-13",), "reference.reading:_shape", deaf_to("data")),
    Plant(("REQ-CFG-14",), "reference.reading:_shape", deaf_to("idleTimeout")),
    Plant(("REQ-CFG-15",), f"{CONFIGURATION}.settings", _lifetimes_of_the_shared_store_alone),
    Plant(("REQ-CFG-16",), REFUSALS, without("names_are_distinct")),
    Plant(("REQ-CFG-17", "REQ-CFG-19"), "reference.yaml_text:Source.substitute", instead(lambda *_told: None)),
    Plant(("REQ-REPL-3",), "reference.replication:Replication.spread", _waits_for_one),
    Plant(("REQ-REPL-11",), "reference.records:Records.put", _whole_numbers),
    Plant(("REQ-REPL-13",), "reference.turn:DATA", instead("membership")),
    Plant(("REQ-EXP-2",), "reference.gateway:overdue", _idle_first),
    Plant(("REQ-EXP-5",), f"{CONFIGURATION}.settings", changed(idle_us=900_000_000)),
    Plant(("REQ-EXP-7",), f"{CONFIGURATION}.settings", changed(idle_us=900_000_000)),
    Plant(("REQ-EXP-8",), "reference.lifetime:says_over", instead(lambda *_told: False)),
    Plant(("REQ-EXP-9",), "reference.asking:Asking.ask", instead(lambda *_told: False)),
    Plant(("REQ-EXP-16",), "reference.gateway:overdue", _ages_by_the_hook_alone),
    Plant(("REQ-EXP-17",), "reference.bounded:BoundedRecords._evict", _evicts_the_newest),
    Plant(("REQ-FAIL-7",), "reference.join:ALONE_AFTER", instead(2**60)),
    Plant(("REQ-COOK-1",), f"{CONFIGURATION}.settings", changed(cookie_name="JSESSIONID")),
    Plant(("REQ-COOK-2", "REQ-COOK-5"), "reference.cookies:_attributes", _line_without("; HttpOnly")),
    Plant(("REQ-COOK-3",), "reference.cookies:granting", _with_the_user_in_it),
    Plant(("REQ-COOK-4",), "reference.draws:Draws.session_id", lambda old: lambda self: old(self)[:32]),
    Plant(("REQ-COOK-7",), "reference.cookies:_attributes", lambda old: lambda settings: old(settings) + "; HttpOnly"),
    Plant(("REQ-COOK-8",), "reference.cookies:granting", _named_anew_each_time),
    Plant(("REQ-COOK-9",), "reference.cookies:removing", _line_without("; Path=/")),
    Plant(("REQ-MEMB-1", "REQ-MEMB-8"), "reference.live.discovery:_all", _finds_all_or_nobody),
    Plant(("REQ-MEMB-2",), "reference.node:Node.start", _waits_for_itself),
    Plant(("REQ-MEMB-6",), REFUSALS, without("clusters_have_addresses")),
    Plant(("REQ-MEMB-11",), "reference.membership:Membership.leave", instead(_goes_without_a_word)),
    Plant(("REQ-SEC-7",), "reference.live.identity:node_key", instead(lambda _path: os.urandom(32))),
    Plant(("REQ-SEC-5",), "reference.gateway:Gateway._status", _answers_with({"status": "up", "key": STAND_IN_KEY})),
    Plant(("REQ-SEC-9",), "reference.gateway:Gateway._session_id", _believes_a_header),
    Plant(("REQ-SEC-3", "REQ-SEC-4"), "reference.keys:Keyring.cipher_class", _in_clear),
    Plant(("REQ-SEC-8",), "reference.window:Window.is_new", instead(lambda _self, _count: True)),
    Plant(("REQ-OBS-8",), "reference.wire:Wire.take_notes", instead(lambda _self, _mono: [])),
    Plant(("REQ-MEMB-7",), "reference.live.streams:Dial.open", instead(lambda _self: None)),
    Plant(("REQ-SEC-6",), "reference.live.http:hash_of", instead(lambda session_id: session_id)),
    Plant(("REQ-OBS-2",), "reference.live.log:Log.note", instead(lambda _self, _event, _fields: None)),
    Plant(("REQ-OBS-3",), "reference.live.http:Door._session", instead(lambda _self, _cookie: None)),
    Plant(("REQ-ROUT-3",), f"{CONFIGURATION}.routing", instead(property(lambda self: self.model.clustering))),
    Plant(("REQ-REVOC-8",), "reference.gateway:Gateway._logout", _logs_out_the_user),
    Plant(("REQ-REVOC-9",), "conformance.checks.revocation_lag:NEEDS", instead("")),
    Plant(("REQ-OBS-1",), "reference.gateway:Gateway._status", _answers_with({"status": "ok"})),
    Plant(("COOK-47",), "reference.cookies:_attributes", lambda old: lambda settings: " x" + old(settings)),
    Plant(("COOK-48",), "reference.cookies:_attributes", lambda old: lambda settings: old(settings) + "; Path=/"),
    Plant(("COOK-50",), "reference.cookies:_attributes", _with(" Domain=", " Domain=.")),
    Plant(("COOK-51",), "reference.cookies:removing", _with("__Host-id=;", "deleted;")),
    Plant(("COOK-53",), "reference.live.http:cookies_of", instead(lambda asked: asked.headers.get("cookie"))),
    Plant(("COOK-58", "COOK-71"), "reference.draws:Draws.session_id", _with_more_of_a_node_than_of_chance),
    Plant(("COOK-60",), "reference.cookies:_attributes", _line_without("; Secure")),
    Plant(("COOK-61",), "reference.cookies:_attributes", _line_without("; SameSite=None")),
    Plant(("COOK-64",), "reference.cookies:granting", _with_the_user_in_it),
    Plant(("COOK-72", "COOK-76"), RULES, without("domain_is_no_suffix")),
    Plant(("COOK-73",), RULES, without("hosts_are_in_the_domain")),
    Plant(("COOK-74", "COOK-77"), RULES, without("domain_is_a_name")),
    Plant(("COOK-75",), RULES, without("domain_is_no_address")),
    Plant(("COOK-78", "COOK-79"), RULES, without("prefix_is_kept")),
    Plant(("COOK-81",), RULES, without("session_is_no_longer_than_its_cookie")),
    Plant(("COOK-82",), RULES, without("domain_is_no_wider")),
)  # fmt: skip
"""Every breakage; a requirement may have several."""

PLANTED_BY_A_TEST = {"REQ-REPL-14": ("tests/test_imports.py", "test_a_planted_breach_is_named")}
"""Requirements whose tests have a breakage planted beside them."""


class Outcome(Struct):
    """What came of the tests of one requirement under one breakage: their names, by outcome.

    `failed` holds those that did by what they claim: an assertion, or a configuration that is read or refused
    otherwise. `broken` holds those that fell over.
    """

    place: str
    requirement: str
    passed: list[str]
    failed: list[str]
    broken: list[str]


UNSHRUNK = "planted"
settings.register_profile(UNSHRUNK, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
"""A failure is enough here: to make its example small may take minutes, and it tells of no mistake."""

SLOW = ("tests/browser/", "tests/live/")
"""Where tests start browsers and servers: what a quicker one notices they need not be asked."""


def naming(requirement: str) -> list[str]:
    """Name the tests that show a requirement without a run of a scenario, the slow ones last."""
    found = [f"{one.file}::{one.test}" for one in showings() if requirement in one.requirements and not one.check]
    return sorted(found, key=lambda test: test.startswith(SLOW))


class _Listener:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        if report.failed and call.excinfo is not None:
            claimed = (AssertionError, pytest.fail.Exception, ConfigurationError)
            noticed = call.excinfo.errisinstance(claimed)
            (self.outcome.failed if noticed else self.outcome.broken).append(report.nodeid)
            if noticed:
                item.session.shouldfail = "the breakage was noticed"  # `shouldstop` would draw its own traceback
        elif report.when == "call" and report.passed:
            self.outcome.passed.append(report.nodeid)
        return report


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Have a breakage in place for a while."""
    module, _, names = plant.place.partition(":")
    holder: Any = importlib.import_module(module)
    *path, name = names.split(".")
    for step in path:
        holder = getattr(holder, step)
    old = vars(holder)[name]
    setattr(holder, name, plant.change(old))
    try:
        yield
    finally:
        setattr(holder, name, old)


def outcome_of(requirement: str, place: str) -> Outcome:
    """Run the tests of a requirement here and now; with none, pytest would run all there are."""
    outcome = Outcome(place, requirement, [], [], [])
    if not naming(requirement):
        return outcome
    before = set(sys.modules)
    useless = ("cacheprovider", "xdist", "unraisableexception", "threadexception")  # half of the time, for nobody
    options = ["-q", "--tb=no", "--assert=plain", f"--hypothesis-profile={UNSHRUNK}"]
    options += [word for name in useless for word in ("-p", f"no:{name}")]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pytest.main([*options, *naming(requirement)], plugins=[_Listener(outcome)])
    for name in set(sys.modules) - before:
        if name.startswith(("tests.", "conformance.test_")):
            del sys.modules[name]  # it may hold what was planted, under a name of its own
    return outcome


def main() -> None:
    """Run the tests under each breakage."""
    found = []
    for plant in PLANTS:
        with planted(plant):
            found += [outcome_of(id_, plant.place) for id_ in plant.requirements]
    print(json.dumps([structs.asdict(one) for one in found]))  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
