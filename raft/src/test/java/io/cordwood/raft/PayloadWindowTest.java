package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class PayloadWindowTest {
    private static final RaftGroupId GROUP = RaftGroupId.randomId();
    private static final RaftGroupId OTHER = RaftGroupId.randomId();

    private final PayloadWindow window = new PayloadWindow(100);

    private static ByteString bytes(int size) {
        return ByteString.copyFrom(new byte[size]);
    }

    private long held(long through) {
        return LongStream.rangeClosed(0, through)
                .mapToObj(index -> window.get(GROUP, 1, index))
                .mapToLong(payload -> payload.map(ByteString::size).orElse(0))
                .sum();
    }

    @Test
    void payloadIsFoundByGroupTermAndIndex() {
        var payload = bytes(10);
        window.put(GROUP, 1, 7, payload);

        assertThat(window.get(GROUP, 1, 7)).containsSame(payload);
        assertThat(window.get(GROUP, 2, 7)).isEmpty();
        assertThat(window.get(GROUP, 1, 8)).isEmpty();
        assertThat(window.get(OTHER, 1, 7)).isEmpty();
    }

    @Test
    void oldestGoFirstAndTheBoundHolds() {
        for (long index = 0; index < 50; index++) {
            window.put(GROUP, 1, index, bytes(30));

            assertThat(held(index)).isLessThanOrEqualTo(100);
            assertThat(window.get(GROUP, 1, index)).isPresent();
        }
        assertThat(window.get(GROUP, 1, 46)).isEmpty();
        assertThat(window.get(GROUP, 1, 47)).isPresent();
    }

    @Test
    void boundHoldsForAllGroupsTogether() {
        window.put(GROUP, 1, 1, bytes(60));
        window.put(OTHER, 1, 1, bytes(60));

        assertThat(window.get(GROUP, 1, 1)).isEmpty();
        assertThat(window.get(OTHER, 1, 1)).isPresent();
    }

    @Test
    void boundIsExact() {
        window.put(GROUP, 1, 0, bytes(50));
        window.put(GROUP, 1, 1, bytes(50));
        assertThat(held(1)).isEqualTo(100);

        window.put(GROUP, 1, 2, bytes(1));
        assertThat(held(2)).isEqualTo(51);
    }

    @Test
    void payloadLargerThanTheWindowIsNotHeld() {
        window.put(GROUP, 1, 0, bytes(10));
        window.put(GROUP, 1, 1, bytes(101));
        assertThat(held(1)).isZero();

        window.put(GROUP, 1, 2, bytes(100));
        assertThat(window.get(GROUP, 1, 2)).isPresent();
    }

    @Test
    void replacedPayloadIsCountedOnce() {
        for (int i = 0; i < 10; i++) {
            window.put(GROUP, 1, 0, bytes(40));
        }
        window.put(GROUP, 1, 1, bytes(60));

        assertThat(held(1)).isEqualTo(100);
    }
}
