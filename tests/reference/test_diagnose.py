"""Doctor turns the source document's complaints into findings: where, what was found, what to write."""

import ast
from collections.abc import Sequence
from pathlib import Path
from time import process_time  # noqa: TID251 - how long many mistakes take is what one test is about

import pytest

from reference import rules_beside, rules_cookie, rules_file, rules_nodes
from reference.diagnose import Diagnosis, diagnose
from reference.errors import HINT, REFUSAL, WARNING, Finding
from reference.explained import EXPLAINED
from reference.reading import STAND_IN_KEY

KEY = "71649a82bf79db7a367d7a4afdd4de3748317cfcdb2f0fb343843ad3b9efa083"
OTHER = KEY[::-1]
RIGHT = """\
features:
  experimental.clusters: true
clusters:
  - name: my-cluster
    addresses:
      membership: /ip4/10.0.0.1/tcp/9450
      data: /ip4/10.0.0.1/tcp/9451
    discovery:
      method: static
      static:
        nodes: ['10.0.0.1:9450', '10.0.0.2:9450', '10.0.0.3:9450']
    encryption:
      psk: "{{ env.CLUSTER_PSK }}"
session:
  store:
    type: cluster
    cluster:
      name: my-cluster
  lifetime:
    maxTimeout: 24h
    idleTimeout: 15m
  cookie:
    name: sid
http:
  routing: {enabled: true, type: cluster, cluster: {name: my-cluster}}
"""
SHOP, PAY = "https://shop.example.com", "https://pay.example.com/cart"


def edited(*edits: tuple[str, str], text: str = RIGHT) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


def node(number: int, *edits: tuple[str, str]) -> str:
    """Give the file of one node of three: its own addresses, all else alike."""
    return edited(("/ip4/10.0.0.1/", f"/ip4/10.0.0.{number}/"), *edits)


def look(*texts: str, hosts: Sequence[str] = (), **environment: str) -> Diagnosis:
    files = [(f"n{number}.yaml", text) for number, text in enumerate(texts, 1)]
    return diagnose(files, environment={"CLUSTER_PSK": KEY, **environment}, hosts=hosts)


def found(diagnosis: Diagnosis, rule: str) -> Finding:
    findings = [finding for finding in diagnosis.findings if finding.rule == rule]
    assert len(findings) == 1, [str(finding) for finding in diagnosis.findings]
    return findings[0]


def with_domain(domain: str) -> str:
    return edited(("    name: sid", f"    name: sid\n    domain: {domain}"))


def test_a_right_file_is_clean_but_for_the_vendors_own_word() -> None:
    diagnosis = look(RIGHT)
    assert diagnosis.verdict == "clean"
    assert [(finding.rule, finding.level) for finding in diagnosis.findings] == [("experimental", HINT)]


def test_three_right_files_of_one_cluster_are_clean() -> None:
    diagnosis = look(node(1), node(2), node(3), hosts=[SHOP])
    assert diagnosis.verdict == "clean"
    assert diagnosis.files == ["n1.yaml", "n2.yaml", "n3.yaml"]


# ---------------------------------------------------------------------- first complaint: cluster sessions not working

NOT_WORKING = [
    (
        ("features:\n  experimental.clusters: true\n", ""),
        "flag-off",
        "write 'experimental.clusters: true' under features",
    ),
    (
        ("    cluster:\n      name: my-cluster\n  l", "    cluster:\n      name: main\n  l"),
        "dangling-cluster",
        "my-cluster",
    ),
    (('    encryption:\n      psk: "{{ env.CLUSTER_PSK }}"\n', ""), "cluster-without-key", "openssl rand -hex 32"),
]


@pytest.mark.parametrize(("edit", "rule", "mend"), NOT_WORKING)
def test_what_keeps_cluster_sessions_from_working_is_refused(edit: tuple[str, str], rule: str, mend: str) -> None:
    diagnosis = look(edited(edit))
    finding = found(diagnosis, rule)
    assert diagnosis.verdict == "refused"
    assert (finding.level, finding.complaint) == (REFUSAL, "Cluster sessions not working")
    assert mend in finding.write


def test_doctor_tells_all_that_refuses_a_file_and_goes_on() -> None:
    rules = [finding.rule for finding in look(edited(("idleTimeout: 15m", "idleTimeout: 15"), ("24h", "0"))).findings]
    assert {"malformed-value", "max-timeout-unset"} < set(rules)
    assert "idle-timeout-unset" not in rules, "it is there, and told to be malformed"


# ------------------------------------------------------------------ second complaint: sessions not shared across nodes

