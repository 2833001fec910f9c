import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** What a node knows, and how the nodes come to know the same. */
@SuppressWarnings("unchecked")
class Copies {
    static final long SECOND = 1_000_000;
    private static final int BUCKETS = 64;

    final Map<String, Map<String, Object>> records = new TreeMap<>(); // by name; cells are [stamp, by, value]
    private final long[] sums = new long[BUCKETS];
    final StringBuilder out = new StringBuilder();
    List<Object> peers;
    String me;
    long now, stamp, absolute;
    boolean ready;
    private int round;

    void say(Object... pairs) {
        out.append(Json.write(Json.object(pairs))).append('\n');
    }

    void send(Object peer, Object... body) {
        say("send", peer, "channel", "data", "body", Json.object(body));
    }

    static Map<String, Object> map(Object value) {
        return value == null ? new TreeMap<>() : (Map<String, Object>) value;
    }

    static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    static long number(Object value) {
        return value == null ? 0 : ((Number) value).longValue();
    }

    static Object value(Map<String, Object> record, String key) {
        return record.containsKey(key) ? list(record.get(key)).get(2) : null;
    }

    private static int bucket(String name) {
        return Math.floorMod(name.hashCode(), BUCKETS);
    }

    private void keep(String name, Map<String, Object> news) {
        Map<String, Object> held = records.computeIfAbsent(name, any -> new TreeMap<>());
        sums[bucket(name)] -= held.isEmpty() ? 0 : Json.write(held).hashCode();
        news.forEach((key, cell) -> {
            long at = number(list(cell).get(0));
            List<Object> here = list(held.get(key));
            boolean later = here == null || at > number(here.get(0))
                || at == number(here.get(0)) && ((String) list(cell).get(1)).compareTo((String) here.get(1)) > 0;
            if (later) {
                held.put(key, cell);
            }
            stamp = Math.max(stamp, at);
        });
        sums[bucket(name)] += Json.write(held).hashCode();
    }

    void change(String name, Object... pairs) {
        Map<String, Object> news = Json.object(pairs);
        news.replaceAll((key, value) -> Arrays.asList(stamp, me, value));
        keep(name, news);
        peers.forEach(peer -> send(peer, "put", Json.object(name, news)));
    }

    List<Long> sums() {
        return LongStream.of(sums).boxed().toList();
    }

    void message(Object from, Map<String, Object> m) {
        map(m.get("put")).forEach((name, record) -> keep(name, map(record)));
        ready |= Boolean.TRUE.equals(m.get("ready"));
        if (m.containsKey("sums")) {
            Map<String, Object> differ = new TreeMap<>(records);
            differ.keySet().removeIf(name -> sums[bucket(name)] == number(list(m.get("sums")).get(bucket(name))));
            if (m.containsKey("ready")) {
                send(from, "put", differ); // it sent its own with them
            } else {
                send(from, "put", differ, "sums", sums(), "ready", ready);
            }
        }
    }

    void timer(String name) {
        if (name.equals("alone")) {
            ready = true;
            return;
        }
        say("timer", "compare", "after", SECOND);
        if (!peers.isEmpty()) {
            send(peers.get(round++ % peers.size()), "sums", sums());
        }
        long before = now - absolute - 60 * SECOND; // what no cookie can ask for any more
        records.entrySet().removeIf(one -> {
            boolean old = one.getValue().values().stream().allMatch(cell -> number(list(cell).get(0)) < before);
            sums[bucket(one.getKey())] -= old ? Json.write(one.getValue()).hashCode() : 0;
            return old;
        });
    }
}
