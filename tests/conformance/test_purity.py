"""Code of a subject that looks at the machine within a world is refused and named, and afterwards all is as it was."""

import _thread
import json
import sys
import threading
import time  # noqa: TID251 - its functions are what is guarded
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from conformance.cli import output
from conformance.cli.app import execute
from conformance.subjects import purity
from conformance.subjects.purity import Impure, beside, guarded

MODULE = "a_store_that_looks"
STARTS = "joinable" if hasattr(_thread, "start_joinable_thread") else "new"
"""How this Python starts threads."""
LOOKS = [
    ("time.time()", "import time\ndef look(): return time.time()"),
    ("time.monotonic_ns()", "from time import monotonic_ns as now\ndef look(): return now()"),
    ("time.localtime()", "import time\ndef look(): return time.localtime()"),
    ("time.strftime()", "import time\ndef look(): return time.strftime('%H')"),
    ("time.asctime()", "import time\ndef look(): return time.asctime()"),
    ("time.gmtime()", "import time\ndef look(): return time.gmtime(None)"),
    ("time.thread_time()", "import time\ndef look(): return time.thread_time()"),
    ("time.time()", "from datetime import date\ndef look(): return date.today()"),
    ("os.times()", "import os\ndef look(): return os.times()"),
    ("time.sleep()", "import time\ndef look(): return time.sleep(0)"),
    ("datetime.now()", "from datetime import datetime\ndef look(): return datetime.now()"),
    ("random.random()", "from random import random\ndef look(): return random()"),
    ("random.paretovariate()", "import random\ndef look(): return random.paretovariate(1.0)"),
    ("random.gammavariate()", "from random import gammavariate\ndef look(): return gammavariate(1.0, 1.0)"),
    ("random.getstate()", "import random\ndef look(): return random.getstate()"),
    ("random.urandom()", "import random\ndef look(): return random.SystemRandom().random()"),
    ("random.Random.seed() without a seed", "import random\ndef look(): return random.Random()"),
    ("random.Random.seed() without a seed", "import random; made = random.Random(3)\ndef look(): return made.seed()"),
    (
        "random.Random.seed() without a seed",
        "import random; Own = type('Own', (random.Random,), {})\ndef look(): return Own()",
    ),
    ("uuid.uuid1()", "import uuid\ndef look(): return uuid.uuid1()"),
    ("uuid.getnode()", "import uuid\ndef look(): return uuid.getnode()"),
    ("secrets.token_hex()", "import secrets\ndef look(): return secrets.token_hex()"),
    ("os.urandom()", "import uuid\ndef look(): return uuid.uuid4()"),
    ("socket.__new__", "import socket\ndef look(): return socket.socket()"),
    (
        f"threading.start_{STARTS}_thread()",
        "import threading\ndef look(): return threading.Thread(target=print).start()",
    ),
    ("subprocess.Popen", "import subprocess\ndef look(): return subprocess.run(['true'])"),
]
"""What is named, and a module whose second line looks so."""
FINE = {
    "a seed of one's own": "import random\ndef look(): return random.Random(3).random(), random.Random(3).seed(4)",
    "an instant that was given": (
        "import time\ndef look(): return time.gmtime(0), time.strftime('%H', time.localtime(5))"
    ),
    "a date of an instant": (
        "from datetime import UTC, datetime\ndef look(): assert isinstance(datetime.fromtimestamp(0, UTC), datetime)"
    ),
    "a line of a log": "import logging\ndef look(): return logging.getLogger('x').warning('so')",
}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of that text, as a subject's."""
    monkeypatch.syspath_prepend(tmp_path)

    def imported(text: str) -> ModuleType:
        (tmp_path / f"{MODULE}.py").write_text(text, encoding="utf-8")
        return __import__(MODULE)

    yield imported
    sys.modules.pop(MODULE, None)


@pytest.mark.parametrize(("what", "text"), LOOKS)
def test_what_looks_at_the_machine_is_refused_and_named_with_its_place(
    what: str, text: str, module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    store = module(text)
    before = dict(vars(store))
    with guarded(beside(f"{MODULE}:Node", tmp_path)) as guard, pytest.raises(Impure):
        store.look()
    broken = guard.broken()
    assert broken is not None
    assert f"a turn: {what}: found a call of it, at {tmp_path / MODULE}.py:2, in look" in str(broken)
    assert dict(vars(store)) == before


def test_all_that_is_guarded_is_replaced_meanwhile_and_afterwards_is_what_it_was(tmp_path: Path) -> None:
    places = [(holder, name) for holder, name, _ in purity._stand_ins()]
    before = [getattr(holder, name) for holder, name in places]
    with guarded(beside("x:Y", tmp_path)):
        meanwhile = [getattr(holder, name) for holder, name in places]
        with guarded(beside("x:Y", tmp_path)):
            pass
    after = [getattr(holder, name) for holder, name in places]
    assert not any(now is was for now, was in zip(meanwhile, before, strict=True))
    assert all(now is was for now, was in zip(after, before, strict=True))


@pytest.mark.parametrize("what", FINE)
def test_what_the_seed_or_the_turn_gives_is_fine(
    what: str, module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    store = module(FINE[what])
    with guarded(beside(f"{MODULE}:Node", tmp_path)) as guard:
        store.look()
    assert guard.broken() is None


def test_other_threads_and_what_is_told_of_progress_may_look(tmp_path: Path) -> None:
    seen: list[float] = []
    looking = threading.Event()
    thread = threading.Thread(target=lambda: (looking.wait(10), seen.append(time.time())))
    thread.start()
    with guarded(beside("x:Y", tmp_path)) as guard:
        looking.set()
        while thread.is_alive():
            pass
        with guard.lifted():
            seen.append(time.time())
    thread.join()
    assert (len(seen), guard.broken()) == (2, None)


STORE = """
import time
class Node:
    def hello(self):
        return {'name': 'toy', 'features': []}
    def init(self, m):
        return []
    def request(self, m):
        try:
            time.time()
        except Exception:
            pass  # whatever the store makes of it
        return [{'respond': m['request'], 'status': 200, 'body': {'status': 'up'}}]
"""


def test_a_run_of_such_a_store_ends_as_a_broken_adapter_that_names_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "looking_at_the_clock.py").write_text(STORE, encoding="utf-8")
    file = tmp_path / "toy.yaml"
    file.write_text("{name: toy, profile: python, factory: 'looking_at_the_clock:Node'}", encoding="utf-8")
    scenario = tmp_path / "short.yaml"
    scenario.write_text(
        "{title: t, shows: [REQ-REPL-1], duration: 3s, cluster: {nodes: 1}, workload: {users: 0}, "
        "observers: {witnesses: 0}, expect: {checks: [structure]}}",
        encoding="utf-8",
    )
    asked = ["run", str(scenario), "--subject", str(file), "--out", str(tmp_path / "run"), "--json"]
    assert execute(asked) == output.BROKEN_ADAPTER
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "broken adapter"
    assert f"time.time(): found a call of it, at {tmp_path}/looking_at_the_clock.py:10, in request" in said["adapter"]
    assert "take the instant from the turn" in said["adapter"]
