package io.cordwood.batch;

/**
 * The hash by which Kafka's default partitioner places keyed records, so that every client puts a key into the same
 * partition.
 *
 * <p><b>Thread:</b> any; no state.
 *
 * <p><b>Source:</b> MurmurHash2, 32 bit, A. Appleby; seed {@code 0x9747b28c}.
 */
public final class Murmur2 {
    private static final int SEED = 0x9747b28c;
    private static final int MULTIPLIER = 0x5bd1e995;

    private Murmur2() {}

    public static int hash(byte[] data) {
        int hash = SEED ^ data.length;
        int wholeWords = data.length & ~3;
        for (int i = 0; i < wholeWords; i += Integer.BYTES) {
            int word = littleEndianWord(data, i) * MULTIPLIER;
            word ^= word >>> 24;
            hash = (hash * MULTIPLIER) ^ (word * MULTIPLIER);
        }
        return finish(mixTail(hash, data, wholeWords));
    }

    /** Partition in {@code [0, partitionCount)} of a record with this key. */
    public static int partition(byte[] key, int partitionCount) {
        if (partitionCount <= 0) {
            throw new IllegalArgumentException("partitionCount " + partitionCount + " must be positive");
        }
        return (hash(key) & Integer.MAX_VALUE) % partitionCount;
    }

    private static int littleEndianWord(byte[] data, int start) {
        return (data[start] & 0xff)
                | ((data[start + 1] & 0xff) << 8)
                | ((data[start + 2] & 0xff) << 16)
                | (data[start + 3] << 24);
    }

    private static int mixTail(int hash, byte[] data, int start) {
        if (start == data.length) {
            return hash;
        }
        int tail = 0;
        for (int i = data.length - 1; i >= start; i--) {
            tail = (tail << 8) | (data[i] & 0xff);
        }
        return (hash ^ tail) * MULTIPLIER;
    }

    private static int finish(int mixed) {
        int hash = mixed ^ (mixed >>> 13);
        hash *= MULTIPLIER;
        return hash ^ (hash >>> 15);
    }
}