APART = [
    (("name: my-cluster", "name: other"), "nodes-differ", "session.store.cluster.name", REFUSAL),
    (
        ("type: cluster\n    cluster:\n      name: my-cluster\n  l", "type: local\n  l"),
        "nodes-differ",
        "session.store.type",
        REFUSAL,
    ),
    (("env.CLUSTER_PSK", "env.OTHER_PSK"), "keys-differ", "clusters[0].encryption.psk", REFUSAL),
    (("name: sid", "name: sid2"), "nodes-differ", "session.cookie.name", REFUSAL),
    (("name: sid", "name: sid\n    domain: example.com"), "nodes-differ", "session.cookie.domain", REFUSAL),
    (("name: sid", "name: sid\n    disableHTTPOnly: true"), "nodes-differ", "session.cookie.disableHTTPOnly", WARNING),
    (("idleTimeout: 15m", "idleTimeout: 16m"), "nodes-differ", "session.lifetime.idleTimeout", WARNING),
    (("maxTimeout: 24h", "maxTimeout: 23h"), "nodes-differ", "session.lifetime.maxTimeout", WARNING),
    (("enabled: true", "enabled: false"), "nodes-differ", "http.routing.enabled", WARNING),
    (
        ("method: static", "method: srvDNS\n      srvDNS: {names: [_m._udp.x.]}"),
        "discovery-differs",
        "clusters[0].discovery.method",
        WARNING,
    ),
    (("10.0.0.2/tcp/9450", "10.0.0.1/tcp/9450"), "address-taken", "clusters[0].addresses.membership", REFUSAL),
    (("'10.0.0.3:9450'", "'10.0.0.3:9460'"), "static-port-unknown", "clusters[0].discovery.static.nodes", WARNING),
]


@pytest.mark.parametrize(("edit", "rule", "path", "level"), APART)
def test_what_keeps_nodes_apart_is_told_of_the_second_file(
    edit: tuple[str, str], rule: str, path: str, level: str
) -> None:
    other = node(2, edit) if edit[0] in node(2) else edited(edit, text=node(2))
    diagnosis = look(node(1), other, OTHER_PSK=OTHER)
    finding = next(finding for finding in diagnosis.findings if finding.rule == rule and finding.path == path)
    assert (finding.file, finding.level) == ("n2.yaml", level)
    assert finding.complaint == "Sessions not shared across nodes"
    assert "n1.yaml" in finding.found or rule == "static-port-unknown"
    assert KEY not in str(finding)
    assert OTHER not in str(finding)
    alone = [finding.rule for finding in look(other, OTHER_PSK=OTHER).findings]
    assert rule not in alone, "a single file has nobody to differ from"


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (("name: sid", "name: sid\n    domain: example.com"), ("name: sid", "name: sid\n    domain: .Example.com")),
        (("15m", "900s"), ("15m", "15m0s")),
        (("24h", "0"), ("24h", "1440m")),
        (("{{ env.CLUSTER_PSK }}", KEY.upper()), ("{{ env.CLUSTER_PSK }}", "{{ env.CLUSTER_PSK }}")),
    ],
)
def test_what_is_only_written_otherwise_is_no_difference(here: tuple[str, str], there: tuple[str, str]) -> None:
    assert look(node(1, here), node(2, there)).verdict == "clean"


SRV_NAME = "_membership-udp._udp.maverics-clusters.idp.svc.cluster.local."
BY_SRV = ("method: static", f"method: srvDNS\n      srvDNS: {{names: [{SRV_NAME}]}}")


def test_srv_names_are_compared_as_dns_does() -> None:
    upper = look(node(1, BY_SRV), node(2, BY_SRV, (SRV_NAME, SRV_NAME.replace("local", "Local"))))
    assert "discovery-differs" not in [finding.rule for finding in upper.findings]
    other = look(node(1, BY_SRV), node(2, BY_SRV, (SRV_NAME, "_membership-udp._udp.other.")))
    assert "'_membership-udp._udp.other.', where n1.yaml has" in found(other, "discovery-differs").found


def test_a_dot_that_one_srv_name_lacks_is_said_in_so_many_words() -> None:
    diagnosis = look(node(1, BY_SRV), node(2, BY_SRV, (SRV_NAME, SRV_NAME.removesuffix("."))))
    finding = found(diagnosis, "discovery-differs")
    assert finding.path == "clusters[0].discovery.srvDNS.names"
    assert finding.found == "what n1.yaml has too, but for the dot at the end of the name"
    assert finding.write.startswith("end the name with a dot on every node")


def test_srv_names_that_no_node_looks_up_are_not_compared() -> None:
    unused = BY_SRV[0], BY_SRV[1].replace("srvDNS\n", "static\n")
    diagnosis = look(node(1, unused), node(2, unused, (SRV_NAME, "_membership-udp._udp.other.")))
    assert "discovery-differs" not in [finding.rule for finding in diagnosis.findings]


