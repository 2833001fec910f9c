"""A probe application of its own, with sessions in memory that are copied to peers: honest, or broken as it is told.

    server.py --port P [--peer URL]... [--broken lose|revive|mix] [--answers 500|never|pages|gone]

Not a test: the subject of the tests beside it. It imports nothing of the project, as a foreign server would not.
"""

import argparse
import json
import os
import queue
import re
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COOKIE = "sid"
KEY = re.compile(r"/session/data/([A-Za-z0-9._-]{1,64})")


class Store:
    def __init__(self, peers: list[str], broken: str, idle_s: float) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.lock = threading.RLock()
        self.broken = broken
        self.idle_s = idle_s
        self.queues = {peer: queue.SimpleQueue[Any]() for peer in peers}
        for peer in peers:
            threading.Thread(target=self._send, args=(peer,), daemon=True).start()

    def change(self, sid: str, change: dict[str, Any]) -> None:
        with self.lock:
            self.merge(sid, change)
            record = json.loads(json.dumps(self.sessions[sid]))
        for waiting in self.queues.values():
            if self.broken != "lose" and not (self.broken == "revive" and change["ended"]):
                waiting.put({sid: record})

    def merge(self, sid: str, record: dict[str, Any]) -> None:
        with self.lock:
            mine = self.sessions.setdefault(
                sid, {"user": record["user"], "data": {}, "ended": False, "at": {}, "last": 0.0}
            )
            for key, at in record["at"].items():
                if at > mine["at"].get(key, 0):
                    mine["at"][key] = at
                    mine["data"].pop(key, None)
                    if key in record["data"]:
                        mine["data"][key] = record["data"][key]
            mine["last"] = max(mine["last"], record["last"])
            mine["ended"] = mine["ended"] or record["ended"]

    def live(self, sid: str | None) -> dict[str, Any] | None:
        with self.lock:
            found = self.sessions.get(sid or "")
            if found is None or found["ended"] or (self.idle_s and time.time() - found["last"] > self.idle_s):
                return None
            found["last"] = time.time()
            return found

    def everything(self) -> dict[str, Any]:
        with self.lock:
            return json.loads(json.dumps(self.sessions))

    def _send(self, peer: str) -> None:
        """Send changes in their order; what a peer that is away missed, it asks for when it is back."""
        while True:
            records = self.queues[peer].get()
            for _ in range(200):
                try:
                    post(f"{peer}/copies", records)
                    break
                except OSError:
                    time.sleep(0.05)


def post(url: str, body: Any) -> None:
    asked = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(asked, timeout=1).close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer
    store: Store
    ready = False
    answers = ""

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: Any, cookie: str | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if cookie is not None:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        store, method, path = self.store, self.command, self.path
        if self.answers:
            return self.strange()
        if path == "/copies":
            if method == "POST":
                for sid, record in json.loads(raw).items():
                    store.merge(sid, record)
            return self.answer(200, store.everything() if method == "GET" else {})
        if not self.ready:
            return self.answer(503, {})
        if path == "/status":
            return self.answer(200, {"status": "up"})
        cookies = dict(pair.strip().partition("=")[::2] for pair in (self.headers.get("Cookie") or "").split(";"))
        sid = cookies.get(COOKIE)
        if (method, path) == ("POST", "/login"):
            old, user = store.live(sid), json.loads(raw)["user"]
            if old is not None:
                store.change(str(sid), {**old, "ended": True})
            new = os.urandom(16).hex() if store.broken != "mix" else f"same-{hash(user) % 7}"
            store.change(new, {"user": user, "data": {}, "ended": False, "at": {}, "last": time.time()})
            return self.answer(200, {"user": user}, f"{COOKIE}={new}; Path=/; HttpOnly")
        session = store.live(sid)
        key = KEY.fullmatch(path)
        if not key and (method, path) not in (("GET", "/session"), ("POST", "/logout")):
            return self.answer(404, {})
        if session is None:
            return self.answer(401, {"error": "no-session"})
        if path == "/logout":
            store.change(str(sid), {**session, "ended": True})
            return self.answer(200, {}, f"{COOKIE}=; Path=/; Max-Age=0")
        if key:
            data = {key[1]: json.loads(raw)["value"]} if method == "PUT" else {}
            store.change(str(sid), {**session, "data": data, "at": {key[1]: time.time()}})
            return self.answer(200, {})
        return self.answer(200, {"user": session["user"], "data": session["data"]})

    def strange(self) -> None:
        """Answer as something else than the probe application."""
        if self.answers == "never":
            threading.Event().wait()
        if self.answers == "500":
            return self.answer(500, {"sorry": True})
        page = b"<html>Welcome</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = handle_one


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--peer", action="append", default=[])
    asked.add_argument("--broken", default="")
    asked.add_argument("--idle", type=float, default=0)
    asked.add_argument("--answers", default="")
    told = asked.parse_args()
    if told.answers == "gone":
        print("cannot go on", flush=True)
        sys.exit(3)
    Handler.answers = told.answers
    Handler.store = Store(told.peer, told.broken, told.idle)
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer((told.host, told.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for peer in told.peer if told.broken != "lose" else []:
        try:
            with urllib.request.urlopen(f"{peer}/copies", timeout=1) as copies:
                for sid, record in json.load(copies).items():
                    Handler.store.merge(sid, record)
        except (OSError, ValueError):
            continue  # nobody there yet, or a stranger
    Handler.ready = True
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
