"""The product's YAML is read as the product reads it, and refused with the place, what was found and the mend."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import notation
from reference.config import Configuration, read
from reference.errors import Finding, Refused
from reference.reading import STAND_IN_KEY
from reference.settings import WAN
from reference.timing import touch_interval_us

KEY = "71649a82bf79db7a367d7a4afdd4de3748317cfcdb2f0fb343843ad3b9efa083"
MINUTE = 60_000_000
RIGHT = f"""\
version: "1"
features:
  experimental.clusters: true
clusters:
  - name: my-cluster
    addresses:
      membership: /ip4/0.0.0.0/tcp/9450
      data: /ip4/0.0.0.0/tcp/9451
    discovery:
      method: static
      static:
        nodes: [10.0.0.1:9450, 10.0.0.2:9450]
    encryption:
      psk: {KEY}
session:
  store:
    type: cluster
    cluster:
      name: my-cluster
  lifetime:
    maxTimeout: 24h
    idleTimeout: 15m
  cookie:
    name: maverics_session
http:
  address: 0.0.0.0:9443
  routing:
    enabled: true
    type: cluster
    cluster:
      name: my-cluster
apps:
  - name: shop
"""
EXAMPLES = Path(__file__).parents[2]


def config(text: str = RIGHT, **environment: str) -> Configuration:
    return read(text, environment=environment, name="m.yaml")


def edited(*edits: tuple[str, str]) -> str:
    text = RIGHT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def refusals(text: str, **environment: str) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        config(text, **environment)
    return list(refused.value.findings)


def refusal(text: str, **environment: str) -> Finding:
    """Give the one refusal: a mistake is told once, not with everything that follows from it."""
    found = refusals(text, **environment)
    assert len(found) == 1, [str(finding) for finding in found]
    return found[0]


# -------------------------------------------------------------------------------------------------- what is right


def test_a_right_file_becomes_settings() -> None:
    settings = config().settings()
    assert (settings.cluster, settings.absolute_us, settings.idle_us) == ("my-cluster", 24 * 60 * MINUTE, 15 * MINUTE)
    assert (settings.cookie_name, settings.cookie_domain, settings.routing) == ("maverics_session", "", True)
    assert (settings.http_only, settings.secure, settings.same_site) == (True, True, "None")
    assert (settings.acknowledge, settings.quarantine_us) == ("one", 24 * 60 * MINUTE)


def test_settings_follow_the_file() -> None:
    text = edited(
        ("24h", "1h30m"),
        ("15m", "0"),
        ("maverics_session", "sid\n    domain: .Example.com\n    disableHTTPOnly: true"),
        ("    enabled: true", "    enabled: false"),
    )
    settings = config(text + "x-anynode: {acknowledge: all, sameSite: Lax, profile: wan}\n").settings()
    assert settings.timing == WAN
    assert (settings.absolute_us, settings.idle_us) == (90 * MINUTE, 0)
    assert (settings.cookie_name, settings.cookie_domain, settings.http_only) == ("sid", "example.com", False)
    assert (settings.acknowledge, settings.same_site, settings.routing) == ("all", "Lax", False)


@pytest.mark.parametrize("line", ["    maxTimeout: 24h\n", "24h"])
def test_an_unset_or_zero_max_timeout_means_a_day(line: str) -> None:
    settings = config(RIGHT.replace(line, "" if line.startswith(" ") else "0")).settings()
    assert settings.absolute_us == 24 * 60 * MINUTE


def test_the_poll_interval_is_read() -> None:
    srv = "method: srvDNS\n      srvDNS: {names: [_m._udp.x.], pollInterval: 500ms}\n"
    text = edited(("method: static\n      static:\n        nodes: [10.0.0.1:9450, 10.0.0.2:9450]\n", srv))
    assert config(text).settings().poll_us == 500_000
    assert config().settings().poll_us == 5_000_000


def test_other_blocks_are_left_alone_and_listed() -> None:
    assert config().not_read == ("version", "apps", "http.address")
    assert config().raw["apps"] == [{"name": "shop"}]


def test_without_a_store_the_local_one_is_meant() -> None:
    """REQ-CFG-1; and nothing of it is about the cluster then."""
    configuration = config("session: {cookie: {name: sid}}")
    assert configuration.store == "local"
    assert configuration.settings().cluster == ""
    assert config("{}").store == "local"


@pytest.mark.requirement("REQ-EXP-17")
def test_the_local_store_is_shared_with_nobody_and_bounded() -> None:
    """REQ-EXP-17; a cluster of the same file and its routing mean nothing to it."""
    settings = config("session: {store: {type: local, local: {capacity: 120}}}").settings()
    assert (settings.shared, settings.capacity, settings.acknowledge, settings.routing) == (False, 120, "none", False)
    assert config("{}").settings().capacity == 50_000
    assert config().settings().shared
    assert touch_interval_us(settings) == 0


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "'120'", "true"])
def test_a_capacity_is_a_whole_number_above_zero(value: str) -> None:
    finding = refusal("session: {store: {type: local, local: {capacity: " + value + "}}}")
    assert finding.path == "session.store.local.capacity"


@pytest.mark.parametrize("value", ["true", "True", '"true"', "TRUE", "enabled", "Enabled", '"ENABLED"'])
def test_the_flag_counts_as_on(value: str) -> None:
    """REQ-CFG-5, REQ-CFG-6."""
    assert config(edited(("clusters: true", f"clusters: {value}"))).model.clustering


@pytest.mark.parametrize("value", ["false", "on", "yes", "1", '"1"', '""', "enable", "[true]"])
def test_any_other_value_of_the_flag_counts_as_off(value: str) -> None:
    finding = refusal(edited(("clusters: true", f"clusters: {value}")))
    assert (finding.rule, finding.path, finding.line) == ("flag-off", 'features["experimental.clusters"]', 3)
    assert finding.requirement == "REQ-CFG-9"


def test_with_the_flag_off_clusters_are_ignored() -> None:
    """REQ-CFG-8: their mistakes refuse nothing while the store is local."""
    text = edited(
        ("clusters: true", "clusters: false"),
        ("type: cluster\n    cluster:\n      name: my-cluster\n  l", "type: local\n  l"),
    )
    assert config(text.replace(KEY, "beef")).store == "local"
    assert not config(text).settings().routing


def test_several_clusters_may_be_defined() -> None:
    """REQ-CFG-16."""
    second = RIGHT[RIGHT.index("  - name: my-cluster") : RIGHT.index("session:")]
    text = RIGHT.replace("session:", second.replace("my-cluster", "other").replace("945", "955") + "session:", 1)
    assert [cluster.name for cluster in config(text).model.clusters] == ["my-cluster", "other"]
    finding = refusal(text.replace("other", "my-cluster"))
    assert (finding.rule, finding.path, finding.requirement) == ("duplicate-cluster", "clusters[1].name", "REQ-CFG-16")


def test_a_node_key_is_optional() -> None:
    """REQ-CFG-11."""
    text = edited((f"psk: {KEY}", f"psk: {KEY}\n      nodeKey: {{file: /etc/maverics/primary-key}}"))
    assert config(text).model.clusters[0].encryption.node_key.file == "/etc/maverics/primary-key"


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("10.0.0.9:9450", "10.0.0.9", 9450),
        ("node-1.example.com:9450", "node-1.example.com", 9450),
        ("/ip4/10.0.0.9/tcp/9450", "10.0.0.9", 9450),
        ("/dns4/node-1/tcp/9450", "node-1", 9450),
        ("{endpoint: '10.0.0.9:9450'}", "10.0.0.9", 9450),
        ("{address: /ip4/10.0.0.9/tcp/9450}", "10.0.0.9", 9450),
        ("'[fd00::1]:9450'", "fd00::1", 9450),
    ],
)
def test_a_peer_is_written_in_any_usual_way(entry: str, host: str, port: int) -> None:
    nodes = config(edited(("10.0.0.1:9450", entry))).model.clusters[0].discovery.static.nodes
    assert nodes is not None
    assert nodes[0] == notation.Endpoint(host, port)


def test_empty_blocks_say_as_little_as_missing_ones() -> None:
    assert (
        config(edited(("  cookie:\n    name: maverics_session\n", "  cookie:\n"))).settings().cookie_name
        == "maverics_session"
    )


# -------------------------------------------------------------------------------------------------- what is wrong

MISTAKES = {
    "missing flag": (
        ("features:\n  experimental.clusters: true\n", ""),
        "flag-off",
        'features["experimental.clusters"]',
        "experimental.clusters",
        "REQ-CFG-9",
    ),
    "misspelled flag": (
        ("experimental.clusters", "experimental.cluster"),
        "flag-off",
        'features["experimental.clusters"]',
        "experimental.clusters",
        "REQ-CFG-9",
    ),
    "nested flag": (
        ("experimental.clusters: true", "experimental: {clusters: true}"),
        "nested-flag",
        "features.experimental",
        "experimental.clusters",
        "REQ-CFG-7",
    ),
    "dangling cluster": (
        ("      name: my-cluster\n  lifetime", "      name: my-clutser\n  lifetime"),
        "dangling-cluster",
        "session.store.cluster.name",
        "my-cluster",
        "REQ-CFG-3",
    ),
    "no cluster named": (
        ("    cluster:\n      name: my-cluster\n  lifetime", "  lifetime"),
        "store-without-cluster",
        "session.store.cluster.name",
        "",
        "REQ-CFG-2",
    ),
    "dangling routing": (
        ("      name: my-cluster\napps", "      name: main\napps"),
        "dangling-cluster",
        "http.routing.cluster.name",
        "",
        "REQ-ROUT-3",
    ),
    "no type": (
        ("    type: cluster\n    cluster", "    cluster"),
        "store-without-type",
        "session.store.type",
        "",
        "REQ-CFG-1",
    ),
    "wrong type": (
        ("type: cluster\n    cluster", "type: clustered\n    cluster"),
        "malformed-value",
        "session.store.type",
        "",
        "REQ-CFG-1",
    ),
    "short key": ((KEY, KEY[:-2]), "malformed-value", "clusters[0].encryption.psk", "", "REQ-CFG-10"),
    "no hex": ((KEY, KEY[:-1] + "x"), "malformed-value", "clusters[0].encryption.psk", "", "REQ-CFG-10"),
    "no key": (
        (f"    encryption:\n      psk: {KEY}\n", ""),
        "cluster-without-key",
        "clusters[0].encryption.psk",
        "",
        "REQ-CFG-10",
    ),
    "unset variable": ((KEY, "'{{ env.PSK }}'"), "unset-variable", "clusters[0].encryption.psk", "", "REQ-CFG-17"),
    "unknown key in session": (
        ("idleTimeout", "idleTimout"),
        "unknown-key",
        "session.lifetime.idleTimout",
        "idleTimeout",
        "REQ-CFG-14",
    ),
    "unknown key in cookie": (
        ("    name: maverics", "    domian: .example.com\n    name: maverics"),
        "unknown-key",
        "session.cookie.domian",
        "domain",
        "REQ-CFG-15",
    ),
    "unknown key in cluster": (
        ("addresses", "adresses"),
        "unknown-key",
        "clusters[0].adresses",
        "addresses",
        "REQ-CFG-16",
    ),
    "unknown key in routing": (
        ("    enabled: true", "    enable: true"),
        "unknown-key",
        "http.routing.enable",
        "enabled",
        "REQ-ROUT-3",
    ),
    "misspelled block": (("session:", "sessions:"), "misspelled-block", "sessions", "session", ""),
    "unit missing": (("15m", "15"), "malformed-value", "session.lifetime.idleTimeout", "", "REQ-CFG-14"),
    "unit missing in quotes": (("15m", '"900"'), "malformed-value", "session.lifetime.idleTimeout", "", "REQ-CFG-14"),
    "no address": (
        ("/ip4/0.0.0.0/tcp/9451", "0.0.0.0:9451"),
        "malformed-value",
        "clusters[0].addresses.data",
        "",
        "REQ-CFG-13",
    ),
    "address missing": (
        ("      data: /ip4/0.0.0.0/tcp/9451\n", ""),
        "cluster-without-address",
        "clusters[0].addresses.data",
        "",
        "REQ-MEMB-6",
    ),
    "address twice": (("9451", "9450"), "address-twice", "clusters[0].addresses.data", "", "REQ-MEMB-6"),
    "third method": (
        ("method: static", "method: multicast"),
        "malformed-value",
        "clusters[0].discovery.method",
        "",
        "REQ-CFG-12",
    ),
    "no method": (
        ("      method: static\n", ""),
        "discovery-without-method",
        "clusters[0].discovery.method",
        "",
        "REQ-CFG-12",
    ),
    "no list": (
        ("[10.0.0.1:9450, 10.0.0.2:9450]", "[]"),
        "discovery-without-list",
        "clusters[0].discovery.static.nodes",
        "",
        "REQ-CFG-12",
    ),
    "no name": (
        ("  - name: my-cluster\n    addresses", "  - addresses"),
        "cluster-without-name",
        "clusters[0].name",
        "",
        "REQ-CFG-16",
    ),
    "older flag": (
        ("experimental.clusters", "experimental.orchestratorGroups"),
        "older-spelling",
        'features["experimental.orchestratorGroups"]',
        'features["experimental.clusters"]',
        "REQ-CFG-18",
    ),
    "older routing": (
        (
            "    type: cluster\n    cluster:\n      name: my-cluster\napps",
            "    type: group\n    cluster:\n      name: my-cluster\napps",
        ),
        "older-spelling",
        "http.routing.type",
        "cluster",
        "REQ-CFG-18",
    ),
    "older lifetime": (
        ("  lifetime:\n", "  maxLifetimeSeconds: 3600\n  lifetime:\n"),
        "older-spelling",
        "session.maxLifetimeSeconds",
        "session.lifetime.maxTimeout",
        "REQ-CFG-14",
    ),
    "wrong shape": (
        ("    type: cluster\n    cluster:\n      name: my-cluster\n  lifetime", "    cluster\n  lifetime"),
        "wrong-shape",
        "session.store",
        "",
        "REQ-CFG-1",
    ),
    "cookie name": (("maverics_session", "my session"), "malformed-value", "session.cookie.name", "", "REQ-COOK-1"),
    "logout": (
        ("apps:", "singleLogout: {logoutURL: /logout}\napps:"),
        "malformed-value",
        "singleLogout.logoutURL",
        "",
        "REQ-REVOC-4",
    ),
    "logout without a URL": (
        ("apps:", "singleLogout: {postLogout: {}}\napps:"),
        "logout-without-url",
        "singleLogout.logoutURL",
        "",
        "REQ-REVOC-4",
    ),
    "extension": (
        ("apps:", "x-anynode: {acknowledge: two}\napps:"),
        "malformed-value",
        "x-anynode.acknowledge",
        "",
        "",
    ),
    "unknown extension": (
        ("apps:", "x-anynode: {samesite: Lax}\napps:"),
        "unknown-key",
        "x-anynode.samesite",
        "sameSite",
        "",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_once_with_place_and_mend(mistake: str) -> None:
    edit, rule, path, nearest, requirement = MISTAKES[mistake]
    finding = refusal(edited(edit))
    assert (finding.rule, finding.path, finding.nearest, finding.requirement) == (rule, path, nearest, requirement)
    assert finding.write
    assert str(finding).startswith("m.yaml")
    if nearest:
        assert nearest.rpartition(".")[2].strip('"]') in finding.write


def test_the_older_spelling_as_a_whole_is_refused_with_every_new_name() -> None:
    """REQ-CFG-18: what a file of 2025 looks like."""
    text = edited(
        ("experimental.clusters", "experimental.orchestratorGroups"),
        ("clusters:\n", "orchestratorGroups:\n"),
        (
            "    type: cluster\n    cluster:\n      name: my-cluster\napps",
            "    type: group\n    group:\n      name: my-cluster\napps",
        ),
    )
    found = refusals(text)
    assert [finding.rule for finding in found] == ["older-spelling"] * 4
    assert [finding.line for finding in found] == [3, 4, 29, 30]


def test_a_missing_block_is_told_where_it_is_missed() -> None:
    finding = refusal(edited(("features:\n  experimental.clusters: true\n", "")))
    assert (finding.path, finding.line) == ('features["experimental.clusters"]', 15)


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = edited(("9450\n", "945000\n"), (KEY, "beef"), ("15m", "15"), ("maverics_session", "a;b"))
    assert [finding.line for finding in refusals(text)] == [7, 14, 22, 24]


def test_a_clean_file_has_no_findings_at_all() -> None:
    """Every test of a mistake above starts from it: what it shows comes from the edit."""
    assert config().notes == ()


# ------------------------------------------------------------------------------------- environment and secrets


@pytest.mark.parametrize("written", ['"{{ env.PSK }}"', "{{ env.PSK }}", "'{{env.PSK}}'", ">-\n        {{ env.PSK }}"])
def test_a_variable_is_put_in_before_anything_is_judged(written: str) -> None:
    """REQ-CFG-17, REQ-CFG-19: with and without quotes, folded as in the vendor's chart."""
    assert config(edited((KEY, written)), PSK=KEY.upper()).psk() == KEY