def test_a_key_that_is_unknown_here_is_compared_with_nothing() -> None:
    diagnosis = look(node(1), node(2, ("env.CLUSTER_PSK", "env.UNSET")))
    assert diagnosis.verdict == "warnings"
    assert found(diagnosis, "unset-variable").path == "clusters[0].encryption.psk"
    assert look(node(1), node(2, ("{{ env.CLUSTER_PSK }}", "<vault.psk>"))).verdict == "clean"


def test_a_key_that_is_being_rolled_is_a_warning() -> None:
    accepted = f"x-anynode: {{acceptedPsks: [{KEY}, {OTHER}]}}\n"
    diagnosis = look(node(1) + accepted, node(2, ("env.CLUSTER_PSK", "env.NEW")) + accepted, NEW=OTHER)
    assert found(diagnosis, "keys-differ").level == WARNING
    assert (
        found(look(node(1), node(2, ("env.CLUSTER_PSK", "env.NEW")) + accepted, NEW=OTHER), "keys-differ").level
        == REFUSAL
    )


LISTS = "['10.0.0.1:9450', '10.0.0.2:9450', '10.0.0.3:9450']"


@pytest.mark.parametrize(
    ("lists", "apart"),
    [
        (("['10.0.0.2:9450']", "['10.0.0.3:9450']", "['10.0.0.1:9450']"), []),
        (("['10.0.0.1:9450']", "['10.0.0.1:9450']", "['10.0.0.2:9450']"), []),
        (("['10.0.0.2:9450']", "['10.0.0.1:9450']", "['10.0.0.3:9450']"), ["n3.yaml"]),
        (("['10.0.0.1:9450']", "['10.0.0.2:9450']", "['10.0.0.3:9450']"), ["n2.yaml", "n3.yaml"]),
        (("['node-2:9450']", "['10.0.0.2:9450']", "['10.0.0.3:9450']"), []),
    ],
)
def test_static_lists_lead_from_every_node_to_every_other(lists: tuple[str, str, str], apart: list[str]) -> None:
    """One known member is enough to join, in either direction (REQ-MEMB-10); a name may be anybody's."""
    diagnosis = look(*(node(number, (LISTS, listed)) for number, listed in enumerate(lists, 1)))
    findings = [finding for finding in diagnosis.findings if finding.rule == "static-lists-apart"]
    assert [finding.file for finding in findings] == apart


def test_a_missing_setting_of_one_file_is_compared_by_its_default() -> None:
    diagnosis = look(
        node(1, ("    name: sid\n", "    name: maverics_session\n")), node(2, ("  cookie:\n    name: sid\n", ""))
    )
    assert diagnosis.verdict == "clean"


def test_a_file_given_twice_is_told_of_once_a_time() -> None:
    diagnosis = diagnose([("a.yaml", RIGHT), ("a.yaml", RIGHT)], environment={"CLUSTER_PSK": KEY})
    assert [finding.rule for finding in diagnosis.findings].count("experimental") == 2
    assert [finding.rule for finding in diagnosis.findings].count("address-taken") == 2


# ------------------------------------------------------------------------------ third complaint: cookie domain issues


def test_subdomains_without_a_domain_are_refused_with_their_parent() -> None:
    diagnosis = look(RIGHT, hosts=[SHOP, PAY])
    finding = found(diagnosis, "subdomains-apart")
    assert diagnosis.verdict == "refused"
    assert (finding.path, finding.line, finding.complaint) == ("session.cookie.domain", 22, "Cookie domain issues")
    assert finding.write == "write 'domain: .example.com'"


@pytest.mark.parametrize("domain", [".example.com", "example.com", ".EXAMPLE.com"])
def test_the_parent_domain_is_clean_with_and_without_its_dot(domain: str) -> None:
    assert look(with_domain(domain), hosts=[SHOP, PAY, "https://example.com:8443"]).verdict == "clean"


@pytest.mark.parametrize("hosts", [[SHOP], [SHOP, "https://shop.example.com:8443/x"], []])
def test_one_host_needs_no_domain(hosts: list[str]) -> None:
    assert look(RIGHT, hosts=hosts).verdict == "clean"


