package io.cordwood.partition;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;

/**
 * Any bytes as the header of an entry: refused as documented, in memory that their size bounds, or an entry that has these
 * very bytes.
 */
class EntryHeaderFuzzTest {
    private static final long ALLOCATED_MAX_BYTES = 8L << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @FuzzTest
    void anyBytesAreRefusedOrComeBack(byte[] bytes) {
        // The first time loads classes, which is not the input's doing.
        if (bytesAllocatedFor(bytes) > ALLOCATED_MAX_BYTES) {
            assertThat(bytesAllocatedFor(bytes)).isLessThan(ALLOCATED_MAX_BYTES);
        }
    }

    private static long bytesAllocatedFor(byte[] bytes) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            var entry = EntryCodec.decode(ByteBuffer.wrap(bytes));

            assertThat(EntryCodec.encode(entry)).isEqualTo(bytes);
            assertThat(entry.endOffset(0)).isNotNegative();
            assertThat(entry.logStartOffset(0)).isNotNegative();
            assertThat(entry.payloadBytes()).isNotNegative();
        } catch (UnknownEntryException | IllegalArgumentException e) {
            assertThat(e).hasMessageMatching("(?s).+");
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
