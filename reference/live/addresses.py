"""Where members are reached: what each says of itself, what others heard, and what was seen. Sends nothing.

A node knows members by name; frames go to addresses. Each host tells every member where it listens, and passes on what
it was told, so that knowing one live member is enough to reach all (REQ-MEMB-10).
"""

import socket
from collections.abc import Callable, Mapping

from msgspec import Struct

from reference.errors import Malformed
from reference.notation import Endpoint, peer
from reference.protocol import DATA, MEMBERSHIP, Place

WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
"""What one listens at to be reached at every address of a machine."""
PLACES_MOST = 4_096
"""Members that are kept track of; of more, those heard of first are forgotten."""


class Reach(Struct, frozen=True):
    """Addresses at which this node reaches a peer, or is reached itself, whatever is said elsewhere; None: as said."""

    membership: Endpoint | None = None
    data: Endpoint | None = None


class Addresses:
    """One node's book.

    Args:
        own: what this node says of itself.
        reach: by member, the way that the configuration prescribes (relays).
    """

    def __init__(self, own: Place, reach: Mapping[str, Reach]) -> None:
        self._own = own
        self._reach = reach
        self._places: dict[str, Place] = {}
        self._seen: dict[str, Endpoint] = {}

    def find(self, member: str, channel: str) -> Endpoint | None:
        """Say where a member is reached on a channel; None while nobody has said so."""
        prescribed = self._reach.get(member)
        if prescribed is not None:
            way = prescribed.membership if channel == MEMBERSHIP else prescribed.data
            if way is not None:
                return way
        place = self._places.get(member)
        if place is not None:
            return _endpoint(place.membership if channel == MEMBERSHIP else place.data)
        return self._seen.get(member) if channel == MEMBERSHIP else None

    def finder(self, member: str, channel: str) -> Callable[[], Endpoint | None]:
        """Make a function that finds it whenever asked."""
        return lambda: self.find(member, channel)

    def seen(self, member: str, at: Endpoint) -> None:
        """Take note that a member answered from a membership address; what it says of itself counts for more."""
        self._seen.pop(member, None)
        self._seen[member] = at
        if len(self._seen) > PLACES_MOST:
            del self._seen[next(iter(self._seen))]

    def told(self, by: str, places: tuple[Place, ...], origin: str) -> tuple[Place, ...]:
        """Take what a member says.

        Args:
            by: the member.
            places: what it says of itself and of others.
            origin: the host that it was seen at.

        Returns:
            What was news.
        """
        news = []
        for said in places:
            place = _at_host(said, origin) if said.member == by else said
            if not self._believable(place):
                continue
            held = self._places.get(place.member)
            later = held is None or place.since > held.since
            itself = held is not None and place.member == by and place.since == held.since and place != held
            if later or itself:
                self._places.pop(place.member, None)
                self._places[place.member] = place
                news.append(place)
        while len(self._places) > PLACES_MOST:
            del self._places[next(iter(self._places))]
        return tuple(news)

    def all(self) -> tuple[Place, ...]:
        """Say where this node is reached and all others that it knows of."""
        return (self._own, *self._places.values())

    def others(self) -> tuple[Place, ...]:
        """Say where all others are reached that this node knows of."""
        return tuple(self._places.values())

    def namesake(self, place: Place) -> Endpoint | None:
        """Say where a member of this very name is reached, if that is elsewhere."""
        if place.member != self._own.member or place.membership == self._own.membership:
            return None
        return _endpoint(place.membership)

    def find_own(self, channel: str) -> Endpoint | None:
        """Say where this node tells others to reach it; None where that is whatever host it is seen at."""
        return _endpoint(self._own.membership if channel == MEMBERSHIP else self._own.data)

    def _believable(self, place: Place) -> bool:
        ends = (place.membership, place.data)
        return place.member != self._own.member and all(_endpoint(end) is not None for end in ends)


def own_place(name: str, boot: int, listen: Mapping[str, Endpoint], advertise: Reach) -> Place:
    """Say where a node is reached: where the configuration says, else where it listens.

    Args:
        name: the node.
        boot: its life.
        listen: by channel; a wildcard stands for whatever host the node is seen at.
        advertise: `x-anynode.advertise`.
    """
    membership = advertise.membership or _without_wildcard(listen[MEMBERSHIP])
    data = advertise.data or _without_wildcard(listen[DATA])
    return Place(name, boot, str(membership), str(data))


def is_of_this_machine(host: str) -> bool:
    """Say whether an IP address is one of this machine's: only then a socket can be bound to it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind((host, 0))
        except OSError:
            return False
    return True


def _without_wildcard(end: Endpoint) -> Endpoint:
    return Endpoint("", end.port) if end.host in WILDCARDS else end


def _at_host(place: Place, host: str) -> Place:
    def there(end: str) -> str:
        return str(Endpoint(host, int(end[1:]))) if end.startswith(":") and end[1:].isdigit() else end

    return Place(place.member, place.since, there(place.membership), there(place.data))


def _endpoint(text: str) -> Endpoint | None:
    try:
        return peer(text)
    except Malformed:
        return None
