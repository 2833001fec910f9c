"""A store that lets in whoever shows no cookie is convicted: its history can be read, and says what it did."""

from pathlib import Path

import pytest

from conformance.judging import judgement
from conformance.planning import plan
from conformance.verdict import HOLDS, VIOLATED
from scenarios import load

CLAIMING = """\
title: Whoever claims to ask for a user, without a cookie
shows: [REQ-REPL-11]
duration: 20s
cluster: {nodes: 3}
workload:
  script:
    - {at: 5s, user: u1, do: login, node: n1}
    - {at: 10s, user: u2, do: read, claims: user1, node: n1}
observers: {witnesses: 0}
expect: {checks: [structure]}
"""


@pytest.mark.parametrize(("subject", "verdict"), [("reference", HOLDS), ("broken:trusts_forwarding_headers", VIOLATED)])
def test_an_answer_to_who_showed_no_cookie_belongs_to_a_session_that_no_login_created(
    subject: str, verdict: str, tmp_path: Path
) -> None:
    file = tmp_path / "claiming.yaml"
    file.write_text(CLAIMING, encoding="utf-8")
    came = judgement(plan(load(file), subject=subject), str(file))
    structure = next(finding for finding in came.findings if finding.check == "structure")
    assert structure.verdict == verdict
    assert ("u2-1" in structure.seen) == (verdict == VIOLATED)
