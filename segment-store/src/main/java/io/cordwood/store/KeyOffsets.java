package io.cordwood.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * The newest offset of each key in a range of a log, in memory of a fixed size however long the keys are.
 *
 * <p>A key is known by the first 16 bytes of its SHA-256. Two keys that share them would be taken for one, and the older
 * record of the two would be lost; nobody knows how to find two such keys.
 *
 * <p>Invariants: offsets of a key only rise. At most three quarters of the slots are taken, so a search ends soon.
 *
 * <p><b>Thread:</b> one owner.
 *
 * <p><b>Layout:</b> open addressing with linear probing over one array. A slot is three words: two of the hash, and the
 * offset + 1; 0 there is a free slot.
 *
 * <p><b>Source:</b> Apache Kafka, {@code SkimpyOffsetMap}.
 */
final class KeyOffsets {
    static final int SLOT_BYTES = 3 * Long.BYTES;
    static final long NONE = -1;

    private static final int WORDS = 3;
    private static final int SLOTS_MAX = Integer.MAX_VALUE / WORDS - 8;

    private final MessageDigest digest = SegmentHash.digest();
    private final long[] words;
    private final int slots;
    private final int keysMax;
    private int size;

    private KeyOffsets(int slots) {
        this.slots = slots;
        this.keysMax = keysMax(slots);
        this.words = new long[slots * WORDS];
    }

    /** Room for so many keys. */
    static KeyOffsets ofKeys(long keys) {
        return new KeyOffsets(slotsFor(keys));
    }

    /** Room for so many keys, or for as many as fit into the bytes. */
    static KeyOffsets within(long budgetBytes, long keys) {
        return new KeyOffsets(Math.min(slotsWithin(budgetBytes), slotsFor(keys)));
    }

    /** How many keys {@link #within} makes room for at most. */
    static int keysWithin(long budgetBytes) {
        return keysMax(slotsWithin(budgetBytes));
    }

    /** What {@link #ofKeys} takes. */
    static long bytesFor(long keys) {
        return (long) slotsFor(keys) * SLOT_BYTES;
    }

    private static int slotsWithin(long budgetBytes) {
        return (int) Math.min(Math.max(budgetBytes / SLOT_BYTES, 2), SLOTS_MAX);
    }

    private static int slotsFor(long keys) {
        return (int) Math.min(Math.max(Math.min(keys, SLOTS_MAX), 1) * 4 / 3 + 2, SLOTS_MAX);
    }

    private static int keysMax(int slots) {
        return Math.max((int) (slots * 3L / 4), 1);
    }

    /** How many keys it holds. */
    int size() {
        return size;
    }

    /**
     * Takes the record of a key.
     *
     * @param key from position to limit; not changed
     * @param offset beyond that of every record taken before
     * @return whether it is in now: false where it is a new key and there is no room
     */
    boolean put(ByteBuffer key, long offset) {
        int at = find(key);
        if (words[at + 2] == 0) {
            if (size == keysMax) {
                return false;
            }
            words[at] = first;
            words[at + 1] = second;
            size++;
        } else if (words[at + 2] > offset) {
            throw new IllegalStateException("offset " + offset + " comes behind " + (words[at + 2] - 1));
        }
        words[at + 2] = offset + 1;
        return true;
    }

    /** The newest offset of a key, or {@link #NONE}. */
    long newest(ByteBuffer key) {
        return words[find(key) + 2] - 1;
    }

    // The hash of the key that was looked for last.
    private long first;
    private long second;

    /** The place of the key's slot, or of the free one where it belongs. */
    private int find(ByteBuffer key) {
        digest.update(key.duplicate());
        var hash = ByteBuffer.wrap(digest.digest());
        first = hash.getLong();
        second = hash.getLong();
        int slot = (int) Long.remainderUnsigned(first, slots);
        while (true) {
            int at = slot * WORDS;
            if (words[at + 2] == 0 || (words[at] == first && words[at + 1] == second)) {
                return at;
            }
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
    }
}
