"""`anynode serve`: one node, what it answers, what it logs, and what keeps it from starting."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.cli.app import execute
from reference.gateway import hash_of
from reference.live.trial import free_ports
from tests.live.configurations import alone, write
from tests.live.trials import Running, ask, login, running, status_of, wait_for

PSK = os.urandom(32).hex()
EXAMPLE = Path(__file__).parents[2] / "examples" / "maverics.yaml"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Running]]:
    """A node that is named nobody, with the probe application: its URL, and the command that runs it."""
    folder = tmp_path_factory.mktemp("served")
    config, url = alone(PSK, health={"location": "/healthz"}, logger={"logSessionID": True})
    arguments = ["serve", "--config", str(write(folder, config)), "--name", "n1", "--probe"]
    with running(arguments, folder / "log") as command:
        wait_for(lambda: status_of(url, "/healthz") == 200, f"it is ready: {command.log}")
        yield url, command


Refusal = Callable[[list[str]], str]


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Refusal:
    """Carry out a command that cannot start, and give what it says in its one line."""

    def carry_out(arguments: list[str]) -> str:
        code = execute(arguments)
        said = capsys.readouterr()
        assert (code, said.out) == (2, ""), said.err
        line, again = said.err.splitlines()
        assert again.startswith("again: anynode serve --config ")
        return line

    return carry_out


@pytest.mark.requirement("REQ-OBS-6")
@pytest.mark.requirement("REQ-OBS-7")
def test_its_health_is_where_the_configuration_says_and_its_metrics_bear_our_name(served: tuple[str, Running]) -> None:
    url, _ = served
    assert ask(url, "GET", "/healthz").body == {"status": "up"}
    login(url)
    lines = ask(url, "GET", "/metrics").text.splitlines()
    assert [line for line in lines if not line.startswith(("# HELP anynode_", "# TYPE anynode_", "anynode_"))] == []
    assert "anynode_ready 1" in lines
    assert any(line.startswith('anynode_requests_total{method="POST",status="200"} ') for line in lines)
    assert any(line.startswith("anynode_request_seconds_count ") for line in lines)


def test_its_log_is_json_names_the_node_and_tells_sessions_apart_by_a_hash_alone(served: tuple[str, Running]) -> None:
    url, command = served
    cookie = login(url, "lea")
    assert ask(url, "GET", "/session", cookie=cookie).status == 200
    secret = cookie.partition("=")[2]
    told = wait_for(
        lambda: [line for line in command.events("request") if line.get("session") == hash_of(secret)],
        "the request is logged with the session's hash",
    )
    assert (told[0]["node"], told[0]["path"], told[0]["status"]) == ("n1", "/session", 200)
    assert all(json.loads(line)["time"] for line in command.log.splitlines() if line.startswith("{"))
    for hidden in (secret, PSK, "lea"):
        assert hidden not in command.log


@pytest.mark.parametrize(
    ("method", "path", "raw", "status", "error"),
    [
        ("PUT", "/session/data/k", b'{"value":', 400, "no-json"),
        ("POST", "/login", b"\xff\xfe", 400, "no-json"),
        ("POST", "/login", b"[" * 5000, 400, "no-json"),
        ("POST", "/login", b'"' + b"x" * (1024 * 1024) + b'"', 413, "body-too-long"),
        ("POST", "/login", b'{"user": ""}', 400, "user-missing"),
        ("GET", "/nowhere", b"", 404, "no-such-path"),
        ("TRACE", "/login", b"", 405, "wrong-method"),
    ],
)
def test_what_it_cannot_take_it_turns_down(
    served: tuple[str, Running], method: str, path: str, raw: bytes, status: int, error: str
) -> None:
    url, _ = served
    answer = ask(url, method, path, raw=raw)
    assert (answer.status, answer.body) == (status, {"error": error})
    assert status_of(url, "/healthz") == 200


def test_headers_without_end_are_turned_down(served: tuple[str, Running]) -> None:
    url, _ = served
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", "/session", headers={"Cookie": "a=" + "x" * 40_000})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (431, {"error": "headers-too-long"})
    assert status_of(url, "/healthz") == 200


def test_without_probe_nobody_can_log_in(tmp_path: Path) -> None:
    config, url = alone(PSK)
    with running(["serve", "--config", str(write(tmp_path, config))], tmp_path / "log") as command:
        wait_for(lambda: status_of(url) == 200, f"it is ready: {command.log}")
        assert ask(url, "POST", "/login", {"user": "ann"}).status == 404
        assert ask(url, "GET", "/members").status == 404
        assert command.end() == 0


def test_the_example_asks_for_its_key_and_starts_with_one(
    tmp_path: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its first lines say; on ports of its own here, since the example's may be in use."""
    monkeypatch.delenv("CLUSTER_PSK", raising=False)
    assert "CLUSTER_PSK, which is not set" in refusal(["serve", "--config", str(EXAMPLE)])
    http, membership, data = free_ports(3)
    text = EXAMPLE.read_text(encoding="utf-8").replace("tcp/9450", f"tcp/{membership}").replace("9451", str(data))
    file = tmp_path / "maverics.yaml"
    file.write_text(text, encoding="utf-8")
    arguments = ["serve", "--config", str(file), "--http", f"127.0.0.1:{http}"]
    with running(arguments, tmp_path / "log", {"CLUSTER_PSK": PSK}) as command:
        wait_for(lambda: status_of(f"http://127.0.0.1:{http}") == 200, f"it is ready: {command.log}")
        assert wait_for(lambda: command.events("lookup-failed"), "the name that is not there is noted")
        assert command.end() == 0


