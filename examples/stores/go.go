// A cluster session store in one file of Go, without modules (go.yaml builds it).
//
// It does not replicate: a session lives on its home alone, the node that began it, whose name stands in the session's
// id. Requests at another node are forwarded home, so whoever asks, wherever, sees the one copy and the last write. A
// home that does not answer within a second is not waited for: 503. A home that crashes takes its sessions with it, and
// one that is cut off takes them away from everybody on the other side. It cannot revoke a user's sessions.
package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

const second = 1_000_000

type object = map[string]any

type Line struct { // whatever the harness says; what an op does not have stays empty
	ID, Body                                                  json.RawMessage
	Op, Node, Seed, Name, From, Request, Method, Path, Cookie string
	Now                                                       int64
	Peers                                                     []string
	Config                                                    struct {
		Session struct{ Cookie, Lifetime map[string]string }
	}
}

type Session struct {
	User, Ended   string
	Created, Last int64
	Data          object
}

type Answer struct {
	Request string
	Status  int
	Body    object
	Cookie  string // to be set
}

type Message struct { // what one node says to another: a request to serve at home, or what is answered to that
	Ask    *Line
	Answer *Answer
}

var (
	out                              = bufio.NewWriter(os.Stdout)
	me, seed, cookieName             string
	peers                            []string
	now, idle, absolute, minute, ids int64
	sessions                         = map[string]*Session{}
	open                             = map[string]*Line{} // requests that were forwarded home, by name
	served                           = map[string]bool{}  // forwarded requests of this minute: a message may come twice
	cookie                           *regexp.Regexp       // the session id, and the home's name in it
	route                            = regexp.MustCompile(`^(GET /session|POST /logout|(PUT|DELETE) /session/data/(.*))$`)
	goodKey                          = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

func say(line any)                { json.NewEncoder(out).Encode(line) }
func send(peer string, m Message) { say(object{"send": peer, "channel": "data", "body": m}) }
func failure(why string) object   { return object{"error": why} }
func isEnd(request string) bool   { return strings.HasPrefix(request, "end ") }

func forward(m *Line, home string) {
	open[m.Request] = m
	send(home, Message{Ask: m})
	say(object{"timer": m.Request, "after": second})
}

func message(from string, m Message) {
	if m.Ask != nil && !served[m.Ask.Request] {
		served[m.Ask.Request] = !isEnd(m.Ask.Request)
		answer := serve(m.Ask)
		send(from, Message{Answer: &answer})
	} else if m.Answer != nil && open[m.Answer.Request] != nil {
		say(object{"timer": m.Answer.Request, "cancel": true})
		respond(*m.Answer)
	}
}

func respond(a Answer) {
	delete(open, a.Request)
	if isEnd(a.Request) {
		return
	}
	line := object{"respond": a.Request, "status": a.Status, "body": a.Body}
	if a.Cookie != "" {
		set := fmt.Sprintf("%s=%s; Path=/; Secure; HttpOnly; SameSite=None", cookieName, a.Cookie)
		line["headers"] = [][]string{{"Set-Cookie", set}}
	}
	say(line)
}

func request(m *Line) {
	found := cookie.FindStringSubmatch(m.Cookie)
	away := found != nil && found[2] != me && slices.Contains(peers, found[2])
	if away && route.MatchString(m.Method+" "+m.Path) {
		forward(m, found[2])
		return
	}
	if away && m.Path == "/login" { // the session of the cookie that was sent ends
		forward(&Line{Request: "end " + m.Request, Method: "POST", Path: "/logout", Cookie: m.Cookie}, found[2])
	}
	respond(serve(m))
}

func serve(m *Line) Answer {
	var body struct{ User, Value any }
	json.Unmarshal(m.Body, &body)
	s := sessions[append(cookie.FindStringSubmatch(m.Cookie), "", "")[1]]
	asked := route.FindStringSubmatch(m.Method + " " + m.Path)
	if s != nil && s.Ended == "" && (now-s.Created > absolute || idle > 0 && now-s.Last > idle) {
		s.Ended = "expired"
	}
	switch {
	case m.Path == "/status":
		return Answer{m.Request, 200, object{"status": "up"}, ""}
	case m.Path == "/login" && m.Method == "POST":
		if s != nil {
			s.Ended = "ended"
		}
		ids++
		id := fmt.Sprintf("%s.%x", me, sha256.Sum256([]byte(fmt.Sprint(seed, ids))))
		sessions[id] = &Session{fmt.Sprint(body.User), "", now, now, object{}}
		return Answer{m.Request, 200, object{"user": body.User}, id}
	case asked == nil:
		return Answer{m.Request, 404, failure("no-such-path"), ""}
	case s == nil:
		return Answer{m.Request, 401, failure("no-session"), ""}
	case s.Ended != "":
		return Answer{m.Request, 401, failure(s.Ended), ""}
	case m.Path == "/logout":
		s.Ended = "ended"
		return Answer{m.Request, 200, object{}, "; Max-Age=0"}
	case asked[2] != "" && !goodKey.MatchString(asked[3]):
		return Answer{m.Request, 400, failure("bad-key"), ""}
	case m.Method == "PUT":
		s.Data[asked[3]] = body.Value
	case m.Method == "DELETE":
		delete(s.Data, asked[3])
	}
	s.Last = max(s.Last, now)
	return Answer{m.Request, 200, object{"user": s.User, "data": s.Data}, ""}
}

func main() {
	in := json.NewDecoder(os.Stdin)
	for m := new(Line); in.Decode(m) == nil; m = new(Line) {
		now = m.Now
		if now/second/60 != minute {
			minute = now / second / 60
			clear(served)
			maps.DeleteFunc(sessions, func(_ string, s *Session) bool { return now-s.Created > absolute+60*second })
		}
		switch m.Op {
		case "hello":
			say(object{"re": m.ID, "protocol": 1, "name": "home-store-go", "version": "1", "language": "go",
				"features": []string{"idle", "absolute", "merge", "config"},
				"contract": object{"converge_us": 3 * second, "detect_us": second, "idle_slack_us": 0, "survives_crashes": 0}})
		case "init":
			me, peers, seed = m.Node, m.Peers, cmp.Or(m.Seed, rand.Text()+rand.Text())
			cookieName = cmp.Or(m.Config.Session.Cookie["name"], "maverics_session")
			cookie = regexp.MustCompile(regexp.QuoteMeta(cookieName) + `=((\w+)\.\w+)`)
			limit, _ := time.ParseDuration(m.Config.Session.Lifetime["idleTimeout"])
			age, _ := time.ParseDuration(m.Config.Session.Lifetime["maxTimeout"])
			idle, absolute = limit.Microseconds(), cmp.Or(age.Microseconds(), 24*3600*second)
		case "discovered":
			peers = slices.Compact(slices.Sorted(slices.Values(append(m.Peers, peers...)))) // whoever was there may be back
		case "timer":
			if isEnd(m.Name) { // no client waits for it, and it must be heard
				forward(open[m.Name], cookie.FindStringSubmatch(open[m.Name].Cookie)[2])
			} else if open[m.Name] != nil {
				respond(Answer{m.Name, 503, failure("its home does not answer"), ""})
			}
		case "message":
			var body Message
			json.Unmarshal(m.Body, &body)
			message(m.From, body)
		case "request":
			request(m)
		case "stop":
			say(object{"stopped": true})
		default:
			say(object{"unsupported": m.Op})
		}
		say(object{"done": m.ID})
		out.Flush()
	}
}
