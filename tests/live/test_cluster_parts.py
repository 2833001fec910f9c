"""The parts of a live node by themselves: addresses, discovery, streams, logs; and nodes whose clocks are in hand."""

import asyncio
import json
import os
import re
import socket
from collections.abc import Coroutine
from contextlib import closing
from typing import Any

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import httpx
import pytest

from reference.frames import prefixed
from reference.gateway import hash_of
from reference.live import peers, streams
from reference.live.addresses import Addresses, Reach, own_place
from reference.live.discovery import Found, LookupFailed, SrvRecords, Static
from reference.live.http import application
from reference.live.log import Log
from reference.live.serving import heed
from reference.live.streams import Dial, Holding, Port, Stream
from reference.notation import Endpoint
from reference.protocol import DATA, MEMBERSHIP, Place
from tests.live.lives import Life, start, together, until

OWN = Place("n1", 7, "10.0.0.1:9450", "10.0.0.1:9451")
YEAR_US = 365 * 24 * 3_600_000_000


def at(member: str, since: int, host: str) -> Place:
    return Place(member, since, f"{host}:9450", f"{host}:9451")


# ------------------------------------------------------------------------------------------------------------ addresses


def test_of_two_statements_about_a_member_the_one_of_its_later_life_counts() -> None:
    book = Addresses(OWN, {})
    assert book.told("n3", (at("n2", 5, "10.0.0.2"),), "10.0.0.3") == (at("n2", 5, "10.0.0.2"),)
    assert book.told("n3", (at("n2", 4, "10.0.0.9"),), "10.0.0.3") == ()
    assert book.told("n3", (at("n2", 5, "10.0.0.9"),), "10.0.0.3") == ()
    assert book.find("n2", DATA) == Endpoint("10.0.0.2", 9451)
    assert book.told("n2", (at("n2", 5, "10.0.0.8"),), "10.0.0.8") == (at("n2", 5, "10.0.0.8"),)
    assert book.told("n3", (at("n2", 6, "10.0.0.7"),), "10.0.0.3") == (at("n2", 6, "10.0.0.7"),)
    assert book.find("n2", MEMBERSHIP) == Endpoint("10.0.0.7", 9450)


def test_an_address_without_a_host_is_the_host_that_its_member_is_seen_at() -> None:
    listen = {MEMBERSHIP: Endpoint("::", 9450), DATA: Endpoint("::", 9451)}
    own = own_place("n2", 1, listen, Reach())
    assert (own.membership, own.data) == (":9450", ":9451")
    book = Addresses(OWN, {})
    book.told("n2", (own,), "10.0.0.2")
    assert (book.find("n2", MEMBERSHIP), book.find("n2", DATA)) == (
        Endpoint("10.0.0.2", 9450),
        Endpoint("10.0.0.2", 9451),
    )
    assert book.told("n3", (Place("n4", 1, ":9450", ":9451"),), "10.0.0.3") == ()  # nobody else's host is known


def test_what_the_configuration_says_of_the_way_to_a_member_is_stronger_than_what_members_say() -> None:
    book = Addresses(OWN, {"n2": Reach(membership=Endpoint("relay", 1))})
    book.told("n2", (at("n2", 5, "10.0.0.2"),), "10.0.0.2")
    assert book.find("n2", MEMBERSHIP) == Endpoint("relay", 1)
    assert book.find("n2", DATA) == Endpoint("10.0.0.2", 9451)


def test_a_node_that_is_told_to_advertise_says_that_in_place_of_where_it_listens() -> None:
    listen = {MEMBERSHIP: Endpoint("127.0.0.1", 1), DATA: Endpoint("127.0.0.1", 2)}
    own = own_place("n1", 1, listen, Reach(membership=Endpoint("relay", 3), data=Endpoint("relay", 4)))
    assert (own.membership, own.data) == ("relay:3", "relay:4")


@pytest.mark.parametrize("nonsense", ["", "nowhere", "10.0.0.2:0", "10.0.0.2:99999", "http://x:1", ":::1"])
def test_an_address_that_is_none_is_not_believed(nonsense: str) -> None:
    book = Addresses(OWN, {})
    assert book.told("n3", (Place("n2", 1, nonsense, "10.0.0.2:9451"),), "10.0.0.3") == ()
    assert book.find("n2", MEMBERSHIP) is None


def test_what_others_say_of_this_very_node_changes_nothing_but_tells_of_a_namesake() -> None:
    book = Addresses(OWN, {})
    assert book.told("n3", (at("n1", 99, "10.0.0.66"),), "10.0.0.3") == ()
    assert book.all() == (OWN,)
    assert book.namesake(at("n1", 99, "10.0.0.66")) == Endpoint("10.0.0.66", 9450)
    assert book.namesake(OWN) is None