DOMAINS = [
    ("com", "domain-is-suffix", "domain: .example.com"),
    (".co.uk", "domain-is-suffix", "domain: .example.com"),
    ("github.io", "domain-is-suffix", "domain: .example.com"),
    ("localhost", "domain-is-suffix", "domain: .example.com"),
    ("intranet", "domain-is-suffix", "domain: .example.com"),
    ("10.0.0.1", "domain-is-address", "domain: .example.com"),
    ("'::1'", "domain-is-address", "domain: .example.com"),
    ("https://example.com", "domain-no-name", "domain: .example.com"),
    ("example.com:8443", "domain-no-name", "domain: .example.com"),
    ("'*.example.com'", "domain-no-name", "domain: .example.com"),
    ("' example.com '", "domain-no-name", "domain: .example.com"),
    ("..example.com", "domain-no-name", "domain: .example.com"),
    ("example.com.", "domain-no-name", "domain: .example.com"),
    ("example.com/app", "domain-no-name", "domain: .example.com"),
    ("'example.com, example.org'", "domain-no-name", "domain: .example.com"),
    ("a..example.com", "domain-no-name", "domain: .example.com"),
    ("bücher.example", "domain-no-name", "domain: .xn--bcher-kva.example"),
    ("other.com", "host-outside-domain", "domain: .example.com"),
    ("shop.example.com", "host-outside-domain", "domain: .example.com"),
    ("ample.com", "host-outside-domain", "domain: .example.com"),
]


@pytest.mark.requirement("COOK-72", "COOK-73", "COOK-74", "COOK-75", "COOK-76", "COOK-77")
@pytest.mark.parametrize(("domain", "rule", "mend"), DOMAINS)
def test_a_domain_that_no_browser_stores_is_refused_with_one_that_it_does(domain: str, rule: str, mend: str) -> None:
    diagnosis = look(with_domain(domain), hosts=[SHOP, PAY])
    finding = found(diagnosis, rule)
    refusals = [finding for finding in diagnosis.findings if finding.level == REFUSAL]
    assert refusals == [finding]
    assert (finding.path, finding.line, finding.complaint) == ("session.cookie.domain", 24, "Cookie domain issues")
    assert mend in finding.write


@pytest.mark.parametrize("domain", ["co.uk", "10.0.0.1", "example.com:8443"])
def test_a_domain_is_judged_without_any_host(domain: str) -> None:
    assert look(with_domain(domain)).verdict == "refused"


def test_tenants_of_a_hosting_suffix_are_strangers() -> None:
    """The private section of the public suffix list counts (COOK-16)."""
    diagnosis = look(RIGHT, hosts=["https://a.github.io", "https://b.github.io"])
    assert found(diagnosis, "sites-apart").level == WARNING
    assert "subdomains-apart" not in [finding.rule for finding in diagnosis.findings]


def test_hosts_of_two_sites_can_share_nothing() -> None:
    diagnosis = look(with_domain("example.com"), hosts=[SHOP, "https://example.org"])
    assert "no domain joins example.com and example.org" in found(diagnosis, "host-outside-domain").write


@pytest.mark.requirement("COOK-80")
@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("http://shop.example.com", "warnings"),
        ("http://localhost:8080", "clean"),
        ("http://127.0.0.1", "clean"),
        (SHOP, "clean"),
    ],
)
def test_a_secure_cookie_over_plain_http_is_a_warning(url: str, verdict: str) -> None:
    diagnosis = look(RIGHT, hosts=[url])
    assert diagnosis.verdict == verdict
    assert (verdict == "warnings") == ("secure-over-http" in [finding.rule for finding in diagnosis.findings])


PREFIXES = [
    ("__Host-sid", "domain: .example.com", "COOK-78", "write 'name: __Secure-sid'"),
    ("__hOST-sid", "domain: example.com", "COOK-78", "write 'name: __Secure-sid'"),
    ("__Host-sid", "disableSecure: true", "COOK-78", "remove disableSecure"),
    ("__Secure-sid", "disableSecure: true", "COOK-79", "remove disableSecure"),
    ("__Http-sid", "disableHTTPOnly: true", "", "remove disableHTTPOnly"),
    ("__Host-Http-sid", "disableHTTPOnly: true", "", "remove disableHTTPOnly"),
]


@pytest.mark.requirement("COOK-78", "COOK-79")
@pytest.mark.parametrize(("name", "setting", "requirement", "mend"), PREFIXES)
def test_a_prefixed_name_without_what_it_stands_for_is_refused(
    name: str, setting: str, requirement: str, mend: str
) -> None:
    with_lax = RIGHT + "x-anynode: {sameSite: Lax}\n"
    prefixed = edited(("name: sid", f"name: {name}"), text=with_lax)
    assert look(prefixed).verdict == "clean"
    diagnosis = look(edited(("name: sid", f"name: {name}\n    {setting}"), text=with_lax))
    finding = found(diagnosis, "prefix-not-kept")
    assert [one for one in diagnosis.findings if one.level == REFUSAL] == [finding]
    assert (finding.path, finding.line) == ("session.cookie.name", 23)
    assert finding.requirement == requirement
    assert mend in finding.write


