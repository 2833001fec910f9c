"""A cookie's domain that is changed in service, node by node: what each node's next life is configured with."""

from typing import Any

from msgspec.structs import replace

from conformance.history import Fault as FaultRecord
from reference.hosts import as_browsers_take_it
from reference.protocol import Init
from simulator.faults import Stage
from simulator.lives import Leave


class CookieDomain(Leave):
    """A node leaves in good order, and its next life has another `session.cookie.domain`, and knows the one before."""

    kind = "cookie-domain"

    def __init__(self, at: int, lasts: int | None, node: str, becomes: str | None) -> None:
        """Put it on the timetable.

        Args:
            at: when the node is told to go, µs.
            lasts: how long until the next of its name starts, µs.
            node: who.
            becomes: the domain from then on, None for none.
        """
        super().__init__(at, lasts, node)
        self._becomes = becomes

    def history_record(self) -> FaultRecord | None:
        """Return the history's line, with the domain as browsers take it."""
        record = super().history_record()
        if record is not None:
            record.cookie_domain = as_browsers_take_it(self._becomes or "")
        return record

    def _come_back(self, stage: Stage) -> None:
        if self.begun is not None:  # a node that was down already is not told, and the history names no change of it
            stage.cookie_domains[self._node] = self._becomes
        super()._come_back(stage)


def with_cookie_domain(init: Init, domain: str | None) -> Init:
    """Give a node's life its configuration with another cookie domain, and the one before as a former one."""
    session = init.config.get("session") or {}
    cookie = dict(session.get("cookie") or {})
    former = cookie.pop("domain", None) or ""
    if domain:
        cookie["domain"] = domain
    ours: dict[str, Any] = init.config.get("x-anynode") or {}
    known = [*ours.get("formerCookieDomains", []), former]
    changed = {"session": {**session, "cookie": cookie}, "x-anynode": {**ours, "formerCookieDomains": known}}
    return replace(init, config={**init.config, **changed})