# ------------------------------------------------------------------------------------------------------------ discovery


@pytest.mark.requirement("REQ-MEMB-1")
@pytest.mark.requirement("REQ-MEMB-8")
def test_a_list_is_resolved_each_time_and_one_name_that_fails_hides_no_other() -> None:
    known = {"a.example": ["10.0.0.1"], "b.example": []}

    async def resolve(host: str, port: int) -> list[Endpoint]:
        if not known[host]:
            raise LookupFailed(f"{host}: not known")
        return [Endpoint(address, port) for address in known[host]]

    static = Static([Endpoint("a.example", 9450), Endpoint("b.example", 9450)], resolve)
    assert asyncio.run(static.find()) == Found((Endpoint("10.0.0.1", 9450),), "b.example: not known")
    known["b.example"] = ["10.0.0.2", "10.0.0.3"]
    assert [end.host for end in asyncio.run(static.find()).ends] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def test_the_systems_resolver_finds_this_machine_and_says_of_what_is_not_there_that_it_is_not() -> None:
    found = asyncio.run(Static([Endpoint("localhost", 9450), Endpoint("nowhere.invalid", 9450)]).find())
    assert Endpoint("127.0.0.1", 9450) in found.ends
    assert found.failed.startswith("nowhere.invalid: ")


@pytest.mark.requirement("REQ-MEMB-1")
@pytest.mark.requirement("REQ-MEMB-3")
def test_srv_records_are_asked_of_the_name_server_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "_membership-udp._udp.example."
    records = ["10 0 9450 127.0.0.1.", "5 1 9460 127.0.0.1."]

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, address: Any) -> None:
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query)
            if str(query.question[0].name) == name and records:
                answer.answer.append(dns.rrset.from_text(name, 1, "IN", "SRV", *records))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.transport.sendto(answer.to_wire(), address)

    async def ask() -> list[Found]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
        monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
        discovery = SrvRecords([name, "_other._udp.example."])
        found = [await discovery.find()]
        records.append("20 0 9470 127.0.0.1.")
        found.append(await discovery.find())
        records.clear()
        found.append(await discovery.find())
        transport.close()
        return found

    first, second, third = asyncio.run(ask())
    assert [end.port for end in first.ends] == [9460, 9450]
    assert first.failed.startswith("SRV _other._udp.example.: ")
    assert [end.port for end in second.ends] == [9460, 9450, 9470]
    assert third.ends == ()
    assert name in third.failed


# -------------------------------------------------------------------------------------------------------------- streams