def test_a_variable_without_quotes_may_be_a_switch_or_a_number() -> None:
    text = edited(("    enabled: true", "    enabled: {{ env.ROUTING }}"), ("15m", "{{ env.IDLE }}"))
    assert config(text, ROUTING="true", IDLE="0").settings().routing
    assert not config(text, ROUTING="false", IDLE="0").settings().routing


def test_variables_of_blocks_that_are_not_read_are_nobodys_business() -> None:
    text = edited(("- name: shop", "- name: '{{ env.SHOP }}-{{ env.X }}'"))
    assert config(text).raw["apps"] == [{"name": "{{ env.SHOP }}-{{ env.X }}"}]
    assert config(text, SHOP="a", X="b").raw["apps"] == [{"name": "a-b"}]


def test_a_stand_in_takes_the_place_of_an_unset_key_and_is_noted() -> None:
    text = edited((KEY, "'{{ env.PSK }}'"))
    stood_in = read(text, environment={}, stand_ins=True)
    assert stood_in.psk() == STAND_IN_KEY == stood_in.raw["clusters"][0]["encryption"]["psk"]
    assert len(stood_in.notes) == 1
    assert "PSK" in stood_in.notes[0]
    assert read(text, environment={"PSK": KEY}, stand_ins=True).notes == ()


