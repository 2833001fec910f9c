"""The two channels: whatever tells of sessions goes by that for data, and who is a member by the other alone."""

from typing import Any

import pytest
from msgspec import json

from reference.effects import Send
from reference.gateway import hash_of, owner_of
from reference.protocol import DATA, MEMBERSHIP, Ack, Gossip, Nack, Ping, PingRequest, PushPull
from reference.settings import MILLISECOND, SECOND
from tests.reference.cluster import Cluster

OF_MEMBERS = (Ping, Ack, PingRequest, Nack, Gossip, PushPull)
USER, VALUE = "ann-who-is-told-of-nowhere-else", "a-value-that-stands-nowhere-else"


class Listening(Cluster):
    """A cluster that keeps what each channel carried."""

    def __init__(self, size: int) -> None:
        self.carried: dict[str, list[Any]] = {MEMBERSHIP: [], DATA: []}
        super().__init__(size)

    def perform(self, name: str, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.carried[effect.channel].append(effect.message)
        super().perform(name, effects)


@pytest.fixture(scope="module")
def heard() -> dict[str, list[str]]:
    """Give all that each channel carried through a life with a loss, a return, a revocation and a farewell."""
    cluster = Listening(4).start()
    cookie = cluster.login("n1", USER)
    cluster.write("n2", cookie, "k", VALUE)
    cluster.crash("n3")
    cluster.run(20 * SECOND)
    cluster.boot("n3")
    cluster.run(5 * SECOND)
    assert cluster.data("n3", cookie) == {"k": VALUE}
    cluster.call("n3", "POST", "/revoke", None, {"user": USER})
    cluster.run(100 * MILLISECOND)
    cluster.leave("n4")
    cluster.run(5 * SECOND)
    told = {hash_of(cookie.partition("=")[2]), owner_of(USER), USER, VALUE}
    sent = {channel: [json.encode(one).decode() for one in messages] for channel, messages in cluster.carried.items()}
    assert all(any(word in message for message in sent[DATA]) for word in told), "each has been told of"
    kinds = {channel: {type(one) for one in messages} for channel, messages in cluster.carried.items()}
    assert kinds[MEMBERSHIP] <= set(OF_MEMBERS)
    return {"membership": sent[MEMBERSHIP], "told": sorted(told), "kinds of data": [k.__name__ for k in kinds[DATA]]}


@pytest.mark.requirement("REQ-REPL-13")
def test_nothing_of_a_session_goes_by_the_channel_of_the_membership(heard: dict[str, list[str]]) -> None:
    assert heard["membership"]
    assert not [message for message in heard["membership"] for word in heard["told"] if word in message]


@pytest.mark.requirement("REQ-MEMB-6")
def test_who_is_a_member_is_told_by_the_channel_of_the_membership_alone(heard: dict[str, list[str]]) -> None:
    assert not {kind.__name__ for kind in OF_MEMBERS} & set(heard["kinds of data"])
