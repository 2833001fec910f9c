"""A cookie's domain that is changed in service: only a node that is told to go comes back with another."""

from pathlib import Path

from conformance.judging import judgement
from conformance.planning import plan
from conformance.verdict import HOLDS
from scenarios import parse

WORLD = """\
title: A domain that changes, and one node is down when it is to be told
shows: [COOK-67]
duration: 60s
config: {session: {cookie: {domain: null}}}
cluster: {nodes: 3}
workload: {users: 8, think: 1s, pages: [2, 4], rest: 1s, hosts: [shop.example.com, pay.example.com], hops: 20%}
observers: {witnesses: 2}
faults:
  - {crash: answering, after: {event: login, count: 3}, for: 32s}
  - {at: 16s, for: 4s, cookie-domain: n1, becomes: .example.com}
  - {at: 24s, for: 4s, cookie-domain: n2, becomes: .example.com}
  - {at: 32s, for: 4s, cookie-domain: n3, becomes: .example.com}
expect: {checks: [cookie_scope]}
"""


def test_a_node_that_is_down_is_not_told_of_another_domain_and_the_history_names_no_change() -> None:
    came = judgement(plan(parse(WORLD, Path("domain.yaml"))), "domain")
    (down,) = (node for fault in came.history.faults if fault.fault == "crash" for node in fault.nodes)
    told = {node for fault in came.history.faults if fault.cookie_domain is not None for node in fault.nodes}
    assert told == {"n1", "n2", "n3"} - {down}
    lines = [
        (one.node, line)
        for one in came.history.operations
        if one.op == "login" and one.asked > 44_000_000
        for line in one.set_cookie or []
        if "Max-Age=0" not in line
    ]
    assert {node for node, _ in lines} == {"n1", "n2", "n3"}
    assert all(("Domain=example.com" in line) == (node in told) for node, line in lines)
    (scope,) = (one for one in came.findings if one.check == "cookie_scope")
    assert (scope.verdict, scope.seen) == (HOLDS, scope.seen), "where sessions go is not judged while nodes differ"
    assert scope.judged > 50