@pytest.mark.requirement("COOK-79")
@pytest.mark.parametrize("same_site", ["", "x-anynode: {sameSite: None}\n"])
def test_same_site_none_without_secure_is_refused(same_site: str) -> None:
    finding = found(look(edited(("name: sid", "name: sid\n    disableSecure: true")) + same_site), "not-secure")
    assert (finding.level, finding.requirement) == (REFUSAL, "COOK-79")


@pytest.mark.requirement("COOK-81")
@pytest.mark.parametrize(
    ("edit", "rule", "level", "mend"),
    [
        (("maxTimeout: 24h", "maxTimeout: 9601h"), "outlives-its-cookie", WARNING, "maxTimeout: 9600h"),
        (("name: sid", "name: maverics_session"), "name-of-the-product", HINT, "name: __Host-id"),
        (("    name: sid\n", "    domain: .example.com\n"), "name-of-the-product", HINT, "name: __Secure-id"),
        (("name: sid", "name: sid\n    disableHTTPOnly: true"), "not-http-only", WARNING, "remove it"),
    ],
)
def test_what_weakens_the_cookie_is_said(edit: tuple[str, str], rule: str, level: str, mend: str) -> None:
    finding = found(look(edited(edit)), rule)
    assert (finding.level, finding.requirement) == (level, "COOK-81")
    assert mend in finding.write
    assert rule not in [one.rule for one in look(edited(("maxTimeout: 24h", "maxTimeout: 9600h"))).findings]


@pytest.mark.requirement("COOK-82")
@pytest.mark.parametrize(
    ("hosts", "mend"),
    [
        (["https://a.shop.example.com", "https://b.shop.example.com"], "write 'domain: .shop.example.com'"),
        ([SHOP], "remove it"),
        ([SHOP, PAY], ""),
        (["https://example.com", SHOP], ""),
        ([], ""),
    ],
)
def test_a_domain_wider_than_its_hosts_is_a_warning(hosts: list[str], mend: str) -> None:
    diagnosis = look(with_domain("example.com"), hosts=hosts)
    if not mend:
        assert diagnosis.verdict == "clean"
        return
    finding = found(diagnosis, "domain-too-wide")
    assert (diagnosis.verdict, finding.requirement) == ("warnings", "COOK-82")
    assert mend in finding.write


def test_the_host_that_logs_out_needs_the_domain_too() -> None:
    logout = "singleLogout: {logoutURL: 'https://auth.example.com/out'}\n"
    assert look(with_domain("example.com") + logout, hosts=[SHOP]).verdict == "clean"


@pytest.mark.parametrize("host", ["auth.example.com:99999", "auth..example.com", "*.example.com", "-a-.example.com"])
def test_a_logout_page_that_no_browser_can_visit_is_malformed_and_no_host(host: str) -> None:
    diagnosis = look(with_domain("example.com") + f"singleLogout: {{logoutURL: 'https://{host}/out'}}\n", hosts=[SHOP])
    refusals = [(finding.rule, finding.path) for finding in diagnosis.findings if finding.level == REFUSAL]
    assert refusals == [("malformed-value", "singleLogout.logoutURL")]


@pytest.mark.parametrize("url", ["ftp://shop.example.com", "https://", "http://a b/", "https://a:b:c"])
def test_a_host_that_is_none_is_unreadable(url: str) -> None:
    diagnosis = look(RIGHT, hosts=[url])
    assert diagnosis.verdict == "unreadable"
    assert diagnosis.findings[0].place == f"--host {url}"


def test_a_domain_that_is_unknown_is_not_judged() -> None:
    diagnosis = look(with_domain("'{{ env.DOMAIN }}'"), hosts=[SHOP, PAY])
    assert [finding.rule for finding in diagnosis.findings if finding.level != HINT] == ["unset-variable"]
    assert look(with_domain("'{{ env.DOMAIN }}'"), hosts=[SHOP, PAY], DOMAIN="com").verdict == "refused"


# ----------------------------------------------------------------------------------------------- what else is said

