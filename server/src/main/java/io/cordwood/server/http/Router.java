package io.cordwood.server.http;

import com.google.rpc.Status;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.rpc.Errors;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds who answers a path, and answers for what nobody does.
 *
 * <p>Invariant: every request is answered, with an error that names its reason, or its connection is
 * closed. On a loopback address only requests to a loopback name are: the page of another site whose name
 * somebody has made to mean this machine sends its own.
 *
 * <p><b>Thread:</b> any.
 */
final class Router implements Route {
    private static final Logger LOGGER = LoggerFactory.getLogger(Router.class);
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|::1");
    private static final String CALLS = "/cordwood.";
    private static final String THERE_IS = "/healthz, /readyz, /metrics, " + TailRoute.FORM
            + ", or the name of a unary call such as /cordwood.v1.TopicService/ListTopics";

    private final InetSocketAddress bind;
    private final Map<String, Route> always;
    private volatile @Nullable Services services;

    /** What there is once the node can be asked. */
    record Services(JsonGateway calls, TailRoute tails) {}

    /** @param always by path; answered from the first moment to the last */
    Router(InetSocketAddress bind, Map<String, Route> always) {
        this.bind = bind;
        this.always = Map.copyOf(always);
    }

    void open(Services ready) {
        services = ready;
    }

    @Override
    public void serve(HttpCall call) throws IOException {
        try {
            requireLoopbackName(call);
            find(call.path()).serve(call);
        } catch (HttpRefusedException e) {
            answer(call, JsonErrors.answer(e), e);
        } catch (RuntimeException e) {
            // The JDK's server would close the connection and say nothing.
            LOGGER.error("{} failed", call.line(), e);
            answer(call, JsonErrors.answer(fault()), e);
        }
    }

    private static void answer(HttpCall call, HttpAnswer answer, RuntimeException cause) throws IOException {
        if (call.answered()) {
            throw new IOException("failed in the midst of an answer", cause);
        }
        call.answer(answer);
    }

    private static Status fault() {
        return Errors.status(Refusal.of(Reason.INTERNAL, "a fault of the server; its log says more"));
    }

    private Route find(String path) {
        var known = always.get(path);
        if (known != null) {
            return known;
        }
        boolean isTail = TailRoute.matches(path);
        if (!isTail && !path.startsWith(CALLS)) {
            throw HttpRefusedException.field(HttpRefusedException.NOT_FOUND, "path", path, "one of " + THERE_IS);
        }
        var ready = services;
        if (ready == null) {
            throw new HttpRefusedException(
                    HttpRefusedException.UNAVAILABLE,
                    Refusal.of(Reason.NOT_JOINED, "the node starts; /readyz and its log say what it waits for"));
        }
        return isTail ? ready.tails() : ready.calls();
    }

    private void requireLoopbackName(HttpCall call) {
        var address = bind.getAddress();
        if (address == null || !address.isLoopbackAddress()) {
            return;
        }
        call.header("Host").map(Router::name).filter(name -> !isOurs(name)).ifPresent(name -> {
            throw HttpRefusedException.field(
                    HttpRefusedException.FORBIDDEN, "Host", name, "localhost or a loopback address");
        });
    }

    private boolean isOurs(String name) {
        return LOOPBACK.matcher(name).matches() || name.equalsIgnoreCase(bind.getHostString());
    }

    /** Without port and brackets. */
    private static String name(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') : host.lastIndexOf(':');
        var name = end < 0 ? host : host.substring(0, end);
        return (name.startsWith("[") ? name.substring(1) : name).toLowerCase(Locale.ROOT);
    }
}
