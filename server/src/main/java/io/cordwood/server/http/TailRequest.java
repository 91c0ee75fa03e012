package io.cordwood.server.http;

import io.cordwood.proto.v1.Encoding;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What somebody wants to follow.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param partitions none means all that the topic has now
 * @param start as in {@code PartitionStart}
 * @param maxRecords after so many the tail ends
 */
record TailRequest(
        String topic, List<Integer> partitions, String start, Encoding encoding, long maxRecords, TailFormat format) {
    private static final String PARTITION = "partition";
    private static final String START = "start";
    private static final String ENCODING = "encoding";
    private static final String MAX_RECORDS = "max_records";
    private static final List<String> PARAMETERS = List.of(PARTITION, START, ENCODING, MAX_RECORDS);
    private static final Map<String, Encoding> ENCODINGS = Map.of(
            "auto", Encoding.ENCODING_AUTO,
            "text", Encoding.ENCODING_TEXT,
            "json", Encoding.ENCODING_JSON,
            "bytes", Encoding.ENCODING_BYTES);
    private static final String COUNT = "[0-9]{1,18}";
    private static final String NUMBER = "[0-9]{1,9}";

    TailRequest {
        partitions = List.copyOf(partitions);
    }

    /** @throws HttpRefusedException for a parameter that is unknown or none of its kind */
    static TailRequest of(String topic, HttpCall call) {
        var query = call.query();
        for (var name : query.names()) {
            if (!PARAMETERS.contains(name)) {
                throw refused(name, "unknown", "one of " + PARAMETERS);
            }
        }
        return new TailRequest(
                topic,
                partitions(query),
                query.one(START).orElse("latest"),
                encoding(query.one(ENCODING).orElse("auto")),
                query.one(MAX_RECORDS).map(TailRequest::maxRecords).orElse(Long.MAX_VALUE),
                TailFormat.accepted(call.header("Accept").orElse("")));
    }

    private static List<Integer> partitions(Query query) {
        var partitions = new TreeSet<Integer>();
        for (var text : query.all(PARTITION)) {
            if (!text.matches(NUMBER)) {
                throw refused(PARTITION, text, "a number from 0");
            }
            partitions.add(Integer.parseInt(text));
        }
        return List.copyOf(partitions);
    }

    private static Encoding encoding(String text) {
        var encoding = ENCODINGS.get(text);
        if (encoding == null) {
            throw refused(ENCODING, text, "auto, text, json or bytes");
        }
        return encoding;
    }

    private static long maxRecords(String text) {
        if (!text.matches(COUNT) || Long.parseLong(text) == 0) {
            throw refused(MAX_RECORDS, text, "a number from 1");
        }
        return Long.parseLong(text);
    }

    private static HttpRefusedException refused(String field, String value, String limit) {
        return HttpRefusedException.field(HttpRefusedException.BAD_REQUEST, field, value, limit);
    }
}