REMARKS = [
    (("    maxTimeout: 24h\n", ""), "max-timeout-unset", HINT, "24h"),
    (("    idleTimeout: 15m\n", ""), "idle-timeout-unset", HINT, "idleTimeout: 15m"),
    (("idleTimeout: 15m", "idleTimeout: 25h"), "idle-exceeds-max", WARNING, "less than maxTimeout"),
    (
        ("idleTimeout: 15m", "idleTimeout: 15m\n    evalIdleTimeoutSE: {funcName: F}"),
        "idle-timeout-unused",
        HINT,
        "one",
    ),
    (("name: sid", "name: sid\n    disableHTTPOnly: true"), "not-http-only", WARNING, "remove"),
    (("name: sid", "name: sid\n    disableSecure: true"), "not-secure", REFUSAL, "https"),
    (("http:\n  routing: {enabled: true", "http:\n  routing: {enabled: false"), "routing-off", HINT, "enabled: true"),
    (("enabled: true, type: cluster, ", "enabled: true, "), "routing-incomplete", WARNING, "type: cluster"),
    ((", cluster: {name: my-cluster}}", "}"), "routing-incomplete", WARNING, "name: my-cluster"),
    (("{{ env.CLUSTER_PSK }}", STAND_IN_KEY), "trial-key", WARNING, "openssl"),
    (("{{ env.CLUSTER_PSK }}", KEY), "key-in-file", HINT, "env.CLUSTER_PSK"),
    (("{{ env.CLUSTER_PSK }}", "{{ env.UNSET }}"), "unset-variable", WARNING, "set UNSET"),
    ((LISTS, "['10.0.0.1:9450']"), "static-names-itself", WARNING, "peers"),
    ((LISTS, "['10.0.0.2:9451']"), "static-names-data-port", WARNING, "9450"),
    (("data: /ip4/10.0.0.1/", "data: /ip4/127.0.0.1/"), "out-of-reach", WARNING, "data: /ip4/0.0.0.0/tcp/9451"),
    (
        ("membership: /ip4/10.0.0.1/", "membership: /ip4/127.0.0.1/"),
        "out-of-reach",
        WARNING,
        "membership: /ip4/0.0.0.0",
    ),
    (("method: static", "method: static\n      srvDNS: {names: [_m._udp.x.]}"), "discovery-unused", HINT, "one"),
    (("type: cluster\n    cluster", "type: local\n    cluster"), "store-cluster-unused", WARNING, "type: cluster"),
]


@pytest.mark.parametrize(("edit", "rule", "level", "mend"), REMARKS)
def test_what_is_unlikely_to_be_meant_is_said(edit: tuple[str, str], rule: str, level: str, mend: str) -> None:
    assert rule not in [finding.rule for finding in look(RIGHT).findings]
    finding = next(finding for finding in look(edited(edit)).findings if finding.rule == rule)
    assert finding.level == level
    assert mend in finding.write


STORES_NAME, ROUTINGS_NAME = "session.store.cluster.name", "http.routing.cluster.name"
TYPOS = [
    (("      name: my-cluster\n  l", "      name: my-clster\n  l"), STORES_NAME),
    (("type: cluster, cluster: {name: my-cluster}}", "type: cluster, cluster: {name: my-clster}}"), ROUTINGS_NAME),
]


@pytest.mark.parametrize("flag", ["true", "false"])
@pytest.mark.parametrize(("edit", "path"), TYPOS)
def test_a_typing_error_in_a_cluster_s_name_is_told_once_and_where_it_is(
    edit: tuple[str, str], path: str, flag: str
) -> None:
    diagnosis = look(edited(edit, ("experimental.clusters: true", f"experimental.clusters: {flag}")))
    about_names = [finding for finding in diagnosis.findings if finding.path in {STORES_NAME, ROUTINGS_NAME}]
    assert [(finding.rule, finding.path) for finding in about_names] == [("dangling-cluster", path)]
    assert "write 'my-cluster'" in about_names[0].write


@pytest.mark.parametrize("routing", ["{enabled: false}", "{enabled: true, type: cluster}"])
def test_no_mend_repeats_a_name_that_no_cluster_has(routing: str) -> None:
    with_typo = edited(TYPOS[0][0], ("{enabled: true, type: cluster, cluster: {name: my-cluster}}", routing))
    mends = [finding.write for finding in look(with_typo).findings if finding.rule.startswith("routing-")]
    assert len(mends) == 1
    assert "name: my-cluster" in mends[0]


def test_routing_in_another_cluster_than_the_store_s_is_a_warning() -> None:
    other = edited().partition("clusters:\n")[2].partition("session:")[0].replace("my-cluster", "other")
    two = edited(("session:\n", other.replace("10.0.0.1/", "10.9.0.1/") + "session:\n"), TYPOS[1][0])
    finding = found(look(two.replace("my-clster", "other")), "routing-incomplete")
    assert (finding.level, finding.path, finding.write) == (WARNING, ROUTINGS_NAME, "write 'name: my-cluster'")


def test_clusters_without_the_flag_are_said_to_be_ignored() -> None:
    local = ("type: cluster\n    cluster:\n      name: my-cluster\n  l", "type: local\n  l")
    diagnosis = look(edited(local, ("experimental.clusters", "experimental.cluster")))
    assert diagnosis.verdict == "warnings"
    assert "experimental.cluster instead" in found(diagnosis, "clusters-ignored").found
    assert found(diagnosis, "routing-incomplete").level == WARNING
    assert [finding.rule for finding in look(edited(local)).findings] == ["store-is-local"]


