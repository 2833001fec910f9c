// A cluster session store in one file, as a first adapter to read: one process is one node, and speaks the subject
// protocol over stdin and stdout (docs/subject-protocol.md). Every change is an entry in its node's log. Entries are sent
// to all peers at once, and once a second a node tells one peer how much of every log it has, and is sent the rest.
'use strict';
const crypto = require('crypto');

let me, boot, peers, config, seed, cookieName, idle, absolute;
let now = 0, ready = false, ids = 0, round = 0, lastStamp = 0;
const logs = new Map();      // "n1/1" (node and boot) -> {base, entries}: entry number base + i is entries[i]
const sessions = new Map();  // hash of the id -> {user, created, stamp, last, data, ended}
const revoked = new Map();   // user -> stamp of the last revocation
const touched = new Map();   // hash -> when its last activity was last told to the others

const say = (line) => out.push(JSON.stringify(line));
let out = [];
const hash = (id) => crypto.createHash('sha256').update(id).digest('hex').slice(0, 32);
const microseconds = (text) => [...String(text).matchAll(/(\d+)(ms|[smhd])/g)].reduce(
  (sum, [, n, unit]) => sum + n * {ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: 86400e6}[unit], 0);

// ---------------------------------------------------------------------------------------------------- the replicated log

function stamp() { return lastStamp = Math.max(now, lastStamp + 1); }

function change(entry) {     // a change that began here: into the own log, and to every peer
  const origin = `${me}/${boot}`;
  const log = logs.get(origin);
  entry = {...entry, stamp: stamp(), by: me, at: now};
  log.entries.push(entry);
  apply(entry);
  for (const peer of peers)
    say({send: peer, channel: 'data', body: {log: origin, base: log.base, from: log.base + log.entries.length - 1, entries: [entry]}});
}

function take({log: origin, base, from, entries}) {   // entries of another's log, in order: what would leave a gap waits
  if (!logs.has(origin)) logs.set(origin, {base, entries: []});
  const log = logs.get(origin);
  for (const [i, entry] of entries.entries()) {
    if (from + i !== log.base + log.entries.length) continue;
    log.entries.push(entry);
    apply(entry);
  }
}

function have() { return Object.fromEntries([...logs].map(([origin, log]) => [origin, log.base + log.entries.length])); }

function answer(peer, theirs) {   // send what that peer lacks, and say whether this node knows what it should
  for (const [origin, log] of logs) {
    const from = Math.max(theirs[origin] ?? 0, log.base);
    const entries = log.entries.slice(from - log.base);
    if (entries.length) say({send: peer, channel: 'data', body: {log: origin, base: log.base, from, entries}});
  }
  say({send: peer, channel: 'data', body: {had: ready}});
}

function apply(e) {   // any order, any number of times: later stamps win, the node's name breaks ties, an end is final
  lastStamp = Math.max(lastStamp, e.stamp);
  if (e.kind === 'revoke') {
    revoked.set(e.user, Math.max(e.stamp, revoked.get(e.user) ?? 0));
    for (const s of sessions.values()) if (s.user === e.user && s.stamp < e.stamp) s.ended ??= 'ended';
    return;
  }
  if (!sessions.has(e.id)) sessions.set(e.id, {user: null, created: 0, stamp: 0, last: 0, data: {}, ended: null});
  const s = sessions.get(e.id);
  s.last = Math.max(s.last, e.at);
  if (e.kind === 'login') {
    Object.assign(s, {user: e.user, created: e.at, stamp: e.stamp});
    if (e.stamp < (revoked.get(e.user) ?? 0)) s.ended ??= 'ended';
  } else if (e.kind === 'end') {
    s.ended ??= e.why;
  } else if (e.kind === 'set') {
    const held = s.data[e.key];
    if (!held || held.stamp < e.stamp || (held.stamp === e.stamp && held.by < e.by)) s.data[e.key] = e;
  }
}

function forget() {   // what no cookie can ask for any more: a minute past the longest life
  const old = now - absolute - 60e6;
  for (const log of logs.values())
    while (log.entries.length && log.entries[0].at < old) { log.entries.shift(); log.base += 1; }
  for (const [id, s] of sessions) if (s.last < old) { sessions.delete(id); touched.delete(id); }
}

// --------------------------------------------------------------------------------------------------- the probe application

function respond(m, status, body, headers = []) { say({respond: m.request, status, headers, body}); }
const data = (s) => Object.fromEntries(Object.entries(s.data).filter(([, c]) => !c.gone).map(([k, c]) => [k, c.value]));

function sent(m) {    // the hash of the session id in the cookie, if there is one
  for (const pair of (m.cookie ?? '').split('; '))
    if (pair.startsWith(`${cookieName}=`)) return hash(pair.slice(cookieName.length + 1));
  return null;
}

