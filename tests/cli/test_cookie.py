"""`anynode cookie`: what browsers do with the cookies of an answer."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import process_time  # noqa: TID251 - how much is spent on how long an answer is what one test is about
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cli.app import execute
from conformance.cookie_lint import look_at
from simulator.visits import visit

GOOD = "__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax"
CASES = Path(__file__).parents[1] / "simulator" / "cookie_cases.json"


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    value = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict)
    return value


def faults(lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    file = tmp_path / "answer.txt"
    file.write_bytes("\r\n".join(lines).encode("latin-1"))
    execute(["cookie", str(file), "--json", *more])
    return [fault["rule"] for one in told(capsys)["cookies"] for fault in one["faults"]]


def test_a_cookie_as_it_should_be_is_told_where_it_goes_and_blamed_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.txt"
    file.write_text(f"HTTP/1.1 200 OK\nContent-Length: 0\nSet-Cookie: {GOOD}\n\n", encoding="ascii")
    assert execute(["cookie", str(file), "--at", "https://shop.example.com/cart"]) == 0
    assert capsys.readouterr().out == (
        f"{file}: __Host-id\n"
        "  kept      until the browser is closed\n"
        "  sent to   shop.example.com over https; from pages of its own site, and by links from others\n"
    )


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly", "COOK-61"),
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=None", "COOK-61"),
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; SameSite=Lax", "COOK-60"),
        ("id=0123456789abcdefghijkl; Path=/; HttpOnly; SameSite=Lax", "COOK-60"),
        ("id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-57"),
        ("__Host-id=0123456789; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-58"),
        ("__Host-id=0123456789abcdef.node1; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-58"),
        ("__Host-id=eyJhbGciOiJIUzI1NiJ9.e30.AAAAAAAAAAAAAA; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-64"),
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60", "COOK-63"),
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax; Secure", "COOK-48"),
        ("__Host-id=01234567 9abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-47"),
        ("__Secure-id=0123456789abcdefghijkl; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-62"),
        ("__Secure-id=0123456789abcdefghijkl; Domain=.example.com; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-50"),
        ("JSESSIONID=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax", "COOK-59"),
        ("__Secure-id=0123456789abcdefghijkl; Path=app; Secure; HttpOnly; SameSite=Lax", "COOK-22"),
        ("__Host-id=0123456789abcdefghijkl; Path=/; Secure; HttpOnly; SameSite=Lax; Expires=tomorrow", "COOK-49"),
    ],
)
def test_each_mistake_is_named_by_its_rule(
    line: str, rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rule in faults([line], tmp_path, capsys)
    assert rule not in faults([GOOD], tmp_path, capsys)


def test_a_date_that_no_browser_can_read_does_not_outlive_the_browser(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults([f"{GOOD}; Expires=0"], tmp_path, capsys) == ["COOK-49"]
    assert faults([f"{GOOD}; Expires=Fri, 31 Dec 9999 23:59:59 GMT"], tmp_path, capsys) == ["COOK-63"]
    assert faults([f"{GOOD}; Max-Age=soon"], tmp_path, capsys) == []


def test_a_name_that_is_set_twice_in_one_answer_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert faults([GOOD, GOOD], tmp_path, capsys) == ["COOK-48"]


def test_a_refused_cookie_says_by_which_rule_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Set-Cookie: a=1; Domain=co.uk; Secure\n")))
    assert execute(["cookie", "-", "--at", "https://shop.co.uk/", "--json"]) == 1
    assert told(capsys)["cookies"][0]["refused"]["rule"] == "COOK-16"


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("HTTP/1.1 200 OK\nSet-Cookie: a=1\n\nSet-Cookie: body=1\n", ["a"]),
        (
            "\nHTTP/1.1 200 OK\nSet-Cookie: a=1\nSet-Cookie: b=1\n\n<p>\n\nHTTP/1.1 200 OK\nSet-Cookie: body=1\n",
            ["a", "b"],
        ),
        ("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nSet-Cookie: a=1\n\nSet-Cookie: body=1\n", ["a"]),
        ("HTTP/2 302\nSet-Cookie: a=1\n\nHTTP/2 200\nSet-Cookie: b=1", ["a", "b"]),
        ("Set-Cookie: a=1\n\nServer: x\nSet-Cookie: b=1", ["a", "b"]),
        ("a=1\n\nb=1\n", ["a", "b"]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_a_saved_answer_the_header_counts_and_what_its_body_says_does_not(
    answer: str, names: list[str], end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.txt"
    file.write_bytes(answer.replace("\n", end).encode("ascii"))
    execute(["cookie", str(file), "--json"])
    assert [one["name"] for one in told(capsys)["cookies"]] == names


def test_a_body_alone_sets_no_cookie(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("HTTP/1.1 200 OK\n\nSet-Cookie: body=1\n", encoding="ascii")
    assert execute(["cookie", str(file)]) == 2
    assert "found no Set-Cookie line" in capsys.readouterr().err


def test_one_cookie_of_several_can_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert faults([GOOD, "other=1"], tmp_path, capsys, "--name", "__Host-id") == []


def test_a_megabyte_of_attributes_and_a_thousand_cookies_are_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"c{number}=1" for number in range(1_000)] + [
        "a=1; " + "x=y; " * 200_000 + "Expires=Fri, 31 Dec 9999 23:59:59 GMT"
    ]
    assert "COOK-63" in faults(lines, tmp_path, capsys)


LONG = "x" * 100_000
BAD = [
    (b"a=\x01", "COOK-2", 1),
    (b"a=1; Path=/\x7f", "COOK-2", 1),
    ("\u00e4=1; Secure".encode(), "COOK-47", 1),
    (b"a=\x9b31m; Secure", "COOK-47", 1),
    (b"\x9b31m=1; Secure", "COOK-47", 1),
    (b"a=1; Domain=b\xfccher.example.com", "COOK-20", 1),
    (b"a=1; Domain=app.example.com; Domain=", "COOK-48", 1),
    (f"a=1; Path={LONG}; Secure".encode(), "COOK-57", 1),
    (f"a=1; Expires={LONG}".encode(), "COOK-49", 1),
    (f"a=1; Max-Age=-{'9' * 1_000}".encode(), "", 0),
    (f"a=1; Max-Age={'9' * 1_000}".encode(), "COOK-63", 1),
    (b"a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "COOK-63", 1),
    (b"a=1; Expires=Fri, 31 Dec 99999 23:59:59 GMT", "COOK-49", 1),
    (f"{LONG}=1".encode(), "COOK-5", 1),
    (b"=; Secure", "COOK-4", 1),
    (b";" * 100_000, "COOK-4", 1),
    (b"a" + b"=" * 4_000, "COOK-60", 1),
    (b"a=1; " + b"Secure; " * 100_000, "COOK-48", 1),
]


@pytest.mark.parametrize(("line", "rule", "code"), BAD, ids=[f"{line[:30]!r}" for line, _, _ in BAD])
def test_whatever_a_line_holds_the_rule_is_named_and_nothing_steers_the_terminal(
    line: bytes, rule: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(b"Set-Cookie: " + line + b"\r\n")
    assert execute(["cookie", str(file)]) == code
    told = capsys.readouterr().out
    assert f"({rule})" in told or not rule
    assert all(char.isprintable() for char in told.replace("\n", ""))
    assert len(told) < 3_000


def test_eight_times_as_much_takes_about_eight_times_as_long() -> None:
    """By the processor's time, and at most 24 times: in the square of it, it would be 64."""
    page, wall = visit("https://app.example.com/"), 1_800_000_000_000_000

    def spent(times: int) -> float:
        answer = [f"c{number}=1; Path=/{number}" for number in range(200 * times)]
        answer += ["a=1; " + "x=y; Domain=app.example.com; " * (2_000 * times)]
        begin = process_time()
        look_at(answer, page, wall)
        return process_time() - begin

    spent(2)
    assert spent(16) < 24 * max(spent(2), 0.005)


