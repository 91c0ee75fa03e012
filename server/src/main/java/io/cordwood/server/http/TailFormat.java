package io.cordwood.server.http;

/**
 * How a tail is written: one JSON object to a line, or one to an event.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> NDJSON, where a reader may pass over empty lines; server-sent events of the HTML
 * standard, where a line that begins with a colon is a comment.
 */
enum TailFormat {
    LINES("application/x-ndjson"),
    EVENTS("text/event-stream");

    private final String contentType;

    TailFormat(String contentType) {
        this.contentType = contentType;
    }

    /** @param accept the header of the request */
    static TailFormat accepted(String accept) {
        return accept.contains(EVENTS.contentType) ? EVENTS : LINES;
    }

    String contentType() {
        return contentType;
    }

    String record(String json) {
        return switch (this) {
            case LINES -> json + "\n";
            case EVENTS -> "data: " + json + "\n\n";
        };
    }

    /** Something that is no record. */
    String notice(String event, String json) {
        return switch (this) {
            case LINES -> json + "\n";
            case EVENTS -> "event: " + event + "\ndata: " + json + "\n\n";
        };
    }

    /** Shows either side that the other is still there. */
    String heartbeat() {
        return switch (this) {
            case LINES -> "\n";
            case EVENTS -> ":\n\n";
        };
    }
}
