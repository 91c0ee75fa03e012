package io.cordwood.cli.demo;

/**
 * What a replica's segment files hold in the offsets [start, end).
 *
 * @param bytes size of those batches
 * @param sha256 over their bytes, as lower-case hexadecimal digits
 */
record ReplicaDigest(int nodeId, int partition, long start, long end, long bytes, String sha256) {
    boolean sameContent(ReplicaDigest other) {
        return start == other.start && end == other.end && bytes == other.bytes && sha256.equals(other.sha256);
    }

    @Override
    public String toString() {
        return "node " + nodeId + " holds [" + start + ", " + end + ") of partition " + partition + " in " + bytes
                + " bytes, sha256 " + sha256.substring(0, Math.min(16, sha256.length()));
    }
}
