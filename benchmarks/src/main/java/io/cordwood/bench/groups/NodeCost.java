package io.cordwood.bench.groups;

/**
 * What one node uses while nobody does anything.
 *
 * @param idleCpuPercent of one processor
 * @param directMib of direct buffers
 * @param heapMib of objects, after a collection
 */
record NodeCost(int threads, double residentMib, double directMib, double heapMib, double idleCpuPercent) {}
