"""Performs the observers: drives the witnesses, looks at what nodes hold, and reads every session at the end.

What observers ask is in `observers.py`; this file knows the loop and the nodes.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any

from msgspec import Struct

from simulator.chance import Chance, Stream
from simulator.clients import OBSERVER, Clients, Driver
from simulator.clock import REQUEST, Loop
from simulator.host import Host
from simulator.observers import (
    MEMBERS_ASKED,
    MEMBERS_EVERY_US,
    MEMBERS_LOOKS,
    Watch,
    Witness,
    final_read,
    members,
    peek,
)
from simulator.users import Answer, Ask


class _Observed(Struct, eq=False):
    """One witness, its chance for looking, the nodes of its cluster, and how many looks were taken."""

    client: str
    witness: Witness
    stream: Stream
    nodes: list[str]
    looks: int = 0


class Watching:
    """All observers of a run.

    Args:
        loop: the world's event loop.
        clients: carries what they ask.
        hosts: every node.
        features: what the subject offers; without `peek` and `members` nothing is looked at before the end.
        chance: the observers' part of the run's chance.
        count: how many witnesses there are.
        host: the host name that is asked for.
        groups: the nodes of each of several clusters: a witness is of one of them, in turn, and looked for in all.

    Attributes:
        patient: whether a node is not looked at again for a change before it has answered the last look. Where time is
            real and the machine busy, looks would else be the more the later answers are.
    """

    patient = False

    def __init__(
        self,
        loop: Loop,
        clients: Clients,
        hosts: Mapping[str, Host],
        features: Sequence[str],
        chance: Chance,
        count: int,
        host: str,
        groups: Sequence[list[str]] = (),
    ) -> None:
        self._loop = loop
        self._clients = clients
        self._hosts = hosts
        self._names = list(hosts)
        self._turns = cycle(self._names)
        self._features = features
        self._chance = chance
        self._count = count
        self._host = host
        self._groups = groups or [self._names]
        self._observed: list[_Observed] = []
        self._asked = 0
        self._members_every_us = MEMBERS_EVERY_US
        self._over = False

    def begin(self, begin: int, end: int) -> None:
        """Let the witnesses live between two instants, µs, and look at the members from now on."""
        self._members_every_us = max(MEMBERS_EVERY_US, (end - self._loop.now) // MEMBERS_LOOKS)
        for number in range(1, self._count + 1):
            client, nodes = f"o{number}", self._groups[number % len(self._groups)]
            witness = Witness(
                number,
                nodes,
                self._host,
                self._chance.stream("witness", client),
                begin,
                end,
                revokes="revoke" in self._features,
            )
            observed = _Observed(client, witness, self._chance.stream("looks", client), nodes)
            self._observed.append(observed)
            driver = Driver(self._loop, self._clients, witness, client, OBSERVER)
            if "peek" in self._features:
                driver.learned = partial(self._learned, observed)
            driver.begin()
        if "members" in self._features:
            self._look_at_members(None)

    # -------------------------------------------------------------------------------------------------------- copies

    def _learned(self, observed: _Observed, ask: Ask, _: Answer) -> None:
        """Watch a change from its answer on, in place of the one before."""
        change = observed.witness.change
        if change is not None and change.asked == ask.id:
            self._look_later(observed, Watch(change, observed.nodes, self._loop.now, observed.stream))

    def _look_later(self, observed: _Observed, watch: Watch) -> None:
        self._loop.push(watch.next_look(), REQUEST, partial(self._look, observed), watch)

    def _look(self, observed: _Observed, watch: Watch) -> None:
        if self._over or watch.change is not observed.witness.change or not watch.missing:
            return
        elsewhere = [name for name in self._names if name not in observed.nodes] if len(self._groups) > 1 else []
        for node in (*watch.missing, *elsewhere):
            host = self._hosts[node]
            if host.up and not host.paused and not (self.patient and node in watch.unanswered):
                if self.patient:
                    watch.unanswered.append(node)
                observed.looks += 1
                ask = peek(f"{observed.client}-p{observed.looks}", watch.change.cookie, observed.witness.user, node)
                self._clients.ask(observed.client, OBSERVER, ask, partial(watch.saw, node))
        self._look_later(observed, watch)

    # ------------------------------------------------------------------------------------------------------- members

    def _look_at_members(self, _: Any) -> None:
        if self._over:
            return
        self._loop.push(self._loop.now + self._members_every_us, REQUEST, self._ask_for_members, None)

    def _ask_for_members(self, _: None) -> None:
        for name in islice(self._turns, min(len(self._names), MEMBERS_ASKED)):
            host = self._hosts[name]
            if host.up and not host.paused and not self._over:
                self._asked += 1
                self._clients.ask("members", OBSERVER, members(f"members-{self._asked}", host.name), _ignore)
        self._look_at_members(None)

    # ------------------------------------------------------------------------------------------------------- the end

    def stop(self) -> None:
        """Look at nothing any more."""
        self._over = True

    def read_everything(self, nodes: Sequence[str]) -> None:
        """Ask each of the nodes for every witness session at this instant, ended ones too.

        Call from an event of priority REQUEST, with all links cut.
        """
        reads = 0
        for observed in self._observed:
            for cookie in observed.witness.cookies:
                for node in nodes:
                    reads += 1
                    ask = final_read(f"{observed.client}-f{reads}", cookie, observed.witness.user, node)
                    self._clients.ask(observed.client, OBSERVER, ask, _ignore)


def _ignore(_: Answer) -> None:
    """Nothing follows: the history has the answer."""
