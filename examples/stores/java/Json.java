import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The JSON that Store needs. Objects are sorted maps, so that a value is written in one way only. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads a value: a Map, a List, a String, a Boolean, a BigDecimal or null. */
    static Object read(String text) {
        return new Json(text).value();
    }

    /** Makes an object of names and values in turn. */
    static Map<String, Object> object(Object... pairs) {
        Map<String, Object> made = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            made.put((String) pairs[i], pairs[i + 1]);
        }
        return made;
    }

    /** Writes a value; of a number, what it is printed as. */
    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> out.append(',').append(quoted((String) key)).append(':').append(write(each)));
            return map.isEmpty() ? "{}" : out.replace(0, 1, "{").append('}').toString();
        } else if (value instanceof Iterable<?> list) {
            list.forEach(each -> out.append(',').append(write(each)));
            return out.isEmpty() ? "[]" : out.replace(0, 1, "[").append(']').toString();
        }
        return value instanceof String string ? quoted(string) : String.valueOf(value);
    }

    private static String quoted(String string) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : string.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else {
                out.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return out.append('"').toString();
    }

    private char next() {
        while (Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.charAt(at);
    }

    private boolean more(char end) { // over what separates two members, or over the end
        if (next() == ',') {
            at++;
        }
        boolean over = next() == end;
        if (over) {
            at++;
        }
        return !over;
    }

    private Object value() {
        char first = next();
        if (first == '"') {
            return string();
        } else if (first == '{') {
            Map<String, Object> map = new TreeMap<>();
            for (at++; more('}'); ) {
                String key = string();
                next();
                at++;
                map.put(key, value());
            }
            return map;
        } else if (first == '[') {
            List<Object> list = new ArrayList<>();
            for (at++; more(']'); ) {
                list.add(value());
            }
            return list;
        }
        int from = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        return switch (word) {
            case "null" -> null;
            case "true", "false" -> Boolean.valueOf(word);
            default -> new BigDecimal(word);
        };
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                c = text.charAt(++at);
                int plain = "nrtbf".indexOf(c);
                if (c == 'u') {
                    c = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
                    at += 4;
                } else if (plain >= 0) {
                    c = "\n\r\t\b\f".charAt(plain);
                }
            }
            out.append(c);
        }
        at++;
        return out.toString();
    }
}
