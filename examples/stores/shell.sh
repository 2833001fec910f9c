#!/bin/sh
# A cluster session store in POSIX shell and jq. One jq process is one node, and what it knows is the state of a fold
# over the lines that it is told. As a first adapter to read it is short; as a store it is the weakest of the examples:
#
# - a change is told to every peer once, as the whole session; the newest whole session wins, and nobody asks again:
#   what a cut has swallowed stays unknown on its other side until that session changes once more;
# - two changes of one session on two nodes at the same time leave one of them: `merge` is not among its features;
# - a node that starts asks all others for everything they have, and is ready when one has answered;
# - session ids come from a small generator of numbers: good enough to tell sessions apart, and not to guard them.
#
# Many session managers replicate like this, "all to all". This one says so.
exec jq --unbuffered -cn '
def microseconds:   # of a duration such as 1h30m
  [scan("([0-9]+)(ms|[smhd])") | (.[0] | tonumber) * {ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10}[.[1]]] | add // 0;

def say(line): .out += [line];
def to_all(body): reduce .peers[] as $peer (.; say({send: $peer, channel: "data", body: body}));

# -------------------------------------------------------------------------------- replication

def keep($new):   # an end is final, and then the later change wins; who was revoked later than logged in is out
  .sessions[$new.id] as $held
  | .stamp = ([.stamp, $new.stamp] | max)
  | ([$held.stamp, $held.by] < [$new.stamp, $new.by]) as $later
  | if $held == null or ($held.ended == null and ($new.ended != null or $later))
    then .sessions[$new.id] = if $new.begun < .revoked[$new.user] then $new + {ended: "ended"} else $new end
    else . end;