function request(m) {
  const route = `${m.method} ${m.path.startsWith('/session/data/') ? '/session/data/' : m.path}`;
  if (!ready) return respond(m, 503, {error: 'not-ready'});
  const id = sent(m), s = sessions.get(id);
  if (route === 'GET /status') return respond(m, 200, {status: 'up'});
  if (route === 'GET /peek')
    return s && s.user ? respond(m, 200, {user: s.user, data: data(s), created: s.created, last: s.last, ended: s.ended})
      : respond(m, 404, {error: 'no-session'});
  if (route === 'POST /revoke') {
    const user = m.body.user;
    const count = [...sessions.values()].filter((one) => one.user === user && !one.ended).length;
    change({kind: 'revoke', user});
    return respond(m, 200, {sessions: count});
  }
  if (route === 'POST /login') {
    if (s && !s.ended) change({kind: 'end', id, why: 'ended'});
    const fresh = crypto.createHmac('sha256', seed).update(`id ${ids += 1}`).digest('hex');
    change({kind: 'login', id: hash(fresh), user: m.body.user});
    return respond(m, 200, {user: m.body.user}, [['Set-Cookie', `${cookieName}=${fresh}; Path=/; Secure; HttpOnly; SameSite=None`]]);
  }
  if (!['GET /session', 'PUT /session/data/', 'DELETE /session/data/', 'POST /logout'].includes(route))
    return respond(m, 404, {error: 'no-such-path'});
  if (!s || !s.user) return respond(m, 401, {error: 'no-session'});
  if (s.ended) return respond(m, 401, {error: s.ended});
  if (now - s.created > absolute || (idle && now - s.last > idle)) {
    change({kind: 'end', id, why: 'expired'});
    return respond(m, 401, {error: 'expired'});
  }
  const key = m.path.slice('/session/data/'.length);
  if (route === 'POST /logout') {
    change({kind: 'end', id, why: 'ended'});
    return respond(m, 200, {}, [['Set-Cookie', `${cookieName}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None`]]);
  }
  if (key && !/^[A-Za-z0-9._-]{1,64}$/.test(key)) return respond(m, 400, {error: 'bad-key'});
  if (route === 'PUT /session/data/') change({kind: 'set', id, key, value: m.body.value});
  else if (route === 'DELETE /session/data/') change({kind: 'set', id, key, gone: true});
  else if (now - (touched.get(id) ?? 0) > 1e6) { touched.set(id, now); change({kind: 'touch', id}); }
  s.last = Math.max(s.last, now);
  respond(m, 200, route === 'GET /session' ? {user: s.user, data: data(s)} : {});
}

// --------------------------------------------------------------------------------------------------------------- the turns

const turns = {
  hello: (m) => say({re: m.id, protocol: 1, name: 'log-store-js', version: '1', language: 'javascript',
    features: ['revoke', 'restart', 'peek', 'idle', 'absolute', 'merge', 'config'],
    contract: {converge_us: 8e6, detect_us: 1e6, idle_slack_us: 1e6, survives_crashes: 0}}),
  init: (m) => {
    ({node: me, boot, peers, config} = m);
    seed = m.seed ?? crypto.randomBytes(32).toString('hex');
    const session = config.session ?? {}, life = session.lifetime ?? {};
    cookieName = session.cookie?.name ?? 'maverics_session';
    idle = microseconds(life.idleTimeout ?? '0s');
    absolute = microseconds(life.maxTimeout ?? '24h') || 86400e6;
    logs.set(`${me}/${boot}`, {base: 0, entries: []});
    say({timer: 'alone', after: 3e6});
    turns.timer({name: 'sync'});
    for (const peer of peers) say({send: peer, channel: 'data', body: {have: have()}});
  },
  discovered: (m) => { if (m.peers) peers = m.peers; },
  timer: (m) => {
    if (m.name === 'alone') { ready = true; return; }
    say({timer: 'sync', after: 1e6});
    if (peers.length) say({send: peers[round++ % peers.length], channel: 'data', body: {have: have()}});
    if (round % 60 === 0) forget();
  },
  message: ({from, body}) => {
    if (body.have) answer(from, body.have);
    else if (body.log) take(body);
    else if (body.had && !ready) { ready = true; say({timer: 'alone', cancel: true}); }
  },
  request,
  stop: () => say({stopped: true}),
};

require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  const m = JSON.parse(line);
  now = m.now ?? now;
  const turn = turns[m.op];
  if (turn) turn(m); else say({unsupported: m.op});
  say({done: m.id});
  process.stdout.write(out.join('\n') + '\n');
  out = [];
});
