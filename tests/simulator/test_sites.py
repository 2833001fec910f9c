"""Several clusters side by side: a site before each, and a configuration that names each node's own."""

from collections import Counter

from reference.config import read_mapping
from scenarios import configuration, load
from simulator.balancer import Balancer, make_balancer
from simulator.chance import Chance
from simulator.health import Health
from simulator.sites import Sites, configured

BLUE, GREEN = ("n1", "n2"), ("n3",)


def sites() -> Sites:
    made: dict[tuple[str, ...], Balancer] = {
        nodes: make_balancer("round-robin", Health(list(nodes), 0, 0), Chance(1)) for nodes in (BLUE, GREEN)
    }
    of = Sites(made)
    for node in (*BLUE, *GREEN):
        of.saw(node, healthy=True, now=0)
    return of


def test_a_client_asks_the_nodes_of_one_cluster_alone() -> None:
    of = sites()
    asked = {client: Counter(of.pick(client, 1) for _ in range(4)) for client in ("u1", "u2") for _ in range(3)}
    assert asked == {"u1": {"n1": 2, "n2": 2}, "u2": {"n3": 4}}


def test_what_a_health_check_saw_is_told_to_the_site_of_its_node() -> None:
    of = sites()
    of.saw("n1", healthy=False, now=2)
    assert {of.pick("u1", 3) for _ in range(4)} == {"n2"}
    assert of.pick("u2", 3) == "n3"


def test_the_store_and_the_routing_of_a_node_name_its_own_cluster() -> None:
    told = configuration(load("clusters-side-by-side"))
    told["http"] = {"routing": {"enabled": True, "type": "cluster", "cluster": {"name": "blue"}}, "location": "x"}
    for name in ("blue", "green", "red"):
        read = read_mapping(configured(told, name), environment={})
        assert read.settings().cluster == name
        assert read.routing
    assert told["session"]["store"]["cluster"]["name"] == "blue", "the file's own is left as it is"
