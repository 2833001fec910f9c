import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.replicatedmap.ReplicatedMap;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The probe application (docs/subject-protocol.md, part 1) on a ReplicatedMap, of which every member holds every entry.
 * A session is one entry, its user; each of its keys is an entry of its own, so that two writes never meet in one.
 */
public final class Probe {
    private static final Pattern KEY = Pattern.compile("/session/data/([A-Za-z0-9._-]{1,64})");
    private static final Pattern USER = Pattern.compile("\\{\\s*\"user\"\\s*:\\s*(\"(?:[^\"\\\\]|\\\\.)*\")\\s*\\}");
    private static final Pattern VALUE = Pattern.compile("\\{\\s*\"value\"\\s*:\\s*(.*)\\}\\s*", Pattern.DOTALL);
    private static final Pattern COOKIE = Pattern.compile("(?:^|; )sid=([0-9a-f]+)");
    private static final String NO_SESSION = "{\"error\": \"no-session\"}";

    private final SecureRandom random = new SecureRandom();
    private final ReplicatedMap<String, String> sessions;
    private final ReplicatedMap<String, String> data;

    private Probe(HazelcastInstance grid) {
        sessions = grid.getReplicatedMap("sessions");
        data = grid.getReplicatedMap("data");
    }

    public static void main(String[] arguments) throws IOException {
        Config config = new Config("anynode");
        config.setProperty("hazelcast.logging.type", "jdk");
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
        config.setProperty("hazelcast.max.no.heartbeat.seconds", "5");
        config.setProperty("hazelcast.merge.first.run.delay.seconds", "5"); // 300 by default
        config.setProperty("hazelcast.merge.next.run.delay.seconds", "5"); // 120 by default
        config.getNetworkConfig().setPort(portOf(arguments[2])).setPortAutoIncrement(false);
        config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface(hostOf(arguments[2]));
        JoinConfig join = config.getNetworkConfig().getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true);
        for (int place = 2; place < arguments.length; place++) {
            join.getTcpIpConfig().addMember(arguments[place]);
        }
        Probe probe = new Probe(Hazelcast.newHazelcastInstance(config));
        HttpServer server = HttpServer.create(new InetSocketAddress(hostOf(arguments[2]), Integer.parseInt(arguments[1])), 128);
        server.setExecutor(Executors.newFixedThreadPool(32));
        server.createContext("/", probe::serve);
        server.start();
    }

    private static String hostOf(String end) {
        return end.substring(0, end.lastIndexOf(':'));
    }

    private static int portOf(String end) {
        return Integer.parseInt(end.substring(end.lastIndexOf(':') + 1));
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (asked.equals("GET /status")) {
                answer(exchange, 200, "{\"status\": \"up\"}");
            } else if (asked.equals("POST /login")) {
                login(exchange, body);
            } else {
                inSession(exchange, asked, body);
            }
        }
    }

    private void login(HttpExchange exchange, String body) throws IOException {
        Matcher user = USER.matcher(body);
        if (!user.matches()) {
            answer(exchange, 400, "{}");
            return;
        }
        String before = sessionOf(exchange);
        if (before != null) {
            end(before);
        }
        byte[] drawn = new byte[16];
        random.nextBytes(drawn);
        String id = HexFormat.of().formatHex(drawn);
        sessions.put(id, user.group(1));
        exchange.getResponseHeaders().add("Set-Cookie", "sid=" + id + "; Path=/; HttpOnly");
        answer(exchange, 200, "{\"user\": " + user.group(1) + "}");
    }

    private void inSession(HttpExchange exchange, String asked, String body) throws IOException {
        String path = asked.substring(asked.indexOf(' ') + 1);
        Matcher key = KEY.matcher(path);
        boolean known = asked.equals("GET /session") || asked.equals("POST /logout") || path.startsWith("/session/data/");
        if (!known) {
            answer(exchange, 404, "{}");
            return;
        }
        String id = sessionOf(exchange);
        String user = id == null ? null : sessions.get(id);
        if (user == null) {
            answer(exchange, 401, NO_SESSION);
        } else if (asked.equals("GET /session")) {
            answer(exchange, 200, "{\"user\": " + user + ", \"data\": {" + dataOf(id) + "}}");
        } else if (asked.equals("POST /logout")) {
            end(id);
            exchange.getResponseHeaders().add("Set-Cookie", "sid=; Path=/; Max-Age=0");
            answer(exchange, 200, "{}");
        } else if (!key.matches()) {
            answer(exchange, 400, "{}");
        } else if (asked.startsWith("DELETE ")) {
            data.remove(id + "/" + key.group(1));
            answer(exchange, 200, "{}");
        } else {
            Matcher value = VALUE.matcher(body);
            if (!asked.startsWith("PUT ") || !value.matches()) {
                answer(exchange, 400, "{}");
                return;
            }
            data.put(id + "/" + key.group(1), value.group(1).strip());
            answer(exchange, 200, "{}");
        }
    }

    private void end(String id) {
        sessions.remove(id);
        for (String name : data.keySet()) {
            if (name.startsWith(id + "/")) {
                data.remove(name);
            }
        }
    }

    private String dataOf(String id) {
        StringBuilder shown = new StringBuilder();
        for (String name : data.keySet()) {
            String value = name.startsWith(id + "/") ? data.get(name) : null;
            if (value != null) {
                shown.append(shown.length() == 0 ? "" : ", ");
                shown.append('"').append(name.substring(id.length() + 1)).append("\": ").append(value);
            }
        }
        return shown.toString();
    }

    private static String sessionOf(HttpExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst("Cookie");
        Matcher cookie = COOKIE.matcher(header == null ? "" : header);
        return cookie.find() ? cookie.group(1) : null;
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
