// A cluster session store in Rust, without crates (rust.yaml builds it with rustc alone): here what clients and the
// harness ask, in majority.rs what the nodes tell each other.
//
// It asks a majority. Whoever is asked by a client collects the copies of a majority, merges them, does what was asked,
// and gives the result to a majority before it answers. Any two majorities share a node, so no answer misses what was
// acknowledged before, whichever node gave it. The price: a node that does not reach a majority within a second says
// 503, and a copy that missed a write stays behind until somebody asks for that session. A node that comes back first
// collects everything. It cannot revoke a user's sessions; its ids and digests are SipHash, which is no guard in earnest.
mod json;
mod majority;
use json::{members, microseconds, object, parts, text, Members};
use majority::{respond, Node, Session, Task, SECOND};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Read, Write};

const HELLO: &str = r#"{"re":ID,"protocol":1,"name":"majority-store-rs","version":"1","language":"rust",
"features":["restart","peek","idle","absolute","merge","config"],
"contract":{"converge_us":3000000,"detect_us":1000000,"idle_slack_us":0,"survives_crashes":1}}"#;

fn digest(what: &str) -> String {
    let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
    (0, what).hash(&mut hashers[0]);
    (1, what).hash(&mut hashers[1]);
    format!("{:016x}{:016x}", hashers[0].finish(), hashers[1].finish())
}

impl Node {
    fn init(&mut self, m: &Members) {
        let of = |m: &Members, key: &str| members(m.get(key).map_or("{}", |raw| raw));
        let session = of(&of(m, "config"), "session");
        let (cookie, life) = (text(&of(&session, "cookie"), "name"), of(&session, "lifetime"));
        (self.me, self.seed) = (m["node"].clone(), text(m, "seed"));
        if self.seed.is_empty() {
            let mut random = [0; 32];
            std::fs::File::open("/dev/urandom")
                .and_then(|mut f| f.read_exact(&mut random))
                .expect("a source of chance");
            self.seed = format!("{random:?}");
        }
        self.cookie = if cookie.is_empty() { "maverics_session".into() } else { cookie };
        self.idle = microseconds(&text(&life, "idleTimeout"));
        self.absolute = Some(microseconds(&text(&life, "maxTimeout"))).filter(|n| *n > 0).unwrap_or(86_400 * SECOND);
        self.meet(m);
        self.first = text(m, "boot").parse::<u64>().unwrap_or(0) << 32; // an answer to an earlier life finds no task
        self.number = self.first;
        self.timer(self.first);
    }

    fn meet(&mut self, m: &Members) {
        // A node that is not found any more still counts: a majority is one of all that ever were.
        self.peers.extend(parts(m.get("peers").map_or("[]", |raw| raw)).iter().map(|raw| raw.trim_matches('"').into()));
    }

    fn id_in(&self, m: &Members) -> String {
        let cookies = text(m, "cookie");
        let own = cookies.split("; ").find_map(|pair| pair.strip_prefix(&self.cookie)?.strip_prefix('='));
        own.map(digest).unwrap_or_default()
    }

    fn request(&mut self, m: Members) {
        let (route, id) = (format!("{} {}", text(&m, "method"), text(&m, "path")), self.id_in(&m));
        self.stamp = self.now.max(self.stamp + 1);
        let known = ["GET /session", "POST /logout"].contains(&route.as_str())
            || ["PUT /session/data/", "DELETE /session/data/"].iter().any(|start| route.starts_with(start));
        if !self.ready {
            self.say(respond(&m, 503, "{\"error\":\"not-ready\"}", ""));
        } else if route == "GET /status" {
            self.say(respond(&m, 200, "{\"status\":\"up\"}", ""));
        } else if route == "GET /peek" {
            let answer = match self.sessions.get(&id).filter(|s| s.contains_key("user")) {
                Some(s) => respond(&m, 200, &shown(s), ""),
                None => respond(&m, 404, "{\"error\":\"no-session\"}", ""),
            };
            self.say(answer);
        } else if route == "POST /login" {
            self.number += 1;
            let secret = digest(&format!("{} {}", self.seed, self.number));
            let (fresh, user, now) = (digest(&secret), members(&m["body"])["user"].clone(), self.now.to_string());
            for (key, value) in [("user", &user), ("created", &now), ("last", &now)] {
                self.set(&fresh, key, value);
            }
            if !id.is_empty() {
                self.set(&id, "ended", "\"ended\"");
            }
            let cookie = format!("{}={secret}", self.cookie);
            let answer = Some(respond(&m, 200, &format!("{{\"user\":{user}}}"), &cookie));
            let old = self.now.saturating_sub(self.absolute + 60 * SECOND); // no cookie can ask for that any more
            self.sessions.retain(|_, s| s.values().any(|cell| cell.0 > old));
            self.ask(&[fresh, id], Task { request: m, answer, ..Task::default() });
        } else if known {
            self.ask(&[id], Task { request: m, ..Task::default() });
        } else {
            self.say(respond(&m, 404, "{\"error\":\"no-such-path\"}", ""));
        }
    }

