// Copies on a majority: what a node knows of each session, and tasks that ask the others for what they know.
use crate::json::{members, object, parts, text, Members};
use std::collections::{BTreeMap, BTreeSet};

/// Stamp, writer and value (as JSON) of "user", "created", "last", "ended", "data.KEY"; a deleted key's value is [].
pub type Session = BTreeMap<String, (u64, String, String)>;

pub const SECOND: u64 = 1_000_000;

fn read(raw: &str) -> Session {
    let cell = |p: Vec<&str>| (p[0].parse().unwrap_or(0), p[1].into(), p[2].into());
    members(raw).into_iter().map(|(key, raw)| (key, cell(parts(&raw)))).collect()
}

fn written(s: &Session) -> String {
    object(s.iter().map(|(key, (stamp, by, value))| (key.clone(), format!("[{stamp},{by},{value}]"))))
}

#[derive(Default)]
pub struct Task {
    pub request: Members,
    pub heard: BTreeSet<String>,
    pub answer: Option<String>, // to be given once a majority has the result; none while copies are collected
}

#[derive(Default)]
pub struct Node {
    pub me: String, // as JSON
    pub peers: BTreeSet<String>,
    pub seed: String,
    pub cookie: String,
    pub idle: u64,
    pub absolute: u64,
    pub now: u64,
    pub stamp: u64,
    pub first: u64,  // number of the task that collects everything
    pub number: u64, // of the last task, or id
    pub ready: bool,
    pub sessions: BTreeMap<String, Session>,
    pub tasks: BTreeMap<u64, Task>,
    pub out: String,
}

impl Node {
    pub fn say(&mut self, line: String) {
        self.out += &(line + "\n");
    }

    pub fn keep(&mut self, id: &str, news: Session) {
        let held = self.sessions.entry(id.into()).or_default();
        for (key, cell) in news {
            self.stamp = self.stamp.max(cell.0);
            let here = held.entry(key).or_default();
            *here = cell.max(here.clone());
        }
    }

    pub fn set(&mut self, id: &str, key: &str, value: &str) {
        self.keep(id, Session::from([(key.into(), (self.stamp, self.me.clone(), value.into()))]));
    }

    pub fn ask(&mut self, ids: &[String], task: Task) {
        self.number += 1;
        let put = self.copies(ids.iter());
        for peer in self.peers.clone() {
            self.send(&peer, format!("{{\"ask\":{},\"put\":{put}}}", self.number));
        }
        self.say(format!("{{\"timer\":\"{}\",\"after\":{SECOND}}}", self.number));
        self.tasks.insert(self.number, task);
    }

    fn copies<'a>(&self, ids: impl Iterator<Item = &'a String>) -> String {
        object(ids.map(|id| (id.clone(), self.sessions.get(id).map_or("{}".into(), written))))
    }

    fn send(&mut self, peer: &str, body: String) {
        self.say(format!("{{\"send\":\"{peer}\",\"channel\":\"data\",\"body\":{body}}}"));
    }

    pub fn message(&mut self, from: &str, m: Members) {
        let put = members(&m["put"]);
        for (id, raw) in &put {
            self.keep(id, read(raw));
        }
        if let Some(number) = m.get("ask") {
            let all = m.contains_key("all");
            let copies = if all { self.copies(self.sessions.keys()) } else { self.copies(put.keys()) };
            return self.send(from, format!("{{\"answer\":{number},\"put\":{copies}}}"));
        }
        let number = text(&m, "answer").parse().unwrap_or(0);
        let nodes = self.peers.len() + 1;
        let Some(task) = self.tasks.get_mut(&number) else { return };
        task.heard.insert(from.into());
        // A node that comes back is no part of an earlier majority: it hears so many that they meet each of them.
        if task.heard.len() < if number == self.first { (nodes + 1) / 2 } else { nodes / 2 } {
            return;
        }
        let task = self.tasks.remove(&number).unwrap_or_default();
        match task.answer {
            _ if number == self.first => self.ready = true,
            Some(answer) => self.say(answer),
            None => self.act(task.request),
        }
        self.say(format!("{{\"timer\":\"{number}\",\"cancel\":true}}"));
    }

    pub fn timer(&mut self, number: u64) {
        if number == self.first {
            for peer in self.peers.clone() {
                self.send(&peer, format!("{{\"ask\":{number},\"all\":true,\"put\":{{}}}}"));
            }
            self.tasks.entry(number).or_default();
            self.say(format!("{{\"timer\":\"{number}\",\"after\":{SECOND}}}"));
        } else if let Some(task) = self.tasks.remove(&number) {
            self.say(respond(&task.request, 503, "{\"error\":\"no majority\"}", ""));
        }
    }
}

pub fn respond(m: &Members, status: u32, body: &str, cookie: &str) -> String {
    let set = format!("[\"Set-Cookie\",\"{cookie}; Path=/; Secure; HttpOnly; SameSite=None\"]");
    let headers = if cookie.is_empty() { "" } else { &set };
    format!("{{\"respond\":{},\"status\":{status},\"headers\":[{headers}],\"body\":{body}}}", m["request"])
}
