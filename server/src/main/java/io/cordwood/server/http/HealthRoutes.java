package io.cordwood.server.http;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.health.Readiness;
import java.io.IOException;
import java.util.List;

/**
 * Whether the process works, and whether the node can serve.
 *
 * <p><b>Thread:</b> any.
 */
final class HealthRoutes {
    private static final List<String> METHODS = List.of(HttpCall.GET, HttpCall.HEAD);

    private final int nodeId;
    private final Readiness readiness;

    HealthRoutes(int nodeId, Readiness readiness) {
        this.nodeId = nodeId;
        this.readiness = readiness;
    }

    /** Answering is all there is to it: what cannot go on ends its process by itself. */
    void alive(HttpCall call) throws IOException {
        call.requireMethod(METHODS);
        call.answer(HttpAnswer.json(HttpAnswer.OK, state("alive").toString()));
    }

    void ready(HttpCall call) throws IOException {
        call.requireMethod(METHODS);
        var hindrances = readiness.hindrances();
        boolean ready = Hindrance.ready(hindrances);
        var body = state(ready ? "ready" : "not ready");
        var reasons = new JsonArray();
        hindrances.forEach(hindrance -> reasons.add(reason(hindrance)));
        body.add("reasons", reasons);
        int status = ready ? HttpAnswer.OK : HttpRefusedException.UNAVAILABLE;
        call.answer(HttpAnswer.json(status, body.toString()));
    }

    private JsonObject state(String state) {
        var body = new JsonObject();
        body.addProperty("status", state);
        body.addProperty("node", nodeId);
        return body;
    }

    private static JsonObject reason(Hindrance hindrance) {
        var reason = new JsonObject();
        reason.addProperty("code", hindrance.code().name());
        reason.addProperty("message", hindrance.message());
        return reason;
    }
}