def test_a_nested_flag_beside_the_flat_one_is_only_told_to_go() -> None:
    diagnosis = look(edited(("clusters: true", "clusters: true\n  experimental: {clusters: false}")))
    finding = found(diagnosis, "nested-flag")
    assert (diagnosis.verdict, finding.level, finding.write) == ("warnings", WARNING, "remove it")
    off = look(edited(("clusters: true", "clusters: false\n  experimental: {clusters: true}")))
    assert found(off, "flag-off").level == REFUSAL, "the flat one counts"


UNKNOWN_TYPES = ["Cluster", "'{{ env.STORE_TYPE }}'"]


@pytest.mark.parametrize("store", UNKNOWN_TYPES)
@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_store_of_unknown_type_is_called_neither_local_nor_clustered(store: str, flag: str) -> None:
    text = edited(("type: cluster\n    cl", f"type: {store}\n    cl"), ("clusters: true", f"clusters: {flag}"))
    rules = {finding.rule for finding in look(text).findings}
    assert rules & {"malformed-value", "unset-variable"}
    assert not rules & {"store-is-local", "clusters-ignored", "store-cluster-unused"}
    alone = f"session: {{store: {{type: {store}}}}}\n"
    assert "store-keeps-to-itself" not in {finding.rule for finding in look(alone).findings}


@pytest.mark.parametrize(("store", "level"), [*((store, REFUSAL) for store in UNKNOWN_TYPES), ("local", WARNING)])
def test_mistakes_in_clusters_are_softened_only_where_they_are_surely_ignored(store: str, level: str) -> None:
    without_flag = edited(("clusters: true", "clusters: false"), ("/ip4/10.0.0.1/tcp/9450", "9450"))
    diagnosis = look(edited(("type: cluster\n    cl", f"type: {store}\n    cl"), text=without_flag))
    finding = next(one for one in diagnosis.findings if one.path == "clusters[0].addresses.membership")
    assert (finding.rule, finding.level) == ("malformed-value", level)


def test_a_cookie_without_secure_needs_another_same_site() -> None:
    text = edited(("name: sid", "name: sid\n    disableSecure: true"))
    assert found(look(text), "not-secure").level == REFUSAL
    assert found(look(text + "x-anynode: {sameSite: Lax}\n"), "not-secure").level == WARNING


def test_a_logout_page_outside_of_the_domain_does_not_get_the_cookie() -> None:
    logout = "singleLogout: {logoutURL: 'https://auth.example.org/out'}\n"
    assert found(look(with_domain("example.com") + logout), "logout-outside-domain").level == WARNING
    assert look(with_domain("example.org") + logout).verdict == "clean"


def test_what_is_not_read_is_listed() -> None:
    diagnosis = look(RIGHT + "apps: []\n", RIGHT.replace("http:\n", "http:\n  address: x\n") + "apps: []\nversion: 1\n")
    assert diagnosis.not_read == ["apps", "version", "http.address"]


def test_one_unreadable_file_makes_the_verdict_and_the_others_are_judged() -> None:
    diagnosis = look("a: [", edited(("24h", "24")))
    assert diagnosis.verdict == "unreadable"
    assert [(finding.file, finding.rule) for finding in diagnosis.findings if finding.level == REFUSAL] == [
        ("n1.yaml", "unreadable"),
        ("n2.yaml", "malformed-value"),
    ]


def test_eight_times_the_mistakes_take_about_eight_times_as_long() -> None:
    """Aliases make thousands of a few lines; a look at each for each would take sixty times as long, half a minute."""
    wrong = ", ".join(f"k{number}: 1" for number in range(10))
    spent = []
    for clusters in (100, 800):
        began = process_time()
        findings = look(f"a: &a {{{wrong}}}\nclusters: [{'*a, ' * clusters}]\n").findings
        spent.append(process_time() - began)
        assert [one.rule for one in findings].count("unknown-key") == 10 * clusters
    assert spent[1] < 20 * spent[0]


