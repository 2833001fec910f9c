"""Configuration: what the subject makes of the product's own file, and what it refuses with which words.

Only a subject that reads that file itself can be judged by it. What a configuration then does (limits, both stores) is
judged by runs, here and in the other suites.
"""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.asserting import must, must_be, must_name
from conformance.fixtures import Judgement

Configured = Callable[..., Any]
"""Reads the scenarios' own configuration after edits: `configured({STORE: "local"})`; None takes a key away."""

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
ROUTED = {"routing": {"enabled": True, "type": "cluster", "cluster": {"name": "my-cluster"}}}
STORE, CLUSTER = "session.store.type", "session.store.cluster"


@pytest.mark.requirement("REQ-CFG-1")
def test_a_file_that_names_no_store_gets_the_local_one(configured: Configured) -> None:
    must_be(configured({"session.store": None}).store, "local", "the store")
    must_be(configured({}).store, "cluster", "the store")


@pytest.mark.requirement("REQ-CFG-1")
def test_another_store_is_refused(refused: Configured) -> None:
    must_name(refused({STORE: "redis"}), "session.store.type")


@pytest.mark.requirement("REQ-CFG-1")
@pytest.mark.scenario("node-lost-sticky-local", check="read_your_writes")
def test_the_local_store_keeps_a_session_on_its_node(judgement: Judgement) -> None:
    judgement.must_hold()


@pytest.mark.requirement("REQ-CFG-2")
def test_a_cluster_store_without_a_cluster_is_refused(refused: Configured) -> None:
    must_name(refused({CLUSTER: None}), "session.store.cluster.name")


@pytest.mark.requirement("REQ-CFG-3")
def test_a_cluster_that_is_not_defined_is_refused_by_its_name(refused: Configured) -> None:
    must_name(refused({"session.store.cluster.name": "my-clutser"}), "my-clutser")


@pytest.mark.requirement("REQ-CFG-4", "REQ-CFG-9")
def test_a_cluster_store_without_the_flag_is_refused_with_the_flags_name(refused: Configured) -> None:
    must_name(refused({"features": None}), "experimental.clusters")


@pytest.mark.requirement("REQ-CFG-5", "REQ-CFG-6")
@pytest.mark.parametrize("on", [True, "true", "TRUE", "enabled", "Enabled"])
def test_the_flag_is_on_for_true_and_enabled_as_boolean_or_text(configured: Configured, on: object) -> None:
    must_be(configured({"features": {"experimental.clusters": on}}).store, "cluster", "the store")


@pytest.mark.requirement("REQ-CFG-5")
@pytest.mark.parametrize("off", [False, "yes", "on", "1", "disabled"])
def test_the_flag_is_off_for_all_else(refused: Configured, off: object) -> None:
    must_name(refused({"features": {"experimental.clusters": off}}), "experimental.clusters")


@pytest.mark.requirement("REQ-CFG-7")
def test_the_flag_is_one_flat_key(refused: Configured) -> None:
    must_name(refused({"features": {"experimental": {"clusters": True}}}), "experimental.clusters")


@pytest.mark.requirement("REQ-CFG-8")
def test_with_the_flag_off_clusters_are_ignored_and_the_node_stands_alone(configured: Configured) -> None:
    off = configured({"features": None, "session.store": None, "clusters.0.encryption.psk": "beef", "http": ROUTED})
    must_be((off.store, off.routing, off.settings().shared), ("local", False, False), "the store, routing, sharing")


@pytest.mark.requirement("REQ-CFG-10")
@pytest.mark.parametrize("wrong", [None, KEY[:-2], KEY + "00", KEY[:-1] + "x"])
def test_a_key_is_32_bytes_in_hexadecimal_digits(configured: Configured, refused: Configured, wrong: object) -> None:
    place = "clusters[0].encryption.psk"
    must_be(configured({"clusters.0.encryption.psk": KEY}).psk(), KEY, "the key")
    said = refused({"clusters.0.encryption.psk": wrong})
    must_name(said, place)
    must(wrong is None or str(wrong) not in said, f"the refusal of a key shows it: {said}")


@pytest.mark.requirement("REQ-CFG-11")
def test_a_file_for_the_nodes_own_key_may_be_left_out(configured: Configured) -> None:
    file = {"file": "/etc/maverics/node-key"}
    must_be(configured({"clusters.0.encryption.nodeKey": file}).store, "cluster", "the store")
    must_be(configured({"clusters.0.encryption.nodeKey": None}).store, "cluster", "the store")


