package io.cordwood.cli.demo;

/** When a record was due and when its acknowledgement arrived, both as {@link System#nanoTime} tells it. */
record AckTime(int partition, long dueNanos, long ackNanos, int sizeBytes) {
    long latencyNanos() {
        return ackNanos - dueNanos;
    }
}
