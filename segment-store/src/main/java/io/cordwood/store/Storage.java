package io.cordwood.store;

/**
 * What all logs of a node share.
 *
 * <p><b>Thread:</b> any; both parts are safe for many threads.
 */
public record Storage(Disk disk, OffsetIndex index) {}