@pytest.mark.requirement("REQ-CFG-12")
def test_peers_are_found_by_a_list_or_by_srv_records_alone(configured: Configured, refused: Configured) -> None:
    listed = {"method": "static", "static": {"nodes": ["10.0.0.1:9450", "10.0.0.2:9450"]}}
    must_be(configured({"clusters.0.discovery": listed}).store, "cluster", "the store")
    must_name(refused({"clusters.0.discovery.method": "multicast"}), "clusters[0].discovery.method")


@pytest.mark.requirement("REQ-CFG-13")
def test_addresses_are_multiaddresses(refused: Configured) -> None:
    must_name(refused({"clusters.0.addresses.data": "0.0.0.0:9451"}), "clusters[0].addresses.data")


@pytest.mark.requirement("REQ-MEMB-6")
def test_membership_and_data_have_an_address_each(refused: Configured) -> None:
    must_name(refused({"clusters.0.addresses.membership": None}), "clusters[0].addresses.membership")
    must_name(refused({"clusters.0.addresses.data": None}), "clusters[0].addresses.data")
    must_name(refused({"clusters.0.addresses.data": "/ip4/0.0.0.0/tcp/9450"}), "clusters[0].addresses.data")


@pytest.mark.requirement("REQ-CFG-14")
def test_durations_are_written_with_their_units(configured: Configured, refused: Configured) -> None:
    must_be(configured({"session.lifetime.idleTimeout": "1h30m"}).settings().idle_us, 5_400_000_000, "1h30m in µs")
    must_name(refused({"session.lifetime.idleTimeout": "15"}), "session.lifetime.idleTimeout")


@pytest.mark.requirement("REQ-CFG-15")
def test_lifetimes_and_cookie_mean_the_same_for_both_stores(configured: Configured) -> None:
    edits = {"session.lifetime": {"maxTimeout": "2h", "idleTimeout": "5m"}, "session.cookie.name": "sid"}
    shared, local = configured(edits).settings(), configured({**edits, "session.store": None}).settings()
    for store, read in (("cluster", shared), ("local", local)):
        found = (read.absolute_us, read.idle_us, read.cookie_name)
        must_be(found, (7_200_000_000, 300_000_000, "sid"), f"lifetimes in µs and cookie of the store '{store}'")


@pytest.mark.requirement("REQ-CFG-16")
def test_several_clusters_have_names_of_their_own(configured: Configured, refused: Configured) -> None:
    first = configured({}).raw["clusters"][0]
    second = {**first, "addresses": {"membership": "/ip4/0.0.0.0/tcp/9550", "data": "/ip4/0.0.0.0/tcp/9551"}}
    must_be(configured({"clusters": [first, {**second, "name": "other"}]}).store, "cluster", "the store")
    must_name(refused({"clusters": [first, second]}), "clusters[1].name")


@pytest.mark.requirement("REQ-CFG-17", "REQ-CFG-19")
def test_a_variable_is_put_in_before_anything_is_judged(configured: Configured, refused: Configured) -> None:
    edit = {"clusters.0.encryption.psk": "{{ env.PSK }}"}
    must_be(configured(edit, PSK=KEY).psk(), KEY, "the key")
    must_name(refused(edit, PSK=KEY[:-2]), "clusters[0].encryption.psk")
    must_name(refused(edit), "PSK")


@pytest.mark.requirement("REQ-CFG-18")
def test_the_older_spelling_is_refused_with_the_new_one(refused: Configured) -> None:
    must_name(refused({"features": {"experimental.orchestratorGroups": True}}), "experimental.clusters")


@pytest.mark.requirement("REQ-ROUT-3")
def test_routing_is_off_unless_enabled_for_a_defined_cluster(configured: Configured, refused: Configured) -> None:
    off = {"routing": {**ROUTED["routing"], "enabled": False}}
    elsewhere = {"routing": {**ROUTED["routing"], "cluster": {"name": "main"}}}
    must_be(configured({}).routing, expected=False, what="routing where nothing is said of it")
    must_be(configured({"http": off}).routing, expected=False, what="routing that is not enabled")
    must_be(configured({"http": ROUTED}).routing, expected=True, what="routing that is enabled")
    must_name(refused({"http": elsewhere}), "http.routing.cluster.name")


@pytest.mark.requirement("REQ-EXP-5")
@pytest.mark.parametrize("none", ["0", None])
def test_an_idle_limit_of_zero_or_none_ends_nothing(configured: Configured, none: object) -> None:
    must_be(configured({"session.lifetime.idleTimeout": none}).settings().idle_us, 0, "the idle limit in µs")


@pytest.mark.requirement("REQ-COOK-1")
def test_the_cookies_name_is_the_products_unless_configured(configured: Configured) -> None:
    for written, name in ((None, "maverics_session"), ("sid", "sid")):
        must_be(configured({"session.cookie.name": written}).settings().cookie_name, name, "the cookie's name")