def test_a_port_in_use_is_one_line_that_names_its_key(
    served: tuple[str, Running], tmp_path: Path, refusal: Refusal
) -> None:
    """Also what two nodes on one address come to."""
    url, command = served
    started = command.events("started")[0]
    config, _ = alone(PSK)
    config["clusters"][0]["addresses"]["membership"] = "/ip4/127.0.0.1/tcp/" + started["membership"].rpartition(":")[2]
    said = refusal(["serve", "--config", str(write(tmp_path, config))])
    assert f"clusters[trial].addresses.membership: found {started['membership']}, where this process cannot" in said
    assert "address already in use" in said
    said = refusal(["serve", "--config", str(write(tmp_path, alone(PSK)[0])), "--http", url.removeprefix("http://")])
    assert f"http.address: found {url.removeprefix('http://')}, where" in said


@pytest.mark.parametrize(
    ("more", "arguments", "says"),
    [
        ({"http": {"address": "0.0.0.0:8080"}}, ["--probe"], "http.address: found 0.0.0.0:8080, with --probe"),
        ({"http": {"address": "here"}}, [], "http.address: found 'here', without host and port, expected host:port"),
        ({"http": {"tls": "mine"}}, [], "http.tls: found 'mine', expected a profile with certificate and key"),
        ({"http": {"idleTimeoutSeconds": 0}}, [], "http.idleTimeoutSeconds: found 0, expected a whole number"),
        ({"logger": {"level": "loud"}}, [], "logger.level: found 'loud', expected one of debug, info, warn, error"),
        ({"health": {"location": "up"}}, [], "health.location: found 'up', expected a path"),
        ({"session": {"store": {"type": "cluster", "cluster": {"name": "other"}}}}, [], "session.store.cluster.name"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_key(
    more: dict[str, Any], arguments: list[str], says: str, tmp_path: Path, refusal: Refusal
) -> None:
    config, _ = alone(PSK, **more)
    assert says in refusal(["serve", "--config", str(write(tmp_path, config)), *arguments])


def test_a_key_behind_the_secret_provider_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    config, _ = alone("<vault.psk>")
    assert "encryption.psk: found a reference to the secret provider" in refusal(
        ["serve", "--config", str(write(tmp_path, config))]
    )


def test_it_speaks_tls_with_a_certificate_file(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    config, url = alone(PSK, http={"tls": "mine"})
    config["x-anynode"] = {"tls": {"mine": {"certificate": str(certificate), "key": str(key)}}}
    context = ssl.create_default_context(cafile=str(certificate))
    address = url.removeprefix("http://")

    def ready() -> bool:
        with closing(HTTPSConnection(address, timeout=5, context=context)) as connection:
            try:
                connection.request("GET", "/status")
                return connection.getresponse().status == 200
            except ConnectionError:
                return False

    with running(["serve", "--config", str(write(tmp_path, config))], tmp_path / "log") as command:
        wait_for(ready, f"it answers over TLS: {command.log}")
        assert status_of(url) == 0


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    file = write(tmp_path, alone(PSK)[0])
    program = (
        "import sys; sys.modules['uvicorn'] = None; from conformance.cli.app import execute; "
        f"sys.exit(execute(['serve', '--config', {str(file)!r}]))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 2
    assert "no package 'uvicorn', expected the extra 'live'; run: pip install 'anynode[live]'" in run.stderr


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "certificate.pem", folder / "key.pem"
