"""A cluster session store in one file of Python: a program (python.yaml), and a class of objects (python-object.yaml).

It replicates whole records. A record is one session, or the last revocation of one user; two copies of a record merge
into one, in any order and any number of times. A change is sent to all peers and answered once the first of them has
it, or after half a second when none does: so one crash loses nothing. Once a second a node asks one peer for the
records that changed there since it last asked.
"""

import hashlib
import hmac
import json
import re
import secrets
import sys

SECOND, DAY, PIECE = 1_000_000, 86_400_000_000, 500  # µs, µs, and records in one line: a line has its limit


def microseconds(text):
    """Return the length of a duration such as 1h30m."""
    units = {"ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def hashed(session_id):
    """Return what stands for a session id among the nodes: an id is a secret of its browser."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:32]


def merged(one, other):
    """Return the record that knows what both know: later stamps win, the node's name breaks ties, an end is final."""
    if one is None or "revoked" in one:
        return other if one is None or other["revoked"] > one["revoked"] else one
    cells = dict(one["cells"])
    for key, cell in other["cells"].items():
        cells[key] = max(cells.get(key, cell), cell, key=lambda each: (each["stamp"], each["by"]))
    ended = min(filter(None, (one["ended"], other["ended"])), default=None)
    return {**one, "last": max(one["last"], other["last"]), "cells": cells, "ended": ended}


def values(session):
    """Return a session's data as its user sees it."""
    return {key: cell["value"] for key, cell in session["cells"].items() if not cell["gone"]}


class Store:
    """One node: its turns are methods; each takes a line as a dict and returns the lines that it answers."""

    def hello(self):
        contract = {"converge_us": 8 * SECOND, "detect_us": SECOND, "idle_slack_us": SECOND, "survives_crashes": 1}
        features = ["revoke", "restart", "peek", "idle", "absolute", "merge", "config"]
        return {"re": 1, "protocol": 1, "name": "record-store-py", "features": features, "contract": contract}

    def init(self, m):
        self.me, self.boot, self.peers = m["node"], m["boot"], m["peers"]
        self.seed = (m["seed"] or secrets.token_hex(32)).encode()
        session = m["config"].get("session", {})
        life = session.get("lifetime", {})
        self.cookie = session.get("cookie", {}).get("name", "maverics_session")
        self.idle = microseconds(life.get("idleTimeout", "0s"))
        self.absolute = microseconds(life.get("maxTimeout", "24h")) or DAY
        self.records, self.changed = {}, {}  # by name, the latest change last; and the number of that change
        self.asked = {}  # peer -> its boot, and the number of its last change that is known here
        self.waiting = {}  # number of a change -> the answer that waits for a peer to have it
        self.touched = {}  # name -> when its last activity was last told to the others
        self.changes = self.sent = self.ids = self.round = self.stamp = 0
        self.ready = False
        alone = {"timer": "alone", "after": 3 * SECOND}
        return [alone, {"timer": "pull", "after": SECOND}, *map(self.pull, self.peers)]

    def send(self, peer, **body):
        return {"send": peer, "channel": "data", "body": body}

    def keep(self, record):
        """Merge a record into what is here; a session begun before its user's last revocation is ended by it."""
        name, held = record["name"], self.records.get(record["name"])
        new = merged(held, record)
        self.stamp = max(self.stamp, new["stamp"])
        if "cells" in new and new["stamp"] < self.records.get("user " + new["user"], {}).get("revoked", 0):
            new = {**new, "ended": new["ended"] or "ended"}
        if new == held:
            return
        self.changes += 1
        self.records.pop(name, None)
        self.records[name], self.changed[name] = new, self.changes
        if "revoked" in new:
            for session in [r for r in self.records.values() if "cells" in r and r["user"] == new["user"]]:
                self.keep(session)

    def change(self, records, answer):
        """Keep what began here, tell all peers, and give the answer once one of them has it."""
        self.sent += 1
        number = f"{self.boot}.{self.sent}"
        for record in records:
            self.keep(record)
        self.waiting[number] = answer
        put = [self.records[record["name"]] for record in records]
        return [{"timer": number, "after": SECOND // 2}, *(self.send(p, put=put, number=number) for p in self.peers)]

    def pull(self, peer):
        boot, number = self.asked.get(peer, (0, 0))
        return self.send(peer, since=number, boot=boot)

    def message(self, m):
        peer, body = m["from"], m["body"]
        for record in body.get("put", []):
            self.keep(record)
        if "have" in body:
            first = body["have"] in self.waiting
            return [self.waiting.pop(body["have"]), {"timer": body["have"], "cancel": True}] if first else []
        if "since" in body:
            known = body["since"] * (body["boot"] == self.boot)
            news = [name for name in self.records if self.changed[name] > known]
            more, put = len(news) > PIECE, [self.records[name] for name in news[:PIECE]]
            upto = self.changed[news[PIECE - 1]] if more else self.changes
            return [self.send(peer, put=put, upto=upto, more=more, boot=self.boot, ready=self.ready)]
        if "upto" in body:
            self.asked[peer] = (body["boot"], body["upto"])
            self.ready = self.ready or (body["ready"] and not body["more"])
            return [self.pull(peer)] if body["more"] else []
        return [self.send(peer, have=body["number"])]

    def timer(self, m):
        if m["name"] == "alone":
            self.ready = True
        elif m["name"] == "pull":
            self.round += 1
            old = m["now"] - self.absolute - 60 * SECOND  # what no cookie can ask for any more
            for name in [name for name, record in self.records.items() if record["stamp"] < old]:
                del self.records[name], self.changed[name]
            turn = self.round % max(1, len(self.peers))
            return [{"timer": "pull", "after": SECOND}, *map(self.pull, self.peers[turn : turn + 1])]
        return [self.waiting.pop(m["name"])] if m["name"] in self.waiting else []

    def discovered(self, m):
        self.peers = m.get("peers", self.peers)
        return []

    def stop(self, _m):
        return [{"stopped": True}]

    def request(self, m):
        """Answer a request to the probe application (subject protocol, part 1)."""

        def respond(status, /, *cookies, **body):
            headers = [("Set-Cookie", f"{self.cookie}={c}; Path=/; Secure; HttpOnly; SameSite=None") for c in cookies]
            return {"respond": m["request"], "status": status, "headers": headers, "body": body}

        now, user = m["now"], (m["body"] or {}).get("user")
        route, _, key = (m["method"] + " " + m["path"]).partition("/session/data/")
        if not self.ready or route == "GET /status":
            return [respond(200, status="up") if self.ready else respond(503, error="not-ready")]
        name = hashed(dict(pair.partition("=")[::2] for pair in (m["cookie"] or "").split("; ")).get(self.cookie, ""))
        held = self.records.get(name)
        if route == "GET /peek":
            return [respond(200, **held, data=values(held)) if held else respond(404, error="no-session")]
        stamp = self.stamp = max(now, self.stamp + 1)
        if route == "POST /revoke":
            count = sum("cells" in r and r["user"] == user and not r["ended"] for r in self.records.values())
            revocation = {"name": "user " + user, "user": user, "stamp": stamp, "revoked": stamp}
            return self.change([revocation], respond(200, sessions=count))
        if route == "POST /login":
            self.ids += 1
            fresh = hmac.new(self.seed, b"id %d" % self.ids, "sha256").hexdigest()
            new = {"name": hashed(fresh), "user": user, "stamp": stamp, "created": now, "last": now}
            replaced = [{**held, "ended": "ended"}] if held else []
            return self.change([*replaced, {**new, "cells": {}, "ended": None}], respond(200, fresh, user=user))
        if route not in ("GET /session", "POST /logout", "PUT ", "DELETE "):
            return [respond(404, error="no-such-path")]
        if not held or held["ended"]:
            return [respond(401, error=held["ended"] if held else "no-session")]
        if now - held["created"] > self.absolute or (self.idle and now - held["last"] > self.idle):
            return self.change([{**held, "ended": "expired"}], respond(401, error="expired"))
        if route == "POST /logout":
            return self.change([{**held, "ended": "ended"}], respond(200, "; Max-Age=0"))
        if key and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", key):
            return [respond(400, error="bad-key")]
        active = {**held, "last": max(held["last"], now)}
        if route == "GET /session":
            answer = respond(200, user=held["user"], data=values(held))
            self.keep(active)
            if now - self.touched.get(name, 0) <= SECOND:
                return [answer]
            self.touched[name] = now
            return [self.send(peer, put=[active], number="0") for peer in self.peers] + [answer]
        cell = {"value": None, "gone": True} if route == "DELETE " else {"value": m["body"]["value"], "gone": False}
        cells = {**held["cells"], key: {**cell, "stamp": stamp, "by": self.me}}
        return self.change([{**active, "cells": cells}], respond(200))


if __name__ == "__main__":
    store = Store()
    for line in sys.stdin:
        told = json.loads(line)
        if (op := told["op"]) in ("init", "discovered", "timer", "message", "request", "stop"):
            said = getattr(store, op)(told)
        else:
            said = [{**store.hello(), "re": told["id"]} if op == "hello" else {"unsupported": op}]
        print("\n".join(json.dumps(one) for one in [*said, {"done": told["id"]}]), flush=True)
