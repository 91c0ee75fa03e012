package io.cordwood.it;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A record of {@link Load}: unique by producer and number, its bytes a function of the two.
 *
 * <p><b>Layout</b> of the value: producer int32, number int32, then {@value #NOISE_BYTES} bytes drawn from them.
 */
record LoadRecord(int producer, int number) {
    private static final int NOISE_BYTES = 200;

    byte[] value() {
        var noise = new byte[NOISE_BYTES];
        new SplittableRandom(((long) producer << Integer.SIZE) | number).nextBytes(noise);
        return ByteBuffer.allocate(Long.BYTES + NOISE_BYTES)
                .putInt(producer)
                .putInt(number)
                .put(noise)
                .array();
    }

    /** @throws IllegalArgumentException where the bytes are not those of any record */
    static LoadRecord parse(byte[] value) {
        if (value.length != Long.BYTES + NOISE_BYTES) {
            throw new IllegalArgumentException(value.length + " bytes");
        }
        var buffer = ByteBuffer.wrap(value);
        var record = new LoadRecord(buffer.getInt(), buffer.getInt());
        if (!Arrays.equals(record.value(), value)) {
            throw new IllegalArgumentException("other bytes than " + record + " has");
        }
        return record;
    }

    @Override
    public String toString() {
        return "record " + number + " of producer " + producer;
    }
}