def test_nothing_stands_in_for_what_is_no_secret() -> None:
    with pytest.raises(Refused, match="NAME"):
        read(edited(("name: my-cluster", "name: '{{ env.NAME }}'")), environment={}, stand_ins=True)


def test_nothing_stands_in_for_a_key_that_is_there_and_wrong() -> None:
    with pytest.raises(Refused, match="64 hex digits"):
        read(edited((KEY, "beef")), environment={}, stand_ins=True)


@pytest.mark.requirement("REQ-CFG-19")
def test_a_reference_to_the_secret_provider_is_taken_and_its_value_unknown() -> None:
    """REQ-CFG-19."""
    text = edited((KEY, "<vault.cluster.psk>"))
    assert config(text).psk() is None
    assert read(text, environment={}, stand_ins=True).psk() == STAND_IN_KEY


def test_an_unset_name_is_told_once_and_not_as_a_dangling_one() -> None:
    assert (
        refusal(RIGHT.replace("name: my-cluster\n    addresses", "name: '{{ env.NAME }}'\n    addresses")).rule
        == "unset-variable"
    )


@given(st.text(alphabet="0123456789abcdefxyz", min_size=33, max_size=70).filter(lambda text: len(text) != 64))
def test_no_message_shows_a_key(key: str) -> None:
    """REQ-SEC-5: wherever it was written, and whatever was wrong with it."""
    text = RIGHT.replace(KEY, f"'{key}'")
    shown = "".join(str(finding) for finding in refusals(text))
    assert key not in shown
    assert key[:16] not in shown


