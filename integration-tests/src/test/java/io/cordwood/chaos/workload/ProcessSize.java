package io.cordwood.chaos.workload;

/**
 * What the system says of a process.
 *
 * @param openFiles with its sockets
 */
public record ProcessSize(long residentBytes, int openFiles, int threads) {}
