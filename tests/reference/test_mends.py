"""What doctor says to write is right by doctor: whoever does as it says is not told to do otherwise."""

import re

import pytest

from reference.diagnose import Diagnosis, diagnose
from reference.errors import HINT, Finding

FILE = "session: {{lifetime: {{maxTimeout: 24h, idleTimeout: 15m}}, cookie: {{name: sid{domain}}}}}\n{logout}"
SHOP, PAY, APEX = "https://shop.example.com", "https://pay.example.com", "https://example.com"
VISITED = [
    [SHOP],
    [SHOP, PAY],
    [SHOP, PAY, APEX],
    ["https://a.shop.example.com", "https://b.shop.example.com"],
    [f"{SHOP}."],
    [f"{SHOP}.", f"{PAY}."],
    [f"{SHOP}.", PAY],
    [f"{SHOP}.", SHOP],
    ["https://10.0.0.1"],
    ["https://localhost"],
    ["https://localhost", "https://localhost."],
]
DOMAINS = ["", "example.com", ".shop.example.com", "example.net", "com", "10.0.0.1"]
LOGOUTS = ["", "https://shop.example.com/out", "https://auth.example.com/out", "https://auth.example.org/out"]


def look(domain: str, hosts: list[str], logout: str) -> Diagnosis:
    text = FILE.format(
        domain=f", domain: '{domain}'" if domain else "", logout=logout and f"singleLogout: {{logoutURL: '{logout}'}}"
    )
    return diagnose([("m.yaml", text)], environment={}, hosts=hosts)


def of_domain(diagnosis: Diagnosis) -> list[Finding]:
    return [one for one in diagnosis.findings if one.path == "session.cookie.domain" and one.level != HINT]


def mended(finding: Finding, domain: str, hosts: list[str]) -> tuple[str, list[str]]:
    """Do as the finding says."""
    if written := re.search(r"write 'domain: (\S+)'", finding.write):
        domain = written[1]
    elif finding.write.startswith("remove it"):
        domain = ""
    if "without a dot at the end" in finding.write:
        hosts = [host.removesuffix(".") for host in hosts]
    return domain, hosts


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("logout", LOGOUTS)
def test_whoever_writes_the_domain_that_doctor_says_is_told_nothing_more_of_it(domain: str, logout: str) -> None:
    for hosts in VISITED:
        for finding in of_domain(look(domain, hosts, logout)):
            right = mended(finding, domain, hosts)
            assert right != (domain, hosts), finding.write
            assert of_domain(look(*right, logout)) == [], (hosts, finding.write)


def test_a_domain_is_written_without_the_dot_at_the_end_of_its_hosts() -> None:
    (finding,) = of_domain(look("", [f"{SHOP}.", f"{PAY}."], ""))
    assert finding.write == "write 'domain: .example.com', and send users to hosts without a dot at the end"


def test_a_lone_host_is_told_to_have_no_domain() -> None:
    (finding,) = of_domain(look("example.net", ["https://shop.example.org"], ""))
    assert (finding.rule, finding.write) == ("host-outside-domain", "remove it, or name the other hosts too")


def test_no_domain_is_called_too_wide_while_the_host_that_logs_out_is_unknown() -> None:
    assert of_domain(look("example.com", [SHOP], "{{ env.LOGOUT }}")) == []
    assert [one.rule for one in of_domain(look("example.com", [SHOP], ""))] == ["domain-too-wide"]


SRV = """\
clusters:
  - name: c
    addresses: {{membership: /ip4/0.0.0.0/tcp/9450, data: /ip4/0.0.0.0/tcp/9451}}
    discovery: {{method: srvDNS, srvDNS: {{names: ['{name}']}}}}
    encryption: {{psk: <vault.psk>}}
"""


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("membership._udp.x", "_membership._udp.x."),
        ("_membership.udp.x.", "_membership._udp.x."),
        ("x.example.com", "_membership-udp._udp.x.example.com."),
        ("_x._udp", "_membership-udp._udp.x._udp."),
        ("_x._udp.a..b", "_membership-udp._udp.SERVICE."),
        ("x y", "_membership-udp._udp.SERVICE."),
        ("...", "_membership-udp._udp.SERVICE."),
    ],
)
def test_an_srv_name_is_mended_to_one_that_is_taken(name: str, mend: str) -> None:
    def about_names(name: str) -> list[str]:
        findings = diagnose([("m.yaml", SRV.format(name=name))], environment={}).findings
        return [one.write for one in findings if one.rule == "srv-name-unlikely"]

    assert about_names(name) == [f"write '{mend}'"]
    assert about_names(mend) == []
