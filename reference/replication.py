"""Copies of every change to every live member: sent, acknowledged, sent again; and when a client may be told.

It knows neither requests nor cookies: a waiting answer is an effect that is released. What no resending covers is found
by comparing digests (`reference.comparison`).
"""

from collections import deque
from collections.abc import Callable, Iterable

from reference.effects import Respond
from reference.membership import Membership
from reference.order import Order
from reference.protocol import Copied, Copies
from reference.records import Records
from reference.session import Revocation, Session
from reference.settings import MILLISECOND, SECOND, Settings
from reference.timing import SILENT_AFTER, TRIES, resend_at, solo_after_us, touch_interval_us
from reference.turn import Turn

FIRST_PEER_WAIT = 200 * MILLISECOND
"""How long a write waits for the first of the session's order before any member's acknowledgement will do."""
ROUTED_FIRST_WAIT = 800 * MILLISECOND
"""The same with routing: whoever may be asked next must have it, and one lost message must not mean that it has not."""
ROUTED_AGAIN = 150 * MILLISECOND
"""How often until then the first are sent it again."""
ANY_PEER_WAIT = 1 * SECOND
"""How long it waits for any; then the client hears 503, and the write stays applied and is sent on."""

UNAVAILABLE = 503


class Waiting:
    """An answer that is held back until enough peers hold its write."""

    __slots__ = ("answer", "firsts", "number")

    def __init__(self, number: int, firsts: tuple[str, ...], answer: Respond) -> None:
        self.number = number
        self.firsts = firsts
        self.answer = answer


class Pending:
    """A change that some live member has not acknowledged; `due` is when it is sent again, `tries` how often still.

    A knock is an empty change for one member out of reach, sent again until that member answers or is held for dead.
    """

    __slots__ = ("acknowledged", "copies", "due", "missing", "tries", "waiting")

    def __init__(self, copies: Copies, missing: dict[str, None], due: int) -> None:
        self.copies = copies
        self.missing = missing
        self.acknowledged = 0
        self.due = due
        self.tries = TRIES
        self.waiting: Waiting | None = None


