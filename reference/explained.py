"""Why each rule of doctor matters, in more words than a finding has, and where that comes from. No control flow.

One entry a rule, by its stable name. What is required is said by the requirement that a finding names.
"""

from msgspec import Struct


class Explained(Struct, frozen=True):
    """What stands behind a rule.

    Attributes:
        text: why it matters, in a sentence or two.
        source: where that is written: a section of the source document or of the facts around it, a standard, or ours.
    """

    text: str
    source: str


_SHARED = "source document, troubleshooting: sessions not shared across nodes"
_WORKING = "source document, troubleshooting: cluster sessions not working"
_DOMAIN = "source document, troubleshooting: cookie domain issues"
_COOKIES = "draft-ietf-httpbis-rfc6265bis-22"
_OURS = "anynode's own rule"

EXPLAINED: dict[str, Explained] = {
    "address-taken": Explained(
        "Only one process can listen at an address and port. Of two nodes that name the same one, the second does"
        " not start, or the two are on different machines and one of the files was copied without its own address.",
        _SHARED,
    ),
    "address-twice": Explained(
        "Membership and data have a channel each, and each needs a port of its own on the node.",
        "Clusters reference: two channels; the Helm chart opens 9450 and 9451",
    ),
    "cache-name-reserved": Explained(
        "The cache local_default is always registered; another of that name is not allowed.",
        "Caches reference",
    ),
    "cluster-without-address": Explained(
        "Without an address for membership nobody can meet the node, and without one for data no session reaches it.",
        _WORKING,
    ),
    "cluster-without-key": Explained(
        "Both channels are encrypted with the pre-shared key, 32 bytes in hexadecimal digits. Without it there is"
        " no valid cluster definition, which cluster sessions need.",
        _WORKING,
    ),
    "cluster-without-name": Explained(
        "Session store, caches and routing refer to a cluster by its name; one without a name can be used by nobody.",
        _WORKING,
    ),
    "clusters-ignored": Explained(
        "With the flag off the product ignores clusters and runs as one node alone. Nothing fails, and nothing is"
        " shared.",
        "Clusters reference; facts, section 3: flag off but clusters configured",
    ),
    "dangling-cache": Explained(
        "A cluster cache is kept by the cluster that it names; one that is not defined can keep nothing.",
        "Caches reference; facts, section 1.4",
    ),
    "dangling-cluster": Explained(
        "The name must be that of an entry of clusters[]. A typing error here is the first thing that the vendor"
        " tells one to look for.",
        _WORKING,
    ),
    "discovery-differs": Explained(
        "Nodes that look in different places may find different peers. Each group forms a cluster of its own, and a"
        " session is known in one of them only.",
        _SHARED,
    ),
    "discovery-unused": Explained(
        "Of the blocks static and srvDNS the one is read that method names; what is changed in the other has no"
        " effect.",
        "Clusters reference: two discovery methods",
    ),
    "discovery-without-list": Explained(
        "A method without names to look up, or nodes to contact, finds nobody, and the node stays alone.",
        _WORKING,
    ),
    "discovery-without-method": Explained(
        "Nodes find each other by a static list or by DNS SRV records; without either the node stays alone.",
        _WORKING,
    ),
    "domain-is-address": Explained(
        "Browsers match an IP address only as a whole: there are no subdomains that could share the cookie.",
        f"{_COOKIES}, section 5.1.3",
    ),
    "domain-is-suffix": Explained(
        "Below a public suffix live strangers, so browsers refuse cookies for it; a single label such as localhost"
        " counts as one.",
        f"{_COOKIES}, section 5.7; publicsuffix.org",
    ),
    "domain-no-name": Explained(
        "The domain is compared with host names label by label. With a scheme, a port, a path or a wildcard in it"
        " it matches no host, and browsers drop the cookie without a word.",
        f"{_COOKIES}, sections 5.1.3 and 5.7",
    ),
    "domain-too-wide": Explained(
        "Every host below the domain is sent the session's cookie and can set one of its name for all of them. A"
        " domain that reaches no further than the hosts that need it leaves fewer who can, and none where one host is"
        " enough.",
        f"OWASP Session Management Cheat Sheet: Domain and Path; {_COOKIES}, section 8.6",
    ),
    "duplicate-cache": Explained(
        "Caches are referred to by name, so two of one name cannot be told apart.",
        "Caches reference",
    ),
    "duplicate-cluster": Explained(
        "Clusters are referred to by name, so two of one name cannot be told apart.",
        "facts, section 1.3",
    ),
    "experimental": Explained(
        "The vendor offers cluster sessions for trials: they may change or go without notice, and for production it"
        " advises sticky sessions with the local store.",
        "source document, introduction",
    ),
    "flag-off": Explained(
        "Cluster sessions need the feature flag and a valid cluster definition. What the product does with the"
        " store and without the flag is not documented; sessions that seem to be shared and are not would be the"
        " worst of it.",
        _WORKING,
    ),
    "hook-for-nothing": Explained(
        "A stand-in is called where the file has the hook that it stands for; without that it is never called.",
        _OURS,
    ),
    "hook-not-found": Explained(
        "The function is looked for when the file is read, so that no run begins with a rule of expiry missing.",
        _OURS,
    ),
    "hook-without-python": Explained(
        "The product runs the hook as a service extension in Go. anynode can run a Python function in its place,"
        " and no configuration without one: sessions would live by another rule than in production.",
        "Service extensions reference; anynode's own rule",
    ),
    "host-outside-domain": Explained(
        "A host may set cookies for itself and its parents, never for siblings or strangers. A browser that gets"
        " such a cookie drops it, and every request begins a new session.",
        f"{_DOMAIN}; {_COOKIES}, section 5.7",
    ),
    "idle-exceeds-max": Explained(
        "The limit on age is looked at first, and no activity moves it: an idle limit beyond it can never be reached.",
        "Service extensions reference: order of the checks",
    ),
    "idle-timeout-unset": Explained(
        "Unset or 0 means that idleness ends nothing: a browser left open on a shared machine stays logged in.",
        "Sessions reference (first generation of the documentation)",
    ),
    "idle-timeout-unused": Explained(
        "With an idle hook configured the product ignores the idle limit; whoever changes it changes nothing.",
        "Sessions reference (first generation of the documentation)",
    ),
    "key-in-file": Explained(
        "Whoever has the pre-shared key can join, read every session and write any. Configuration files are copied,"
        " mailed and committed; the environment and a secret store are not.",
        "Clusters reference, note on the pre-shared key; the Helm chart",
    ),
    "keys-differ": Explained(
        "All nodes of a cluster must have the same key. With another one no frame of the others can be read: the"
        " node stays alone, and nothing but the log says why.",
        f"Clusters reference; {_SHARED}",
    ),
    "logout-outside-domain": Explained(
        "The browser sends the session's cookie to hosts inside its domain only. A logout page elsewhere cannot"
        " tell whom to log out.",
        "Logout reference: on the same domain",
    ),
    "logout-without-url": Explained(
        "Single logout begins at this address; without it it begins nowhere.",
        "Logout reference",
    ),
    "malformed-value": Explained(
        "The value cannot be read as what its key holds. Guessing would make it another value than the one that was"
        " meant.",
        "facts, section 1",
    ),
    "max-timeout-unset": Explained(
        "What the product takes then is not documented; its Console shows 24 h, and so does anynode. Whoever relies"
        " on the limit should write it.",
        "facts, section 1.2",
    ),
    "misspelled-block": Explained(
        "Blocks that are unknown are left alone, since a real file has many. One that is nearly the name of a block"
        " that is read was most likely meant to be it, and would do nothing.",
        _OURS,
    ),
    "nested-flag": Explained(
        "The feature's name has a dot in it: one key, no map in a map. Written as a map it is not found, and is off.",
        "Clusters reference; the Helm chart",
    ),
    "name-of-the-product": Explained(
        "A default name tells whoever looks at a request which product is behind it. A name of one's own tells"
        " nothing; with __Host- in front no other host can set a cookie of that name, with __Secure- none that a"
        " plain http page has set is taken.",
        "OWASP Session Management Cheat Sheet: Name fingerprinting, Prefixes",
    ),
    "nodes-differ": Explained(
        "Every node serves every session, so what decides how a session is found, kept and ended must be the same"
        " on all. Where it differs, what happens depends on which node answers.",
        _SHARED,
    ),
    "nodes-share-nothing": Explained(
        "With the local store a session is on one node only. Another node sends the user to log in again, and a"
        " restart loses every session of the node.",
        "Local sessions reference; facts, section 3: local store, node down or restart",
    ),
    "not-http-only": Explained(
        "HttpOnly keeps scripts from reading the cookie. Without it one injected script takes over every session"
        " that opens the page.",
        "OWASP Session Management Cheat Sheet: HttpOnly",
    ),
    "not-secure": Explained(
        "Without Secure the cookie goes over plain http too, where anybody on the way reads it; and with"
        " SameSite=None browsers do not store it at all.",
        f"OWASP Session Management Cheat Sheet: Secure; {_COOKIES}, section 5.7",
    ),
    "older-spelling": Explained(
        "Until January 2026 clusters were called orchestrator groups, and lifetimes were numbers of seconds. The"
        " product does not read the old names any more.",
        "facts, section 5; the Helm chart's history",
    ),
    "out-of-reach": Explained(
        "An address on the node's own machine takes no connection from elsewhere: peers never meet the node, or no"
        " session reaches it.",
        _SHARED,
    ),
    "outlives-its-cookie": Explained(
        "Browsers cut the life of every cookie at 400 days. What is kept of the session for longer can be used by"
        " nobody but whoever has copied its cookie.",
        f"{_COOKIES}, section 5.5",
    ),
    "poll-interval-zero": Explained(
        "Peers are looked up again and again for as long as a node lives, with this time in between.",
        "Clusters reference: pollInterval",
    ),
    "prefix-not-kept": Explained(
        "A prefix is a promise that browsers hold a cookie to: __Secure- needs Secure; __Host- needs Secure, Path=/"
        " and no Domain; Http- behind the underscores needs HttpOnly. A cookie that breaks it is dropped without a"
        " word, and every request begins a new session.",
        f"{_COOKIES}, section 5.4; the successor draft on layered cookies, section 4.1.3",
    ),
    "routing-incomplete": Explained(
        "Routing works when it is enabled, of type cluster, and names the cluster that the store uses. Half of it"
        " is as good as none.",
        "the Helm chart; facts, section 1.4",
    ),
    "routing-off": Explained(
        "Copies reach the other nodes a moment after the answer. With routing a request that comes sooner is"
        " answered where the newest state is; without it, or stickiness, it may see an older session or none.",
        "source document, introduction; Clusters reference",
    ),
    "secure-over-http": Explained(
        "Browsers do not store a Secure cookie that comes over plain http, so every request begins a new session."
        " TLS that ends at a proxy is fine: what counts is what the browser sees.",
        f"{_COOKIES}, section 5.7",
    ),
    "sites-apart": Explained(
        "A cookie goes to one registrable domain. No setting makes two of them share a session; a login at an"
        " identity provider can.",
        f"{_COOKIES}, section 5.2",
    ),
    "srv-name-unlikely": Explained(
        "SRV records stand under the names of a service and a protocol. A name without them has other records or"
        " none, and an empty answer is no error: the node waits alone and asks again.",
        "RFC 2782; the Helm chart; facts, section 3: SRV record empty",
    ),
    "srv-polled-rarely": Explained(
        "A lookup that failed is made again after this time, and a node that is new is found then.",
        "Clusters reference: pollInterval; the chart has 5s",
    ),
    "static-lists-apart": Explained(
        "Knowing one live member is enough to join, in either direction. Where no chain of lists leads from one"
        " node to another, they never meet.",
        _SHARED,
    ),
    "static-names-data-port": Explained(
        "The list names the peers' membership endpoints; on the port for data nobody answers a greeting.",
        "Clusters reference: static discovery",
    ),
    "static-names-itself": Explained(
        "A node ignores its own address in the list, so the same list may stand in every file. With nothing else in"
        " it there is nobody to find.",
        "Clusters reference: static discovery; facts, section 3: own address in static list",
    ),
    "static-port-unknown": Explained(
        "An entry whose port no node listens on for members leads nowhere.",
        _SHARED,
    ),
    "store-cluster-unused": Explained(
        "A local store does not read which cluster is named beside it: each node keeps its own sessions.",
        _SHARED,
    ),
    "store-is-local": Explained(
        "A cluster alone shares no session: the session store must ask for it. The local store beside a cluster is"
        " right where only caches are shared.",
        _SHARED,
    ),
    "store-keeps-to-itself": Explained(
        "With the local store a session lives on the node where it began and in its memory alone: a restart loses"
        " it, and its user is sent to log in again.",
        "Local sessions reference; facts, section 3: local store, node down or restart",
    ),
    "store-without-cluster": Explained(
        "The cluster store says which cluster it uses, by its name.",
        _WORKING,
    ),
    "store-without-type": Explained(
        "Without a type the store is the local one, whatever else the block says.",
        "facts, section 1.2",
    ),
    "subdomains-apart": Explained(
        "Without a domain the cookie belongs to the very host that set it. Whoever moves on to a sibling arrives"
        " without a session; with the parent domain set, one session serves them all.",
        _DOMAIN,
    ),
    "trial-key": Explained(
        "The key of anynode's simulated worlds stands in every copy of it. A real cluster that has it is open to"
        " anybody.",
        _OURS,
    ),
    "unknown-key": Explained(
        "A key that nobody reads changes nothing and tells nobody; most are typing errors of one that is read.",
        _OURS,
    ),
    "unreadable": Explained(
        "Nothing can be said of what cannot be read.",
        _OURS,
    ),
    "unset-variable": Explained(
        "Placeholders are filled from the environment before anything is judged. What the variable will hold where"
        " the node starts is not known here, so nothing that depends on it was judged.",
        "Configuration sources reference",
    ),
    "wrong-shape": Explained(
        "Another shape is expected there: a mapping, a list, a number. What stands there instead cannot be read.",
        "facts, section 1",
    ),
}
"""Every rule by its name."""