class Heard:
    """Takes what streams bring."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.causes: list[str] = []
        self.given_up = 0

    def received(self, _channel: str, data: bytes, _stream: Stream) -> None:
        self.frames.append(data)

    def refused(self, cause: str, _channel: str, _peer: Any) -> None:
        self.causes.append(cause)

    def dropped(self, _why: str, frames: int) -> None:
        self.given_up += frames


def in_loop(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


def listener() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    bound.settimeout(0)
    return bound


def dial_to(port: int, heard: Heard) -> Dial:
    end = Endpoint("127.0.0.1", port)
    return Dial(DATA, lambda: end, lambda: b"greeting", heard, Holding(), None, heard.dropped)


def test_frames_cross_a_connection_in_order_behind_a_greeting() -> None:
    async def work() -> None:
        here, there = Heard(), Heard()
        bound = listener()
        port = Port(DATA, there, Holding())
        await port.open(bound)
        dial = dial_to(bound.getsockname()[1], here)
        frames = [os.urandom(size) for size in (1, 70_000, 3_000_000, 0)]
        for frame in frames:
            dial.send(frame)
        await until(lambda: len(there.frames) == 5, "all arrived")
        assert there.frames == [b"greeting", *frames]
        dial.close()
        port.close()

    in_loop(work())


def test_a_peer_that_reads_nothing_is_dropped_before_much_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BUFFERED_MOST", 4_000_000)

    async def work() -> None:
        heard = Heard()
        with closing(listener()) as deaf:
            dial = dial_to(deaf.getsockname()[1], heard)
            for _ in range(40):
                dial.send(bytes(500_000))
                await asyncio.sleep(0)
            await until(lambda: heard.causes or heard.given_up, "it is dropped, or what waits is")
            await until(lambda: "stalled" in heard.causes, "it is dropped")
            dial.close()

    in_loop(work())


def test_a_peer_that_reads_nothing_for_long_is_dropped_however_little_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STALLED_S", 0.2)

    async def work() -> None:
        heard = Heard()
        with closing(listener()) as deaf:
            dial = dial_to(deaf.getsockname()[1], heard)
            dial.send(bytes(16_000_000))
            await until(lambda: heard.causes == ["stalled"], "it is dropped")
            dial.close()

    in_loop(work())


def test_who_shows_no_key_in_time_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "UNPROVEN_S", 0.1)

    async def work() -> None:
        heard = Heard()
        bound = listener()
        port = Port(DATA, heard, Holding())
        await port.open(bound)
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.write(prefixed(b"x")[:3])
        assert await reader.read() == b""
        assert heard.causes == ["silent"]
        await until(lambda: port.open_streams == 0, "nothing is left of it")
        writer.close()
        port.close()

    in_loop(work())


def test_a_connection_too_many_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ACCEPTED_MOST", 2)

    async def work() -> None:
        heard = Heard()
        bound = listener()
        port = Port(DATA, heard, Holding())
        await port.open(bound)
        opened = [await asyncio.open_connection(*bound.getsockname()) for _ in range(3)]
        assert await opened[2][0].read() == b""
        assert (heard.causes, port.open_streams) == (["crowded"], 2)
        for _, writer in opened:
            writer.close()
        port.close()

    in_loop(work())


def test_what_cannot_be_delivered_is_given_up_and_counted_and_the_next_is_tried_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "STALLED_S", 0.2)

    async def work() -> None:
        heard = Heard()
        bound = listener()
        port_number = bound.getsockname()[1]
        bound.close()
        dial = dial_to(port_number, heard)
        dial.send(b"lost")
        await until(lambda: heard.given_up == 1, "it is given up")
        again = socket.socket()
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port_number))
        again.listen()
        again.settimeout(0)
        there = Heard()
        port = Port(DATA, there, Holding())
        await port.open(again)
        dial.send(b"found")
        await until(lambda: there.frames == [b"greeting", b"found"], "the next arrives")
        dial.close()
        port.close()

    in_loop(work())


# ------------------------------------------------------------------------------------------------------------------ log


@pytest.mark.requirement("REQ-OBS-2")
def test_what_comes_with_every_request_is_written_once_a_second_with_how_many_more() -> None:
    lines: list[dict[str, Any]] = []
    seconds = [0.0]
    log = Log("n1", write=lambda line: lines.append(json.loads(line)), now=lambda: seconds[0])
    for number in range(5):
        log.note("solo", {"request": f"h{number}"})
    seconds[0] = 1.5
    log.note("solo", {"request": "h5"})
    log.note("dead", {"member": "n2"})
    log.note("dead", {"member": "n3"})
    told = [(line["event"], line.get("request") or line.get("member"), line.get("more")) for line in lines]
    assert told == [("solo", "h0", 0), ("solo", "h5", 4), ("dead", "n2", None), ("dead", "n3", None)]


def test_what_is_noted_of_an_open_request_tells_its_session_where_that_is_asked_for() -> None:
    lines: list[dict[str, Any]] = []
    log = Log("n1", write=lambda line: lines.append(json.loads(line)), session_ids=True)
    log.sessions["h1"] = "a hash"
    log.note("unacknowledged", {"request": "h1"})
    assert lines[0]["session"] == "a hash"


def test_a_level_below_the_least_is_not_written() -> None:
    lines: list[bytes] = []
    log = Log("n1", "error", write=lines.append)
    log.note("suspect", {"member": "n2"})
    log.note("psk-mismatch", {})
    assert [json.loads(line)["event"] for line in lines] == ["psk-mismatch"]


# ------------------------------------------------------------------------------------------- nodes with hands on them


def cookie_of(headers: tuple[tuple[str, str], ...]) -> str:
    return dict(headers)["Set-Cookie"].partition(";")[0]


@pytest.mark.requirement("REQ-MEMB-7")
@pytest.mark.parametrize("lost", [False, True])
def test_membership_needs_no_datagrams(lost: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """Where every frame is too long for them, and where all of them are lost."""
    monkeypatch.setattr(peers, "DATAGRAM_MOST", 0)
    monkeypatch.setattr(peers, "UNANSWERED_MOST", 0)
    if lost:
        monkeypatch.setattr(peers._Datagrams, "datagram_received", lambda *_: None)

    async def work() -> None:
        async with together(2) as lives:
            await start(lives)
            granted = await lives[0].ask("POST", "/login", {"user": "ann"})
            read = await lives[1].ask("GET", "/session", cookie=cookie_of(granted.headers))
            assert (read.status, read.body["user"]) == (200, "ann")

    in_loop(work())


@pytest.mark.requirement("REQ-MEMB-2")
def test_a_list_that_names_the_node_itself_alone_delays_nothing() -> None:
    async def work() -> None:
        async with together(1) as (alone,):
            began = asyncio.get_running_loop().time()
            await start([alone])
            assert asyncio.get_running_loop().time() - began < peers.NOBODY_S / 2
            assert [line for line in alone.lines if line["event"] in {"psk-mismatch", "frames-refused"}] == []

    in_loop(work())


def test_a_wall_clock_that_jumps_a_year_ends_nobodys_session() -> None:
    async def work() -> None:
        async with together(3) as lives:
            await start(lives)
            n1, _, n3 = lives
            cookie = cookie_of((await n1.ask("POST", "/login", {"user": "ann"})).headers)
            n3.clocks.shift_us = YEAR_US

            async def statuses() -> list[int]:
                return [(await life.ask("GET", "/session", cookie=cookie)).status for life in lives]

            async def refuses() -> bool:
                return await statuses() == [200, 200, 503]

            await until(refuses, "the node whose clock is off serves no session, the others do")
            assert noted(n3, "clock-off")
            n3.clocks.shift_us = 0

            async def serves() -> bool:
                return await statuses() == [200, 200, 200]

            await until(serves, "it serves again once its clock is right")
            for life in lives:
                assert life.failures == []

    in_loop(work())


def noted(life: Life, event: str) -> bool:
    return any(line["event"] == event for line in life.lines)


@pytest.mark.requirement("COOK-53")
def test_cookies_in_several_fields_are_read_like_those_in_one() -> None:
    async def work() -> None:
        async with together(1) as (alone,):
            await start([alone])
            transport = httpx.ASGITransport(application(alone.runtime, alone.plan.options, probe=True))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                granted = await browser.post("/login", json={"user": "ann"})
                cookie = granted.headers["set-cookie"].partition(";")[0]
                browser.cookies.clear()
                for fields in (["a=1", cookie], [cookie, "a=1"], [f"a=1; {cookie}"]):
                    shown = await browser.get("/session", headers=[("Cookie", field) for field in fields])
                    assert shown.status_code == 200, fields

    in_loop(work())


@pytest.mark.requirement("REQ-SEC-6")
@pytest.mark.requirement("REQ-OBS-3")
def test_what_is_logged_of_a_session_is_told_apart_by_a_hash_that_opens_nothing() -> None:
    async def work() -> None:
        async with together(1) as (alone,):
            alone.runtime.log.session_ids = True
            await start([alone])
            transport = httpx.ASGITransport(application(alone.runtime, alone.plan.options, probe=True))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                granted = await browser.post("/login", json={"user": "ann"})
                name, _, secret = granted.headers["Set-Cookie"].partition(";")[0].partition("=")
                await browser.get("/session", headers={"Cookie": f"{name}={secret}"})
            told = [line.get("session") for line in alone.lines if line["event"] == "request"]
            assert told == [None, hash_of(secret)]
            assert not any(secret in str(line) for line in alone.lines)
            assert (await alone.ask("GET", "/session", cookie=f"{name}={hash_of(secret)}")).status == 401

    in_loop(work())


def test_a_node_whose_lookups_raise_what_nobody_foresaw_ends_in_place_of_going_on_half() -> None:
    async def work() -> None:
        async with together(1) as (alone,):
            await start([alone])
            assert alone.runtime._peers is not None

            async def raises() -> Found:
                raise KeyError("unforeseen")

            alone.runtime._peers._discovery.find = raises
            alone.runtime._peers._poll_s = 0.01
            alone.runtime._peers.poll_for_ever()
            await until(lambda: alone.failures, "it ends")
            assert isinstance(alone.failures[0], KeyError)

    in_loop(work())


def test_what_the_system_lacks_is_logged_and_what_nobody_foresaw_ends_the_node() -> None:
    lines: list[bytes] = []
    failures: list[BaseException] = []
    log = Log("n1", write=lines.append)
    heed(
        {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open files")},
        log,
        failures.append,
    )
    heed({"message": "a task was destroyed"}, log, failures.append)
    assert [json.loads(line)["event"] for line in lines] == ["event-loop", "event-loop"]
    assert failures == []
    heed({"message": "in a callback", "exception": KeyError("unforeseen")}, log, failures.append)
    assert [type(error) for error in failures] == [KeyError]


def test_metrics_count_what_is_dropped_for_want_of_an_address() -> None:
    async def work() -> None:
        async with together(1) as (alone,):
            await start([alone])
            alone.runtime.turn(alone.runtime.node.discovered, ("nobody",))
            text = alone.runtime.metrics.text()
            assert re.search(r'^anynode_frames_dropped_total{why="no-address"} [1-9]', text, re.MULTILINE)

    in_loop(work())
