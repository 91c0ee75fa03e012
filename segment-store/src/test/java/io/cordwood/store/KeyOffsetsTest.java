package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOffsetsTest {
    @Test
    void knowsTheNewestOffsetOfEachKey() {
        var offsets = KeyOffsets.ofKeys(1_000);
        var expected = new HashMap<Integer, Long>();
        var random = new Random(1);
        for (long offset = 0; offset < 20_000; offset++) {
            int key = random.nextInt(1_000);
            expected.put(key, offset);
            assertThat(offsets.put(key(key), offset)).isTrue();
        }

        assertThat(offsets.size()).isEqualTo(expected.size());
        expected.forEach((key, offset) -> assertThat(offsets.newest(key(key))).isEqualTo(offset));
        assertThat(offsets.newest(key(1_001))).isEqualTo(KeyOffsets.NONE);
    }

    @Test
    void takesNoMoreKeysThanItsBytesHoldButEveryKnownOne() {
        var offsets = KeyOffsets.within(100 * KeyOffsets.SLOT_BYTES, Long.MAX_VALUE);
        int taken = 0;
        while (offsets.put(key(taken), taken)) {
            taken++;
        }

        assertThat(taken).isEqualTo(75).isEqualTo(offsets.size());
        assertThat(KeyOffsets.keysWithin(100 * KeyOffsets.SLOT_BYTES)).isEqualTo(75);
        assertThat(offsets.put(key(3), 500)).isTrue();
        assertThat(offsets.newest(key(3))).isEqualTo(500);
        assertThat(offsets.newest(key(taken))).isEqualTo(KeyOffsets.NONE);
    }

    @Test
    void hasRoomForAtLeastOneKey() {
        assertThat(KeyOffsets.within(0, 10).put(key(1), 0)).isTrue();
        assertThat(KeyOffsets.keysWithin(0)).isOne();
        assertThat(KeyOffsets.keysWithin(Long.MAX_VALUE)).isGreaterThan(1 << 28);
        assertThat(KeyOffsets.ofKeys(0).put(ByteBuffer.allocate(0), 0)).isTrue();
    }

    @Test
    void holdsExactlyTheKeysThatItWasMadeFor() {
        for (int keys = 1; keys < 200; keys++) {
            var offsets = KeyOffsets.ofKeys(keys);
            for (int key = 0; key < keys; key++) {
                assertThat(offsets.put(key(key), key)).as("%d keys", keys).isTrue();
            }
            assertThat(KeyOffsets.keysWithin(KeyOffsets.bytesFor(keys))).isGreaterThanOrEqualTo(keys);
        }
    }

    @Test
    void offsetsOfAKeyOnlyRise() {
        var offsets = KeyOffsets.ofKeys(3);
        offsets.put(key(1), 10);

        assertThatIllegalStateException().isThrownBy(() -> offsets.put(key(1), 9));
    }

    private static ByteBuffer key(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(0, number);
    }
}
