"""Discovery of a running node: whom a static list and SRV records name is found, what fails takes nobody with it."""

import asyncio

import pytest

from reference.live.discovery import Found, LookupFailed, SrvRecords, Static
from reference.notation import Endpoint

HOSTS = {"node-1.example": ["10.0.0.1"], "node-2.example": ["10.0.0.2", "10.0.0.3"]}
RECORDS = {
    "_membership-udp._udp.one.": [("node-1.example", 9450)],
    "_membership-udp._udp.two.": [("node-2.example", 9460), ("gone.example", 9450)],
}


async def resolve(host: str, port: int) -> list[Endpoint]:
    if host not in HOSTS:
        raise LookupFailed(f"{host}: nobody knows it")
    return [Endpoint(address, port) for address in HOSTS[host]]


async def srv(name: str) -> list[Endpoint]:
    if name not in RECORDS:
        raise LookupFailed(f"SRV {name}: no such name")
    return [Endpoint(*record) for record in RECORDS[name]]


@pytest.mark.requirement("REQ-MEMB-1")
def test_whom_a_static_list_names_is_found_each_once() -> None:
    nodes = [Endpoint("node-1.example", 9450), Endpoint("node-2.example", 9450), Endpoint("node-1.example", 9450)]
    found = asyncio.run(Static(nodes, resolve).find())
    assert found == Found(tuple(Endpoint(f"10.0.0.{number}", 9450) for number in (1, 2, 3)), "")


@pytest.mark.requirement("REQ-MEMB-1")
def test_whom_srv_records_name_is_found_at_their_ports() -> None:
    found = asyncio.run(SrvRecords(["_membership-udp._udp.one."], srv, resolve).find())
    assert found == Found((Endpoint("10.0.0.1", 9450),), "")


@pytest.mark.requirement("REQ-MEMB-1", "REQ-MEMB-8")
def test_what_cannot_be_looked_up_is_told_and_the_rest_is_found() -> None:
    names = ["_membership-udp._udp.none.", "_membership-udp._udp.two."]
    found = asyncio.run(SrvRecords(names, srv, resolve).find())
    assert found.ends == (Endpoint("10.0.0.2", 9460), Endpoint("10.0.0.3", 9460))
    assert found.failed == "SRV _membership-udp._udp.none.: no such name; gone.example: nobody knows it"
