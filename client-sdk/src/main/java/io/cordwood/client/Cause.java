package io.cordwood.client;

import java.util.OptionalInt;

/**
 * One thing that holds something back, and where.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param sentence what is so, with the names and the figures
 * @param hint what helps; empty where it goes by by itself
 * @param topic empty where it is not about one
 * @param partition number; empty where it is not about one
 * @param memberId empty where it is not about one
 * @param nodeId empty where it is not about one
 */
public record Cause(
        CauseCode code,
        String sentence,
        String hint,
        String topic,
        OptionalInt partition,
        String memberId,
        OptionalInt nodeId) {}
