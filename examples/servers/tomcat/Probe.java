import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The probe application (docs/subject-protocol.md, part 1) on the sessions of whatever servlet container it runs in.
 * Each key is an attribute of its own, and its value is kept as the JSON that came: nothing here reads it.
 */
public final class Probe extends HttpServlet {
    private static final Pattern KEY = Pattern.compile("/session/data/([A-Za-z0-9._-]{1,64})");
    private static final Pattern USER = Pattern.compile("\\{\\s*\"user\"\\s*:\\s*(\"(?:[^\"\\\\]|\\\\.)*\")\\s*\\}");
    private static final Pattern VALUE = Pattern.compile("\\{\\s*\"value\"\\s*:\\s*(.*)\\}\\s*", Pattern.DOTALL);
    private static final String DATA = "data.";

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getRequestURI();
        String asked = request.getMethod() + " " + path;
        if (asked.equals("GET /status")) {
            answer(response, 200, "{\"status\": \"up\"}");
        } else if (asked.equals("POST /login")) {
            login(request, response);
        } else if (asked.equals("GET /session") || asked.equals("POST /logout") || path.startsWith("/session/data/")) {
            withSession(request, response, asked, path);
        } else {
            answer(response, 404, "{}");
        }
    }

    private static void login(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Matcher user = USER.matcher(body(request));
        if (!user.matches()) {
            answer(response, 400, "{}");
            return;
        }
        HttpSession before = request.getSession(false);
        if (before != null) {
            before.invalidate();
        }
        HttpSession session = request.getSession(true);
        session.setMaxInactiveInterval(Integer.parseInt(System.getenv().getOrDefault("IDLE_SECONDS", "600")));
        session.setAttribute("user", user.group(1));
        answer(response, 200, "{\"user\": " + user.group(1) + "}");
    }

    private static void withSession(
            HttpServletRequest request, HttpServletResponse response, String asked, String path) throws IOException {
        Matcher key = KEY.matcher(path);
        if (path.startsWith("/session/data/") && !key.matches()) {
            answer(response, 400, "{}");
            return;
        }
        HttpSession session = request.getSession(false);
        try {
            if (session == null || session.getAttribute("user") == null) {
                answer(response, 401, "{\"error\": \"no-session\"}");
            } else if (asked.equals("GET /session")) {
                answer(response, 200, shown(session));
            } else if (asked.equals("POST /logout")) {
                session.invalidate();
                Cookie gone = new Cookie("JSESSIONID", "");
                gone.setPath("/");
                gone.setMaxAge(0);
                response.addCookie(gone);
                answer(response, 200, "{}");
            } else if (request.getMethod().equals("DELETE")) {
                session.removeAttribute(DATA + key.group(1));
                answer(response, 200, "{}");
            } else {
                Matcher value = VALUE.matcher(body(request));
                if (!request.getMethod().equals("PUT") || !value.matches()) {
                    answer(response, 400, "{}");
                    return;
                }
                session.setAttribute(DATA + key.group(1), value.group(1).strip());
                answer(response, 200, "{}");
            }
        } catch (IllegalStateException ended) { // another request ended the session while this one held it
            answer(response, 401, "{\"error\": \"no-session\"}");
        }
    }

    private static String shown(HttpSession session) {
        StringBuilder data = new StringBuilder();
        for (String name : Collections.list(session.getAttributeNames())) {
            Object value = session.getAttribute(name);
            if (name.startsWith(DATA) && value != null) {
                data.append(data.length() == 0 ? "" : ", ");
                data.append('"').append(name.substring(DATA.length())).append("\": ").append(value);
            }
        }
        return "{\"user\": " + session.getAttribute("user") + ", \"data\": {" + data + "}}";
    }

    private static String body(HttpServletRequest request) throws IOException {
        return new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static void answer(HttpServletResponse response, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }
}
