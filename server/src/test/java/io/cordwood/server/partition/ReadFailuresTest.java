package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.server.cluster.Reason;
import io.cordwood.store.CorruptLogException;
import io.cordwood.store.DamagedRangeException;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadFailuresTest {
    private static final TopicPartition NAME = new TopicPartition("orders", 3);

    @Test
    void rangeThatWaitsForItsRepairMayBeAskedForAgain() {
        var failure = new DamagedRangeException("00000000000000000000.log", new OffsetRange(10, 20), "crc");

        var refusal = ReadFailures.refusal(NAME, 12, failure, "try another replica");

        assertThat(refusal.reason()).isEqualTo(Reason.RANGE_DAMAGED);
        assertThat(refusal.reason().retryAfter()).isPresent();
        assertThat(refusal.message()).contains("[10, 20)", "00000000000000000000.log", "another replica");
    }

    @Test
    void damageThatAReaderFindsMayBeAskedForAgainToo() {
        var failure = new CorruptLogException(Path.of("/data/00000000000000000000.log"), 7, "magic", 2, 3);

        var refusal = ReadFailures.refusal(NAME, 12, failure, "try another replica");

        assertThat(refusal.reason()).isEqualTo(Reason.RANGE_DAMAGED);
        assertThat(refusal.message()).contains("offset 12").doesNotContain("/data");
    }

    @Test
    void otherFaultsAreForSomebodyToLookAt() {
        var refusal = ReadFailures.refusal(NAME, 12, new IOException("Input/output error"), "try another replica");

        assertThat(refusal.reason()).isEqualTo(Reason.INTERNAL);
    }
}