    fn act(&mut self, m: Members) {
        let (path, id) = (text(&m, "path"), self.id_in(&m));
        let s = self.sessions.get(&id).cloned().unwrap_or_default();
        let since = |key: &str| self.now.saturating_sub(s.get(key).map_or(0, |cell| cell.2.parse().unwrap_or(0)));
        let late = since("created") > self.absolute || self.idle > 0 && since("last") > self.idle;
        let key = path.strip_prefix("/session/data/");
        let good = |key: &str| {
            (1..65).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        self.stamp = self.now.max(self.stamp + 1);
        let (status, body, cookie) = if !s.contains_key("user") {
            (401, "{\"error\":\"no-session\"}".into(), "")
        } else if let Some(ended) = s.get("ended") {
            (401, format!("{{\"error\":{}}}", ended.2), "")
        } else if late {
            self.set(&id, "ended", "\"expired\"");
            (401, "{\"error\":\"expired\"}".into(), "")
        } else if path == "/logout" {
            self.set(&id, "ended", "\"ended\"");
            (200, "{}".into(), "; Path=/; Max-Age=0")
        } else if key.is_some_and(|key| !good(key)) {
            (400, "{\"error\":\"bad-key\"}".into(), "")
        } else {
            self.set(&id, "last", &self.now.to_string());
            if let Some(key) = key {
                let value =
                    if text(&m, "method") == "PUT" { members(&m["body"])["value"].clone() } else { String::new() };
                self.set(&id, &format!("data.{key}"), &format!("[{value}]"));
            }
            (200, shown(&self.sessions[&id]), "")
        };
        let cookie = if cookie.is_empty() { String::new() } else { format!("{}={cookie}", self.cookie) };
        let answer = Some(respond(&m, status, &body, &cookie));
        self.ask(&[id], Task { request: m, answer, ..Task::default() });
    }
}

fn shown(s: &Session) -> String {
    let values = s
        .iter()
        .filter_map(|(key, cell)| Some((key.strip_prefix("data.")?.into(), cell.2[1..cell.2.len() - 1].into())));
    let data = object(values.filter(|(_, raw): &(String, String)| !raw.is_empty()));
    let of = |key: &str| (key.to_string(), s.get(key).map_or("null".into(), |cell| cell.2.clone()));
    object(["user", "created", "last", "ended"].map(of).into_iter().chain([("data".into(), data)]))
}

fn main() {
    let mut node = Node::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let m = members(&line);
        node.now = text(&m, "now").parse().unwrap_or(0);
        match text(&m, "op").as_str() {
            "hello" => node.say(HELLO.replace("ID", &m["id"]).replace('\n', "")),
            "init" => node.init(&m),
            "discovered" => node.meet(&m),
            "timer" => node.timer(text(&m, "name").parse().unwrap_or(0)),
            "message" => node.message(&text(&m, "from"), members(&m["body"])),
            "request" => node.request(m.clone()),
            "stop" => node.say("{\"stopped\":true}".into()),
            _ => node.say(format!("{{\"unsupported\":{}}}", m["op"])),
        }
        node.say(format!("{{\"done\":{}}}", m["id"]));
        print!("{}", std::mem::take(&mut node.out));
        std::io::stdout().flush().unwrap_or_default();
    }
}