BESIDE = [
    (
        "_m._udp.x.",
        "membership.example.com",
        "srv-name-unlikely",
        WARNING,
        "_membership-udp._udp.membership.example.com.",
    ),
    ("5s", "2m", "srv-polled-rarely", HINT, "pollInterval: 5s"),
    ("5s", "0", "poll-interval-zero", REFUSAL, "pollInterval: 5s"),
    ("name: tokens", "name: local_default", "cache-name-reserved", REFUSAL, "another name"),
    ("name: tokens", "name: pages", "duplicate-cache", REFUSAL, "another name"),
    ("name: my-cluster}}  # cache", "name: my-clutser}}", "dangling-cache", REFUSAL, "name: my-cluster"),
    ("cluster: {name: my-cluster}}  # cache", "cluster: {}}", "dangling-cache", REFUSAL, "name: my-cluster"),
]
WITH_CACHES = edited(
    ("method: static", "method: srvDNS\n      srvDNS: {names: [_m._udp.x.], pollInterval: 5s}"),
    ("      static:\n        nodes: ['10.0.0.1:9450', '10.0.0.2:9450', '10.0.0.3:9450']\n", ""),
) + (
    "caches:\n  - {name: pages, type: local}\n  - {name: tokens, type: cluster, cluster: {name: my-cluster}}  # cache\n"
)


@pytest.mark.parametrize(("old", "new", "rule", "level", "mend"), BESIDE)
def test_what_stands_beside_the_store_is_looked_at(old: str, new: str, rule: str, level: str, mend: str) -> None:
    assert [finding.rule for finding in look(WITH_CACHES).findings] == ["experimental"]
    finding = found(look(edited((old, new), text=WITH_CACHES)), rule)
    assert (finding.level, mend in finding.write) == (level, True)
    assert finding.line > 0


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("name: tokens", "name: '{{ env.CACHE }}'", "caches[1].name"),
        ("{name: tokens, type: cluster", "{name: tokens, type: '{{ env.CACHE }}'", "caches[1].type"),
        ("name: my-cluster}}  # cache", "name: '{{ env.CACHE }}'}}", "caches[1].cluster.name"),
    ],
)
def test_what_an_unset_variable_says_of_a_cache_is_unknown(old: str, new: str, path: str) -> None:
    findings = look(edited((old, new), text=WITH_CACHES)).findings
    assert [(one.rule, one.level, one.path) for one in findings if one.level != HINT] == [
        ("unset-variable", WARNING, path)
    ]


def test_what_a_set_variable_says_of_a_cache_is_judged() -> None:
    named, meant = edited(("name: tokens", "name: '{{ env.A }}'"), text=WITH_CACHES), "name: my-cluster}}  # cache"
    assert found(look(named, A="local_default"), "cache-name-reserved").level == REFUSAL
    assert found(look(named, A="pages"), "duplicate-cache").level == REFUSAL
    clustered = edited((meant, "name: '{{ env.A }}'}}"), text=WITH_CACHES)
    assert found(look(clustered, A="other"), "dangling-cache").level == REFUSAL
    assert look(clustered, A="my-cluster").verdict == "clean"


def test_what_a_secret_says_of_a_cache_is_unknown_and_nothing_to_tell() -> None:
    secret = ("name: my-cluster}}  # cache", "name: <vault.cluster>}}"), ("name: tokens", "name: <vault.name>")
    assert look(edited(*secret, ("name: pages", "name: <vault.name>"), text=WITH_CACHES)).verdict == "clean"


def test_variables_of_caches_that_nothing_is_judged_by_may_be_unset() -> None:
    redis = edited(("type: local}", "type: redis, redis: {password: '{{ env.REDIS }}'}}"), text=WITH_CACHES)
    assert look(redis).verdict == "clean"


def test_a_local_store_is_said_to_keep_to_itself_and_several_to_share_nothing() -> None:
    text = "session: {store: {type: local}, lifetime: {maxTimeout: 24h, idleTimeout: 15m}, cookie: {name: sid}}\n"
    assert [(one.rule, one.level) for one in look(text).findings] == [("store-keeps-to-itself", HINT)]
    assert found(look("session: {lifetime: {maxTimeout: 24h}}\n"), "store-keeps-to-itself").found.startswith("no store")
    several = found(look(text, text), "nodes-share-nothing")
    assert (several.level, several.complaint) == (WARNING, "Sessions not shared across nodes")


def test_every_rule_that_speaks_is_explained_and_no_other() -> None:
    """Found in the source: a rule is named where its finding is made."""
    named: set[str] = set()
    for file in Path(rules_file.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                kind = getattr(call.func, "attr", getattr(call.func, "id", ""))
                texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                named |= {*texts[:1]} if kind in {"finding", "_refusal", "_of_cache"} else set()
                named |= {
                    word.value.value
                    for word in call.keywords
                    if kind == "Finding" and word.arg == "rule" and isinstance(word.value, ast.Constant)
                }
    assert named == set(EXPLAINED)


@pytest.mark.parametrize("table", [rules_file.RULES, rules_beside.RULES, rules_cookie.RULES, rules_nodes.RULES])
def test_every_rule_says_what_it_is_about(table: Sequence[object]) -> None:
    assert all(rule.__doc__ for rule in table)
    assert len({getattr(rule, "__name__", "") for rule in table}) == len(table)
