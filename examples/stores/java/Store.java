import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A cluster session store in Java, without libraries (java.yaml builds it): here what clients and the harness ask, in
 * Copies what the nodes tell each other.
 *
 * <p>A record is a session or the last revocation of a user, a map of cells: each has a stamp, the node that wrote it
 * and a value, and of two copies the later is kept. A change is sent to all peers at once. Records are sorted into
 * buckets; once a second a node sends one peer a sum over each of its buckets, and where theirs differ, both send what
 * is in there: two nodes that agree say so in a few hundred bytes. An answer waits for nobody: a crash may swallow it.
 */
final class Store extends Copies {
    private final Map<String, Long> active = new TreeMap<>(); // last activity here, told to the others once a second
    private String seed, cookie;
    private long idle;
    private int ids;

    private static String digest(String what) throws Exception {
        byte[] bytes = MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(bytes).substring(0, 40);
    }

    private void respond(Map<String, Object> m, int status, Map<String, Object> body, String... cookies) {
        List<Object> headers = new ArrayList<>();
        for (String set : cookies) {
            headers.add(List.of("Set-Cookie", cookie + "=" + set + "; Path=/; Secure; HttpOnly; SameSite=None"));
        }
        say("respond", m.get("request"), "status", status, "headers", headers, "body", body);
    }

    private Object ended(Map<String, Object> s) { // by itself, or by a revocation of its user after it was begun
        long until = number(value(records.getOrDefault("user " + value(s, "user"), Map.of()), "revoked"));
        return !s.containsKey("ended") && number(list(s.get("user")).get(0)) < until ? "ended" : value(s, "ended");
    }

    private void request(Map<String, Object> m) throws Exception {
        String route = m.get("method") + " " + m.get("path"), name = "";
        for (String pair : Objects.toString(m.get("cookie"), "").split("; ")) {
            name = pair.startsWith(cookie + "=") ? digest(pair.substring(cookie.length() + 1)) : name;
        }
        Map<String, Object> s = records.getOrDefault(name, Map.of()), body = map(m.get("body")), data = new TreeMap<>();
        boolean known = s.containsKey("user");
        s.forEach((key, cell) -> {
            if (key.startsWith("data.") && !list(list(cell).get(2)).isEmpty()) {
                data.put(key.substring(5), list(list(cell).get(2)).get(0));
            }
        });
        long last = Math.max(number(value(s, "last")), active.getOrDefault(name, 0L));
        Map<String, Object> shown = Json.object("user", value(s, "user"), "data", data);
        stamp = Math.max(now, stamp + 1);
        if (!ready) {
            respond(m, 503, Json.object("error", "not-ready"));
        } else if (route.equals("GET /status")) {
            respond(m, 200, Json.object("status", "up"));
        } else if (route.equals("GET /peek") && known) {
            shown.putAll(Json.object("created", value(s, "created"), "last", last, "ended", ended(s)));
            respond(m, 200, shown);
        } else if (route.equals("GET /peek")) {
            respond(m, 404, Json.object("error", "no-session"));
        } else if (route.equals("POST /revoke")) {
            Object user = body.get("user");
            Stream<?> live = records.values().stream().filter(r -> user.equals(value(r, "user")) && ended(r) == null);
            Map<String, Object> answer = Json.object("sessions", live.count());
            change("user " + user, "revoked", stamp);
            respond(m, 200, answer);
        } else if (route.equals("POST /login")) {
            if (known) {
                change(name, "ended", "ended");
            }
            String id = digest(seed + " " + ids++);
            change(digest(id), "user", body.get("user"), "created", now, "last", now);
            respond(m, 200, body, id);
        } else if (!route.matches("GET /session|POST /logout|(PUT|DELETE) /session/data/.*")) {
            respond(m, 404, Json.object("error", "no-such-path"));
        } else if (!known || ended(s) != null) {
            respond(m, 401, Json.object("error", known ? ended(s) : "no-session"));
        } else if (now - number(value(s, "created")) > absolute || idle > 0 && now - last > idle) {
            change(name, "ended", "expired");
            respond(m, 401, Json.object("error", "expired"));
        } else if (route.equals("POST /logout")) {
            change(name, "ended", "ended");
            respond(m, 200, Json.object(), "; Max-Age=0");
        } else if (!route.matches("GET .*|[A-Z]+ /session/data/[A-Za-z0-9._-]{1,64}")) {
            respond(m, 400, Json.object("error", "bad-key"));
        } else {
            if (route.startsWith("GET")) {
                active.put(name, now);
                if (now - number(value(s, "last")) > SECOND) {
                    change(name, "last", now);
                }
            } else {
                List<Object> held = route.startsWith("PUT") ? Arrays.asList(body.get("value")) : List.of();
                change(name, "data." + route.split("/data/")[1], held, "last", now);
            }
            respond(m, 200, shown);
        }
    }

    private void init(Map<String, Object> m) {
        Map<String, Object> session = map(map(m.get("config")).get("session")), life = map(session.get("lifetime"));
        me = (String) m.get("node");
        peers = list(m.get("peers"));
        seed = Objects.toString(m.get("seed"), HexFormat.of().formatHex(new SecureRandom().generateSeed(32)));
        cookie = (String) map(session.get("cookie")).getOrDefault("name", "maverics_session");
        idle = Duration.parse("PT" + life.getOrDefault("idleTimeout", "0s")).toNanos() / 1000;
        absolute = Duration.parse("PT" + life.getOrDefault("maxTimeout", "0s")).toNanos() / 1000;
        absolute = absolute > 0 ? absolute : 86_400 * SECOND;
        say("timer", "alone", "after", 3 * SECOND);
        say("timer", "compare", "after", SECOND);
        peers.forEach(peer -> send(peer, "sums", sums()));
    }

    private void turn(Map<String, Object> m) throws Exception {
        now = number(m.get("now"));
        switch ((String) m.get("op")) {
            case "hello" -> say("re", m.get("id"), "protocol", 1, "name", "bucket-store-java", "language", "java",
                "features", List.of("revoke", "restart", "peek", "idle", "absolute", "merge", "config"),
                "contract", Json.object("converge_us", 8 * SECOND, "detect_us", SECOND, "survives_crashes", 0));
            case "init" -> init(m);
            case "discovered" -> peers = m.containsKey("peers") ? list(m.get("peers")) : peers;
            case "timer" -> {
                timer((String) m.get("name"));
                active.keySet().retainAll(records.keySet());
            }
            case "message" -> message(m.get("from"), map(m.get("body")));
            case "request" -> request(m);
            case "stop" -> say("stopped", true);
            default -> say("unsupported", m.get("op"));
        }
        say("done", m.get("id"));
    }

    public static void main(String[] none) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream to = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Store store = new Store();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            store.turn(map(Json.read(line)));
            to.print(store.out);
            to.flush();
            store.out.setLength(0);
        }
    }
}
