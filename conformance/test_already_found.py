"""What was found once by drawing worlds, and must not come back: tried before all other suites, as its name sorts."""

import pytest

from conformance.plugin import Judgement


@pytest.mark.requirement("REQ-REPL-2")
@pytest.mark.scenario(
    "begun-again-under-another-key",
    "login-where-nobody-was-met",
    "seen-before-all-were-lost",
    check="convergence",
)
def test_what_was_found_once_has_not_come_back(judgement: Judgement) -> None:
    judgement.must_hold()
