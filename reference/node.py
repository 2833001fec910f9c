"""A node of the reference store: membership, records, replication, comparison, join, routing, gateway as one machine.

The only file that knows all of them. No I/O, no clock, no waiting: each input comes with the node's clocks and returns
the effects to perform. A broken store exchanges one of the parts named in the class's attributes. With the local store
a node is a cluster of one: it contacts nobody, whomever discovery names.
"""

from typing import Any

from reference.asking import Asking
from reference.bounded import BoundedRecords
from reference.clocks import HybridClock
from reference.comparison import Comparison
from reference.draws import Draws
from reference.effects import Effect, Stopped
from reference.gateway import Gateway
from reference.holdings import Holdings, holdings_of
from reference.join import Join
from reference.membership import DOWN, RESTARTED, Membership
from reference.order import Order
from reference.protocol import Ack, Init, Ping, Request
from reference.records import Records
from reference.replication import Replication
from reference.routing import Routing
from reference.sanity import Sanity
from reference.settings import SECOND, Settings
from reference.turn import Turn
from reference.wire import Wire

LEAVE_WAIT = 5 * SECOND
"""How long a leaving node waits for the acknowledgements of its last changes; the product's grace period is 120 s."""


class Node:
    """One life (boot) of one member of a cluster.

    Args:
        init: name, boot, seed and peers of this life. A seed is needed: the core has no chance of its own.
        settings: the configuration, already checked.
    """

    membership_class = Membership
    records_class = Records
    bounded_records_class = BoundedRecords
    replication_class = Replication
    comparison_class = Comparison
    join_class = Join
    gateway_class: type[Gateway] = Gateway
    sanity_class = Sanity
    asking_class = Asking
    routing_class = Routing
    wire_class = Wire
    """Its end of the wire, made by whoever runs it where frames are sealed; the node itself speaks messages."""

    __slots__ = (
        "_acknowledged", "_on_alarm", "_on_message", "_pinged", "_probe", "_quarantine_us", "_stopped", "asking",
        "comparison", "gateway", "join", "membership", "name", "records", "replication", "routing", "sanity",
        "settings", "turn",
    )  # fmt: skip

    def __init__(self, init: Init, settings: Settings) -> None:
        assert init.seed is not None, "a node needs a seed; the live runtime draws one from the system"  # noqa: S101
        self.name = init.node
        self.settings = settings
        self._quarantine_us = settings.quarantine_us
        self._stopped = False
        self.turn = turn = Turn()
        draws = Draws(init.seed)
        self.membership = self.membership_class(
            turn, draws, init.node, init.boot, settings.timing, settings.quarantine_us
        )
        self.sanity = self.sanity_class(turn, self.membership, settings.clock_bound_us)
        # Two clocks within the contract differ by twice the bound.
        records_class = self.records_class if settings.shared else self.bounded_records_class
        self.records = records_class(turn, settings, HybridClock(2 * settings.clock_bound_us))
        order = Order(self.membership)
        self.replication = self.replication_class(turn, settings, self.membership, self.records, order, init.boot)
        self.comparison = self.comparison_class(turn, self.membership, self.records, init.boot)
        self.asking = self.asking_class(turn, self.membership, self.records, init.boot)
        self.join = self.join_class(turn, draws, self.membership, self.records, self.comparison, init.boot)
        self.gateway = self.gateway_class(
            turn, settings, init.node, draws, self.membership, self.records, self.replication, self.asking, self.sanity
        )
        self.routing = self.routing_class(
            turn, settings, self.membership, self.records, order, self.comparison, self.asking, init.boot
        )
        self.routing.handle, self.routing.serve = self.gateway.handle, self.gateway.serve
        if settings.routing:
            self.gateway.route, self.gateway.turned_away = self.routing.route, self.routing.turned_away
            self.gateway.look_up = self.routing.look_up
        self.asking.last_activity = self.replication.last_activity
        self.replication.reached = self.comparison.soon
        parts = (self.membership, self.replication, self.comparison, self.asking, self.join, self.routing)
        self._on_message: dict[type, Any] = {kind: act for part in parts for kind, act in part.on_message.items()}
        self._on_alarm = {name: act for part in parts for name, act in part.on_alarm.items()}
        self._on_alarm["forget"] = self.records.forget
        self._on_alarm["leave"] = self._stop
        # At hand, as an idle node does little else: in a large cluster tables lie cold in memory when its turn comes.
        self._pinged, self._acknowledged = self._on_message[Ping], self._on_message[Ack]
        self._probe = self._on_alarm["probe"]

    def start(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Begin this life: contact the peers that discovery named, and join."""
        self.turn.open(wall, mono)
        others = tuple(peer for peer in peers if peer != self.name) if self.settings.shared else ()
        self.membership.start(others)
        self.join.start(others)
        return self._close()

    def discovered(self, peers: tuple[str, ...], wall: int, mono: int) -> list[Effect]:
        """Take what discovery found this time (REQ-MEMB-1)."""
        self.turn.open(wall, mono)
        if self.settings.shared:
            self.membership.discovered(peers)
        return self._close()

    def lookup_failed(self, why: str, wall: int, mono: int) -> list[Effect]:
        """Note a failed lookup; known members stay (REQ-MEMB-8)."""
        self.turn.open(wall, mono)
        self.turn.note("lookup-failed", why=why)
        return self._close()

    def receive(self, sender: str, _channel: str, message: Any, wall: int, mono: int) -> list[Effect]:
        """Take a message from another node."""
        turn = self.turn  # opened as `turn.open` does, without the call
        turn.mono = mono
        turn.wall = wall if wall - mono == turn.sure else turn.read(wall, mono)
        heard_at = turn.heard_at
        if heard_at is not None and mono - heard_at > self._quarantine_us:
            self._drop_what_is_old(heard_at)
        turn.heard_at = mono
        kind = type(message)
        if kind is Ping:
            pinged = self._pinged  # a method in a slot is called faster by a name of its own
            pinged(sender, message)
        elif kind is Ack:
            acknowledged = self._acknowledged
            acknowledged(sender, message)
        elif (act := self._on_message.get(kind)) is not None:
            act(sender, message)
        else:
            turn.note("unknown-message", sender=sender, found=kind.__name__)
        if turn.view_moves:
            return self._close()
        effects = turn.effects  # handed out as `turn.close` does, without the call
        turn.effects = []
        return effects

    def ring(self, alarm: str, wall: int, mono: int) -> list[Effect]:
        """Do what an alarm was set for."""
        turn = self.turn  # as in `receive`
        turn.mono = mono
        turn.wall = wall if wall - mono == turn.sure else turn.read(wall, mono)
        if alarm == "probe":
            probe = self._probe  # it knows by itself whether it waits, and need not be taken out of `alarms`
            probe()
        else:
            turn.alarms.discard(alarm)
            self._on_alarm[alarm]()
        if turn.view_moves:
            return self._close()
        effects = turn.effects  # as in `receive`
        turn.effects = []
        return effects

    def request(self, request: Request, wall: int, mono: int) -> list[Effect]:
        """Take a client's request."""
        self.turn.open(wall, mono)
        self.gateway.handle(request)
        return self._close()

    def holdings(self) -> Holdings:
        """Count what this node holds, for figures; no turn, and nothing changes by it."""
        return holdings_of(self.records, self.replication.unacknowledged(), len(self.membership.live()))

    def leave(self, wall: int, mono: int) -> list[Effect]:
        """Say goodbye (REQ-MEMB-11), and stop once the others hold every change and every client has its answer."""
        self.turn.open(wall, mono)
        self.membership.leave()
        self.turn.alarm("leave", LEAVE_WAIT)
        return self._close()

    def _stop(self) -> None:
        self.turn.cancel("leave")
        self.turn.effects.append(Stopped())
        self._stopped = True

    def _close(self) -> list[Effect]:
        turn = self.turn
        if turn.view_moves:
            membership = self.membership
            turn.view_moves = membership.leaving
            if membership.changes:
                self._follow_changes()
            if membership.leaving and not self._stopped and self._settled():
                self._stop()
        return turn.close()

    def _settled(self) -> bool:
        return self.replication.settled() and self.routing.settled()

    def _drop_what_is_old(self, heard_at: int) -> None:
        """Drop what lived here when a member was last heard, and join anew: its end may be forgotten by all others.

        What began here since was told to nobody who could be heard to end it; should somebody have, the end is younger
        than what is forgotten, and comes with the join, before this node serves again.
        """
        self.turn.note("quarantined", out_of_contact_us=self.turn.mono - heard_at)
        self.records.drop_lives(heard_at)
        self.membership.retire()
        self.join.start(self.membership.forget())

    def _follow_changes(self) -> None:
        """Let every part act on who came and who is gone."""
        changes, self.membership.changes = self.membership.changes, []
        for what, member in changes:
            if what is DOWN:
                self.replication.lost(member)
                self.sanity.gone(member)
            if what is DOWN or what is RESTARTED:
                self.comparison.forget(member)
                self.join.gone()
            if what is not DOWN:
                self.sanity.came(member)
                self.join.came(member)
        self.join.view_changed()