def test_an_answer_without_cookies_is_no_cookie(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("HTTP/1.1 200 OK\nContent-Length: 0\n\n", encoding="ascii")
    assert execute(["cookie", str(file)]) == 2
    assert "found no Set-Cookie line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "twice"),
    [
        (["set", "gone"], 0),
        (["gone", "set"], 0),
        (["gone", "gone elsewhere", "set"], 0),
        (["set", "gone", "gone"], 1),
        (["gone", "set", "gone"], 1),
        (["set", "gone there"], 1),
        (["gone there", "set"], 1),
        (["gone", "set", "set elsewhere"], 1),
        (["set", "gone", "set elsewhere"], 1),
    ],
)
def test_a_cookie_that_is_moved_to_another_domain_is_set_once_in_whichever_order(
    lines: list[str], twice: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = GOOD.replace("__Host-id", "__Secure-id")
    gone = "__Secure-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"
    there, elsewhere = "; Domain=example.com; Path", "; Domain=shop.example.com; Path"
    written = {
        "set": alone.replace("; Path", there),
        "set elsewhere": alone.replace("; Path", elsewhere),
        "gone": gone,
        "gone there": gone.replace("; Path", there),
        "gone elsewhere": gone.replace("; Path", elsewhere),
    }
    assert faults([written[line] for line in lines], tmp_path, capsys).count("COOK-48") == twice


class Answering(BaseHTTPRequestHandler):
    """Sets two cookies."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "sid=1; HttpOnly")
        self.send_header("Set-Cookie", "theme=dark")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_url_is_asked_and_its_own_answer_looked_at(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["cookie", page, "--json"]) == 1
    assert [one["name"] for one in told(capsys)["cookies"]] == ["sid", "theme"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "found neither SOURCE nor --cases"),
        (["nothing-there.txt"], "nothing-there.txt: found No such file or directory"),
        (["http://127.0.0.1:1/"], "http://127.0.0.1:1/: found"),
        (["--cases", "nothing-there.json"], "nothing-there.json: No such file or directory"),
        (["-", "--at", "app.example.com"], "--at: found 'app.example.com', expected a URL such as https://"),
        (["-", "--at", "https://"], "--at: found 'https://', expected a URL such as"),
        (["-", "--at", "https://a:b:c/"], "--at: found 'https://a:b:c/', expected a URL such as"),
        (["-", "--at", "https://a.example:99999/"], "--at: found 'https://a.example:99999/', expected a URL such as"),
        (["-", "--at", "https://a.example:-1/"], "--at: found 'https://a.example:-1/', expected a URL such as"),
        (["-", "--at", "https://[::1/"], "--at: found 'https://[::1/', expected a URL such as"),
        (["https://a.example:99999/"], "SOURCE: found 'https://a.example:99999/', expected a URL such as"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["cookie", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_cases_are_counted_and_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["cookie", "--cases", str(CASES), "--json"]) == 0
    counts = told(capsys)
    assert counts["cases"] == counts["right"] + len(counts["wrong"]) + len(counts["disputed"]) > 100
    assert counts["wrong"] == []


def test_a_case_that_goes_wrong_is_told_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = {"url": "https://a.example/", "expect_cookie_header": "a=2"}
    case = {"id": "odd", "request_url": "https://a.example/", "set_cookie_headers": ["a=1"], "then": [step]}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"vectors": [case]}), encoding="utf-8")
    assert execute(["cookie", "--cases", str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "wrong     odd: https://a.example/: sent 'a=1', expected 'a=2'",
        f"{file}: 1 cases, 0 right, 1 wrong, 0 disputed",
    ]
