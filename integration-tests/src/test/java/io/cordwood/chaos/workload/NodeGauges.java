package io.cordwood.chaos.workload;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The memory of a node, of its metrics.
 *
 * <p><b>Source:</b> {@code docs/metrics.md}.
 */
record NodeGauges(long heapBytes, long directBytes) {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** @throws IOException also where the node does not answer in time */
    static NodeGauges of(HttpClient http, String address) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
                .timeout(TIMEOUT)
                .build();
        return parse(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    static NodeGauges parse(String metrics) throws IOException {
        return new NodeGauges(
                sum(metrics, "jvm_memory_used_bytes{", "area=\"heap\""),
                sum(metrics, "jvm_buffer_memory_used_bytes{", "id=\"direct\""));
    }

    /** Of all series of a name with a label. */
    private static long sum(String metrics, String name, String label) throws IOException {
        var sum = OptionalLong.empty();
        for (var line : metrics.lines().toList()) {
            if (line.startsWith(name) && line.contains(label)) {
                var value = line.substring(line.lastIndexOf('}') + 1).strip().split(" ")[0];
                try {
                    sum = OptionalLong.of(sum.orElse(0) + (long) Double.parseDouble(value));
                } catch (NumberFormatException e) {
                    throw new IOException("no number: " + line, e);
                }
            }
        }
        if (sum.isEmpty()) {
            throw new IOException("no " + name + label + "} in " + metrics.length() + " characters of metrics");
        }
        return sum.getAsLong();
    }
}