@pytest.mark.parametrize(
    "place", ["name: maverics_session", "maxTimeout: 24h", "psk: " + KEY, "nodes: [10.0.0.1:9450, 10.0.0.2:9450]"]
)
def test_no_message_shows_a_key_at_a_wrong_place(place: str) -> None:
    name = place.partition(":")[0]
    for misplaced in (
        f"{name}: {KEY} ;",
        f"{name}: '{{{{ env.KEY }}}} ;'",
        f"{name}s: {KEY}",
        f"{name}:\n      {KEY}: {KEY}",
    ):
        shown = "".join(str(finding) for finding in refusals(RIGHT.replace(place, misplaced), KEY=KEY))
        assert KEY not in shown


def test_a_configuration_does_not_print_its_key() -> None:
    configuration = config()
    assert KEY in json.dumps(configuration.raw)
    assert KEY not in repr(configuration)
    assert KEY not in json.dumps(configuration.without_secrets())


# ---------------------------------------------------------------------------------------------- files that come along


def test_the_scenarios_own_configuration_is_right() -> None:
    text = (EXAMPLES / "scenarios/data/maverics.yaml").read_text(encoding="utf-8")
    configuration = read(text, environment={})
    assert configuration.psk() == STAND_IN_KEY
    assert (configuration.settings().idle_us, configuration.settings().absolute_us) == (15 * MINUTE, 1440 * MINUTE)


def test_the_example_needs_its_key() -> None:
    text = (EXAMPLES / "examples/maverics.yaml").read_text(encoding="utf-8")
    assert read(text, environment={"CLUSTER_PSK": KEY}).psk() == KEY
    assert refusal(text).rule == "unset-variable"


def test_domains_that_the_cookie_had_are_those_that_it_has_no_more() -> None:
    told = config(RIGHT + "x-anynode: {formerCookieDomains: ['', .Example.com, example.com, other.example.com]}\n")
    assert told.settings().former_domains == ("example.com", "other.example.com")


@pytest.mark.parametrize("former", ["a b; Secure", "https://example.com", "example..com", "x\\r\\nSet-Cookie: y=1"])
def test_a_former_domain_that_is_no_host_name_is_refused_before_it_stands_in_a_line(former: str) -> None:
    refused = refusal(RIGHT + f'x-anynode: {{formerCookieDomains: ["{former}"]}}\n')
    assert refused.path == "x-anynode.formerCookieDomains[0]"
    assert "write one such as 'example.com'" in refused.write
