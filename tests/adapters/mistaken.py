"""An adapter of a store for one node, right but for one mistake, which the first argument names.

"none" is none; "says LINE" says that line in `init`, "answers BODY" has that body in every answer, and
"converges US" promises to converge within so many µs.
Plain Python without anynode: what an author of an adapter could write.
"""

import json
import os
import subprocess
import sys
import time

MISTAKE = sys.argv[1]
sessions: dict[str, dict[str, object]] = {}


def say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def user_of(m: dict) -> str | None:
    for pair in (m["cookie"] or "").split("; "):
        name, _, value = pair.partition("=")
        if name == "maverics_session" and value in sessions:
            return value
    return None


def answer(m: dict) -> None:
    known = user_of(m)
    respond = {"respond": m["request"], "status": 200, "headers": [], "body": {}}
    if m["path"] == "/status":
        respond["body"] = {"status": "up"}
    elif m["path"] == "/login":
        new = f"id{len(sessions)}"
        sessions[new] = {"user": m["body"]["user"], "data": {}}
        respond["headers"] = [["Set-Cookie", f"maverics_session={new}; Path=/"]]
        respond["body"] = {"user": m["body"]["user"]}
    elif m["path"] not in ("/session", "/logout"):
        respond |= {"status": 404, "body": {"error": "no-such-path"}}
    elif known is None:
        respond |= {"status": 401, "body": {"error": "no-session"}}
    elif m["path"] == "/logout":
        del sessions[known]
        respond["headers"] = [["Set-Cookie", "maverics_session=; Path=/; Max-Age=0"]]
    else:
        respond["body"] = sessions[known]
    broken_answer(respond)


def broken_answer(respond: dict) -> None:
    if MISTAKE == "answer-to-nobody":
        respond["respond"] = "c99-1"
    elif MISTAKE == "wrong-status":
        respond["status"] = "200"
    elif MISTAKE == "no-status":
        del respond["status"]
    elif MISTAKE == "wrong-body":
        respond["body"] = ["up"]
    elif MISTAKE == "wrong-member":
        respond["body"] = {"status": "UP"}
    elif MISTAKE == "wrong-headers":
        respond["headers"] = {"Set-Cookie": "a=b"}
    elif MISTAKE == "unknown-denial":
        respond |= {"status": 401, "body": {"error": "who are you"}}
    elif MISTAKE == "no-cookie":
        respond["headers"] = []
    elif MISTAKE == "two-things":
        respond |= {"send": "n2", "channel": "data"}
    elif MISTAKE.startswith("answers "):
        respond["body"] = json.loads(MISTAKE.removeprefix("answers "))
    say(respond)
    if MISTAKE == "answer-twice":
        say(respond)


def begin() -> None:
    if MISTAKE == "negative-timer":
        say({"timer": "gossip", "after": -200})
    elif MISTAKE == "timer-both":
        say({"timer": "gossip", "after": 200, "cancel": True})
    elif MISTAKE == "wrong-channel":
        say({"send": "n2", "channel": "gossip", "body": {}})
    elif MISTAKE == "no-body":
        say({"send": "n2", "channel": "data"})
    elif MISTAKE == "garbage":
        print("listening on port 8080")
    elif MISTAKE == "says-nothing-known":
        say({"log": "hello"})
    elif MISTAKE == "an-array":
        say(["timer", "gossip", 200])
    elif MISTAKE == "endless-line":
        sys.stdout.write("x" * (17 * 1024 * 1024))
    elif MISTAKE == "too-many-lines":
        for _ in range(10_001):
            say({"note": "again"})
    elif MISTAKE.startswith("says "):
        print(MISTAKE.removeprefix("says "))
    elif MISTAKE == "dies":
        sys.stderr.write("could not allocate\nthe last words\n")
        sys.stderr.flush()
        sys.exit(3)
    elif MISTAKE == "killed":
        os.kill(os.getpid(), 9)
    elif MISTAKE == "hangs":
        time.sleep(60)
    elif MISTAKE == "leaves-a-child":
        subprocess.Popen(["sleep", "60"])
        sys.exit(1)
    elif MISTAKE == "stderr-flood":
        for _ in range(65):
            sys.stderr.write("x" * 1024 * 1024)
        sys.stderr.flush()


def turn(m: dict) -> None:
    op = m["op"]
    if op == "hello":
        if MISTAKE == "other-protocol":
            say({"re": m["id"], "protocol": 2, "name": "mistaken", "features": []})
        elif MISTAKE == "no-name":
            say({"re": m["id"], "protocol": 1, "features": []})
        elif MISTAKE == "no-re":
            pass
        elif MISTAKE.startswith("converges "):
            contract = {"converge_us": int(MISTAKE.removeprefix("converges "))}
            say({"re": m["id"], "protocol": 1, "name": "mistaken", "features": ["config"], "contract": contract})
        else:
            say({"re": m["id"], "protocol": 1, "name": "mistaken", "features": ["config"]})
    elif op == "init":
        begin()
    elif op == "request":
        answer(m)
    elif op == "stop":
        say({"stopped": True})
    elif op not in ("discovered", "timer", "message"):
        say({"unsupported": op})


if MISTAKE == "output-before-input":
    say({"note": "ready"})
    sys.stdout.flush()
for line in sys.stdin:
    given = json.loads(line)
    if MISTAKE == "echoes-text" and given["op"] == "init":
        given["id"] = str(given["id"])
    turn(given)
    if MISTAKE == "no-done" and given["op"] == "init":
        sys.stdout.flush()
        continue
    say({"done": given["id"]})
    if MISTAKE == "after-done" and given["op"] == "init":
        say({"done": given["id"]})
    sys.stdout.flush()