class Replication:
    """One node's outgoing and incoming copies.

    Attributes:
        reached: called with a member's name when it answers after it was out of reach; digests tell what it missed.
    """

    __slots__ = (
        "_any_waits", "_coalesced", "_first_wait", "_first_waits", "_knocks", "_number", "_pending", "_resends_at",
        "_silent", "_solo_after", "_touch_interval", "_touched", "boot", "membership", "on_alarm", "on_message",
        "order", "reached", "records", "settings", "turn",
    )  # fmt: skip

    def __init__(
        self, turn: Turn, settings: Settings, membership: Membership, records: Records, order: Order, boot: int
    ) -> None:
        self.turn = turn
        self.settings = settings
        self.membership = membership
        self.records = records
        self.order = order
        self.boot = boot
        self.reached: Callable[[str], None] = lambda _member: None
        self._solo_after = solo_after_us(settings.timing)
        self._first_wait = ROUTED_FIRST_WAIT if settings.routing else FIRST_PEER_WAIT
        self._resends_at = 0
        self._number = 0
        self._silent: dict[str, int] = {}
        self._knocks: dict[str, int] = {}
        self._pending: dict[int, Pending] = {}
        self._first_waits: deque[tuple[int, int]] = deque()
        self._any_waits: deque[tuple[int, int]] = deque()
        self._touched: dict[str, int] = {}
        self._coalesced: dict[str, int] = {}
        self._touch_interval = touch_interval_us(settings)
        self.on_message = {Copies: self._merge, Copied: self._acknowledged}
        self.on_alarm = {"resend": self._resend, "acknowledge": self._hurry, "touches": self._flush}

    # --------------------------------------------------------------------------------------------------------- sending

    def spread(
        self, sessions: tuple[Session, ...], revocations: tuple[Revocation, ...] = (), answer: Respond | None = None
    ) -> None:
        """Send a change to every live member, and answer the client once enough of them hold it.

        Args:
            sessions: the changed records, or the changed parts of them; already applied here.
            revocations: new revocations; already applied here.
            answer: what the client hears then; None when nobody waits.
        """
        peers = self.membership.live()
        pending = self._send(peers, sessions, revocations) if peers else None
        if answer is None:
            return
        # Copies leave before the answer: a node that dies with the answer on its lips has sent what it says is kept.
        if self.settings.acknowledge == "none":
            self.turn.respond(answer)
        elif self.solo():
            self.turn.note("solo", request=answer.request)
            self.turn.respond(answer)
        elif pending is None:
            self._refuse(answer)
        else:
            pending.waiting = Waiting(self._number, self._firsts(sessions, revocations), answer)
            self._first_waits.append((self.turn.mono + self._first_wait, self._number))
            self._any_waits.append((self.turn.mono + ANY_PEER_WAIT, self._number))
            self.turn.alarm_unless_set("acknowledge", self._first_wait)
            if self.settings.routing:
                self._resend_soon(pending)

    def _send(
        self, peers: Iterable[str], sessions: tuple[Session, ...], revocations: tuple[Revocation, ...]
    ) -> Pending:
        """Send a change to these members, and again until each has acknowledged it."""
        self._number += 1
        copies = Copies(self.boot, self._number, sessions, revocations)
        for peer in peers:
            self.turn.send(peer, copies)
        pending = Pending(copies, dict.fromkeys(peers), resend_at(self.turn.mono))
        self._pending[self._number] = pending
        if "resend" not in self.turn.alarms:
            self._resends_at = pending.due
            self.turn.alarm("resend", pending.due - self.turn.mono)
        return pending

    def _resend_soon(self, pending: Pending) -> None:
        """Send a change again to those who must have it before others are told, and that before anything else."""
        pending.due = self.turn.mono + ROUTED_AGAIN
        if "resend" not in self.turn.alarms or pending.due < self._resends_at:
            self._resends_at = pending.due
            self.turn.alarm("resend", ROUTED_AGAIN)

    def solo(self) -> bool:
        """Say whether this node acknowledges alone: each side of a partition keeps serving (REQ-FAIL-8).

        It does when it has heard from no member for so long that none can be in reach, and when all have said goodbye.
        The time in which it stood still does not count: it could not listen.
        """
        membership = self.membership
        heard_at = self.turn.heard_at
        if heard_at is None or membership.alone():
            return True
        listening_since = max(heard_at, membership.resumed_at)
        return self.turn.mono - listening_since > self._solo_after and not membership.stands_still()

    def unacknowledged(self) -> int:
        """Count the changes that some live member has not acknowledged; a knock is no change."""
        return sum(1 for pending in self._pending.values() if pending.copies.sessions or pending.copies.revocations)

    def settled(self) -> bool:
        """Say whether every change is acknowledged by whom it was sent to, and every answer given."""
        return not self._pending

    def _firsts(self, sessions: tuple[Session, ...], revocations: tuple[Revocation, ...]) -> tuple[str, ...]:
        """Name whose acknowledgements a client's answer waits for as long as it waits for any in particular.

        With routing those are all that may be asked next about what was changed: a revocation concerns sessions that
        this node may not even know, and a login the session that it ends as well as the new one.
        """
        if not self.settings.routing:
            keys = [sessions[0].id if sessions else revocations[0].owner]
        elif revocations:
            return tuple(self.membership.routable())
        else:
            keys = [session.id for session in sessions]
        firsts = dict.fromkeys(self.order.first_other(key) for key in keys)
        return tuple(name for name in firsts if name is not None)

    # ------------------------------------------------------------------------------------------------- acknowledgements

    def _acknowledged(self, sender: str, copied: Copied) -> None:
        """Count an acknowledgement; one for an earlier boot of this node means nothing."""
        if copied.boot != self.boot:
            return
        pending = self._pending.get(copied.number)
        if pending is None or sender not in pending.missing:
            return
        del pending.missing[sender]
        pending.acknowledged += 1
        waiting = pending.waiting
        if waiting is not None and self._enough(pending, waiting):
            self._release(pending)
        if not pending.missing:
            self._done(copied.number)
        if sender in self._silent:
            self._catch_up(sender)
        if self._knocks.get(sender) == copied.number:
            del self._knocks[sender]
            self.turn.note("reached", member=sender)
            self.reached(sender)

    def _enough(self, pending: Pending, waiting: Waiting) -> bool:
        if self.settings.acknowledge == "all":
            return not pending.missing
        return not any(first in pending.missing for first in waiting.firsts)

    def _release(self, pending: Pending) -> None:
        assert pending.waiting is not None  # noqa: S101 - an invariant: only answers that wait are released
        self.turn.respond(pending.waiting.answer)
        pending.waiting = None

    def _done(self, number: int) -> None:
        """Forget a change that every live member holds, or that none is left to hold."""
        if self._pending[number].waiting is None:
            del self._pending[number]

    def _refuse(self, answer: Respond) -> None:
        self.turn.note("unacknowledged", request=answer.request)
        self.turn.respond(Respond(answer.request, UNAVAILABLE, (), {"error": "no-acknowledgement"}))

    def _hurry(self) -> None:
        """Release what has waited long enough for the first of its order, refuse what nobody acknowledged at all."""
        now = self.turn.mono
        while self._first_waits and self._first_waits[0][0] <= now:
            pending = self._pending.get(self._first_waits.popleft()[1])
            if pending is not None and pending.waiting is not None:
                pending.waiting.firsts = ()
                if pending.acknowledged and self.settings.acknowledge == "one":
                    self._release(pending)
        while self._any_waits and self._any_waits[0][0] <= now:
            number = self._any_waits.popleft()[1]
            pending = self._pending.get(number)
            if pending is not None and pending.waiting is not None:
                self._refuse(pending.waiting.answer)
                pending.waiting = None
                if not pending.missing:
                    self._done(number)
        self._await_answers()

    def _await_answers(self) -> None:
        """Set the alarm for the next answer that still waits; answers already released need none."""
        for waits in (self._first_waits, self._any_waits):
            while waits and not self._still_waits(waits[0][1]):
                waits.popleft()
        due = [waits[0][0] for waits in (self._first_waits, self._any_waits) if waits]
        if due:
            self.turn.alarm("acknowledge", min(due) - self.turn.mono)

    def _still_waits(self, number: int) -> bool:
        pending = self._pending.get(number)
        return pending is not None and pending.waiting is not None

    # ------------------------------------------------------------------------------------------------------- resending

    def _resend(self) -> None:
        """Send again what some member has not acknowledged; to a silent one only the first of all that it misses.

        Else every write of a long one-way cut would be sent again and again.
        """
        now = self.turn.mono
        for number in [number for number, pending in self._pending.items() if pending.due <= now]:
            pending = self._pending[number]
            if self.settings.routing and pending.waiting is not None and pending.waiting.firsts:
                pending.due = now + ROUTED_AGAIN
                for first in pending.waiting.firsts:
                    if first in pending.missing:
                        self.turn.send(first, pending.copies)
                continue
            pending.tries -= 1
            if pending.tries == 0:
                self._give_up(number)
                continue
            pending.due = resend_at(now)
            for peer in pending.missing:
                if self._may_send(peer, pending, now):
                    self.turn.send(peer, pending.copies)
        if self._pending:
            self._resends_at = min(pending.due for pending in self._pending.values())
            self.turn.alarm("resend", self._resends_at - now)

    def _may_send(self, peer: str, pending: Pending, now: int) -> bool:
        silent_until = self._silent.get(peer)
        if silent_until is None and pending.tries > TRIES - SILENT_AFTER:
            return True
        if silent_until is not None and now < silent_until:
            return False
        self._silent[peer] = resend_at(now)
        return True

    def _catch_up(self, peer: str) -> None:
        """Send a member that was silent and answers again all that it misses."""
        del self._silent[peer]
        for pending in self._pending.values():
            if peer in pending.missing:
                self.turn.send(peer, pending.copies)

    def _give_up(self, number: int) -> None:
        """Leave a change to the digests, and only knock at the members that have not acknowledged it.

        Else every write of a cut that membership does not notice would be kept for as long as it lasts.
        """
        for peer in self._pending.pop(number).missing:
            if peer not in self._knocks:
                self.turn.note("out-of-reach", member=peer)
                knock = self._send((peer,), (), ())
                knock.tries = 0  # counts below zero: never given up
                self._knocks[peer] = self._number

    def lost(self, member: str) -> None:
        """Stop sending to a member that is gone; should it return, digests are compared with it."""
        self._silent.pop(member, None)
        self._knocks.pop(member, None)
        for number in list(self._pending):
            pending = self._pending[number]
            if member not in pending.missing:
                continue
            del pending.missing[member]
            if not pending.missing:
                if pending.waiting is not None and pending.acknowledged:
                    self._release(pending)
                self._done(number)

    # -------------------------------------------------------------------------------------------------------- receiving

    def _merge(self, sender: str, copies: Copies) -> None:
        """Merge what arrived and acknowledge it; a repeated or late copy changes nothing (REQ-REPL-9)."""
        for revocation in copies.revocations:
            self.records.take_revocation(revocation)
        for session in copies.sessions:
            self.records.take(session)
        if copies.number:
            self.turn.send(sender, Copied(copies.boot, copies.number))
        else:
            self.records.enter(copies.sessions, copies.revocations)

    # ---------------------------------------------------------------------------------------------------------- touches

    def touch(self, session: Session) -> None:
        """Move last activity forward here, and tell the others at most once an interval for each session.

        Nobody waits for a touch. What falls within the interval is coalesced and kept out of the record, and so out of
        the digests, until it is sent.
        """
        sent = self._touched.get(session.id)
        now = self.turn.mono
        if sent is not None and now - sent < self._touch_interval:
            self._coalesced[session.id] = max(self.turn.wall, self._coalesced.get(session.id, 0))
            self.turn.alarm_unless_set("touches", sent + self._touch_interval - now)
            return
        self._send_touch(session, self.turn.wall)

    def last_activity(self, session: Session) -> int:
        """When the session was last active as far as this node knows, coalesced touches included."""
        return max(session.last, self._coalesced.get(session.id, 0))

    def noted_activity(self, session: str) -> None:
        """Take note that a change of this session carried its last activity along; no touch needs to follow at once."""
        self._touched.pop(session, None)
        self._touched[session] = self.turn.mono
        self._coalesced.pop(session, None)
        self._forget_touches()

    def _forget_touches(self) -> None:
        """Forget, oldest first, when sessions were touched whose interval is over."""
        while self._touched:
            oldest = next(iter(self._touched))
            if self.turn.mono - self._touched[oldest] < self._touch_interval or oldest in self._coalesced:
                return
            del self._touched[oldest]

    def _send_touch(self, session: Session, wall: int) -> None:
        before = session.last
        session = self.records.touched(session, wall)
        self.noted_activity(session.id)
        if session.last > before:
            self.spread((Session(session.id, session.owner, session.created, session.user, session.last, {}),))

    def _flush(self) -> None:
        """Send the coalesced touches whose interval is over."""
        now = self.turn.mono
        for name in [name for name in self._coalesced if now - self._touched[name] >= self._touch_interval]:
            session = self.records.sessions.get(name)
            wall = self._coalesced.pop(name)
            if session is not None and session.end is None:
                self._send_touch(session, wall)
        if self._coalesced:
            due = min(self._touched[name] for name in self._coalesced) + self._touch_interval
            self.turn.alarm("touches", due - now)
