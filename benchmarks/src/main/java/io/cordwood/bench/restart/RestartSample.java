package io.cordwood.bench.restart;

/**
 * One start after a kill. Times are seconds from the start of the process.
 *
 * @param sizeBytes how much was to be sealed
 * @param log what the kill left behind
 * @param cold whether the page cache was emptied before the start
 * @param readySeconds until the node said that it is ready
 * @param fetchSeconds until the last acknowledged record was read
 * @param ackSeconds until a record was acknowledged, sent after that
 */
record RestartSample(
        long sizeBytes, LogOnDisk log, boolean cold, double readySeconds, double fetchSeconds, double ackSeconds) {}
