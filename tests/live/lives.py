"""Nodes on real sockets within this process, so that their clocks and datagrams can be taken in hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from reference.config import read
from reference.effects import Respond
from reference.live.clocks import Clocks
from reference.live.log import Log
from reference.live.runtime import Runtime
from reference.live.serving import plan, runtime_of
from reference.protocol import Request
from tests.live.configurations import alone

WITHIN_S = 8.0
PSK = "5a" * 32


class Shifted(Clocks):
    """A machine's clocks whose wall clock can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.shift_us = 0

    def wall(self) -> int:
        """Read the wall clock, as it was set."""
        return super().wall() + self.shift_us


class Life:
    """A node that runs here.

    Attributes:
        lines: what it logged.
        failures: what ended it against its will.
    """

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        configuration = read(json.dumps(config), environment={})
        self.name = name
        self.clocks = Shifted()
        self.lines: list[dict[str, Any]] = []
        self.failures: list[BaseException] = []
        log = Log(name, "debug", write=lambda line: self.lines.append(json.loads(line)))
        self.plan = plan(configuration, {}, name, probe=True)
        self.runtime: Runtime = runtime_of(self.plan, 1, self.clocks, log, self.failures.append)
        self._asked = 0

    async def ask(self, method: str, path: str, body: Any = None, cookie: str | None = None) -> Respond:
        """Ask it once."""
        self._asked += 1
        return await self.runtime.ask(Request(f"t{self._asked}", method, path, "localhost", cookie=cookie, body=body))

    async def members(self) -> Any:
        """Whom it holds for alive."""
        answer = await self.ask("GET", "/members")
        return answer.body.get("members")

    def close(self) -> None:
        """End it without a word."""
        self.runtime.close()
        self.plan.http.close()


@asynccontextmanager
async def together(count: int, **more: Any) -> AsyncIterator[list[Life]]:
    """Have nodes that are named each other, themselves included, `more` as of `alone`; nothing is left open."""
    configs = [alone(PSK, **more)[0] for _ in range(count)]
    ends = [config["clusters"][0]["discovery"]["static"]["nodes"][0] for config in configs]
    for config in configs:
        config["clusters"][0]["discovery"]["static"]["nodes"] = ends
    lives = [Life(f"n{number}", config) for number, config in enumerate(configs, 1)]
    try:
        yield lives
    finally:
        for life in lives:
            life.close()
        await asyncio.sleep(0)  # transports let go of their sockets in the next round


async def start(lives: Sequence[Life]) -> None:
    """Start nodes at once, and wait until all are ready and know each other."""
    await asyncio.gather(*(life.runtime.start() for life in lives))
    names = [life.name for life in lives]

    async def met() -> bool:
        return [await life.members() for life in lives] == [names] * len(lives)

    await until(met, "all know each other")


async def until(condition: Callable[[], Any], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until a condition, which may have to be awaited, holds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        held = condition()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        assert loop.time() < end, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(0.02)