def revoke($user; $stamp):
  .stamp = ([.stamp, $stamp] | max)
  | .revoked[$user] = ([.revoked[$user], $stamp] | max)
  | .revoked[$user] as $until
  | .sessions |= map_values(if .user == $user and .begun < $until then .ended = (.ended // "ended") else . end);

def touch($id; $last): if .sessions[$id] then .sessions[$id].last |= ([., $last] | max) else . end;

def change($session):   # it began here: a later stamp than all that are known, and everybody is told
  .stamp = ([.now, .stamp + 1] | max)
  | ($session + {stamp: .stamp, by: .me}) as $new
  | keep($new) | to_all({session: $new});

def message($m):
  if $m.body.session then keep($m.body.session)
  elif $m.body.revoke then revoke($m.body.revoke; $m.body.stamp)
  elif $m.body.everything then
    (.revoked | to_entries | map({revoke: .key, stamp: .value})) as $revocations
    | reduce ($revocations[], (.sessions[] | {session: .}), {ready: .ready}) as $body
      (.; say({send: $m.from, channel: "data", body: $body}))
  elif $m.body.touch then touch($m.body.touch; $m.body.last)
  else .ready = (.ready or $m.body.ready) end;

# -------------------------------------------------------------------------------- the probe application

def respond($m; $status; $body): say({respond: $m.request, status: $status, body: $body});
def respond($m; $status; $body; $cookie): say({respond: $m.request, status: $status, body: $body,
  headers: [["Set-Cookie", "\(.cookie)=\($cookie); Path=/; Secure; HttpOnly; SameSite=None"]]});

def fresh_id:   # two steps of a generator that the seed began, and the number of the login
  .ids += 1 | .chance = (.chance * 16807 % 2147483647) | .fresh = "\(.me)-\(.boot)-\(.ids)-\(.chance)";

def login($m; $old):
  (if $old then change($old + {ended: ($old.ended // "ended")}) else . end)
  | fresh_id | ([.now, .stamp + 1] | max) as $begun
  | change({id: .fresh, user: $m.body.user, begun: $begun, created: .now, last: .now, data: {}, ended: null})
  | respond($m; 200; {user: $m.body.user}; .fresh);

def with_session($m; $held; $route; $key):
  if $held == null then respond($m; 401; {error: "no-session"})
  elif $held.ended then respond($m; 401; {error: $held.ended})
  elif .now - $held.created > .absolute or (.idle > 0 and .now - $held.last > .idle) then
    change($held + {ended: "expired"}) | respond($m; 401; {error: "expired"})
  elif $route == "POST /logout" then change($held + {ended: "ended"}) | respond($m; 200; {}; "; Max-Age=0")
  elif $key != null and ($key | test("^[A-Za-z0-9._-]{1,64}$") | not) then respond($m; 400; {error: "bad-key"})
  else ([$held.last, .now] | max) as $last | ($held + {last: $last}) as $active
  | if $route == "GET /session" then touch($held.id; $last) | to_all({touch: $held.id, last: $last})
      | respond($m; 200; {user: $held.user, data: $held.data})
    elif $m.method == "PUT" then change($active | .data[$key] = $m.body.value) | respond($m; 200; {})
    else change($active | del(.data[$key])) | respond($m; 200; {}) end
  end;

def request($m):
  ($m.path | if startswith("/session/data/") then ltrimstr("/session/data/") else null end) as $key
  | (if $key == null then "\($m.method) \($m.path)" else "\($m.method) key" end) as $route
  | ("\(.cookie)=" as $name | [$m.cookie // "" | split("; ")[] | select(startswith($name)) | ltrimstr($name)][0]) as $id
  | (if $id then .sessions[$id] else null end) as $held
  | if .ready | not then respond($m; 503; {error: "not-ready"})
    elif $route == "GET /status" then respond($m; 200; {status: "up"})
    elif $route == "GET /peek" then
      if $held then respond($m; 200; $held) else respond($m; 404; {error: "no-session"}) end
    elif $route == "POST /revoke" then $m.body.user as $user
      | ([.sessions[] | select(.user == $user and .ended == null)] | length) as $live
      | ([.now, .stamp + 1] | max) as $stamp
      | revoke($user; $stamp) | to_all({revoke: $user, stamp: $stamp}) | respond($m; 200; {sessions: $live})
    elif $route == "POST /login" then login($m; $held)
    elif ["GET /session", "POST /logout", "PUT key", "DELETE key"] | index([$route]) then
      with_session($m; $held; $route; $key)
    else respond($m; 404; {error: "no-such-path"}) end;

# -------------------------------------------------------------------------------- the turns

def hello: {re: .told, protocol: 1, name: "broadcast-store-jq", version: "1", language: "shell",
  features: ["revoke", "restart", "peek", "idle", "absolute", "config"],
  contract: {converge_us: 3000000, detect_us: 1000000, idle_slack_us: 0, survives_crashes: 0}};

def init($m): . + ($m.config.session // {} | {
    cookie: (.cookie.name // "maverics_session"),
    idle: (.lifetime.idleTimeout // "0s" | microseconds),
    absolute: (.lifetime.maxTimeout // "24h" | microseconds | if . == 0 then 8.64e10 else . end)})
  | . + {me: $m.node, boot: $m.boot, peers: $m.peers, sessions: {}, revoked: {}, stamp: 0, ids: 0, ready: false,
         chance: ([($m.seed // "\($m.now)") | explode[]] | reduce .[] as $c (1; (. * 256 + $c) % 2147483647))}
  | say({timer: "alone", after: 3000000}) | to_all({everything: true});

def forget:   # what no cookie can ask for any more: a minute past the longest life
  (.now - .absolute - 6e7) as $old | .sessions |= with_entries(select(.value.last > $old));

foreach inputs as $m ({}; .out = [] | .now = ($m.now // 0)
  | if $m.op == "hello" then .told = $m.id | say(hello)
    elif $m.op == "init" then init($m)
    elif $m.op == "discovered" then .peers = ($m.peers // .peers) | forget
    elif $m.op == "timer" then .ready = true
    elif $m.op == "message" then message($m)
    elif $m.op == "request" then request($m)
    elif $m.op == "stop" then say({stopped: true})
    else say({unsupported: $m.op}) end;
  .out[], {done: $m.id})
'
