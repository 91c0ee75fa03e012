package io.cordwood.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.cli.demo.ReplicaFiles.UnreadableReplicaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplicaFilesTest {
    @TempDir
    Path directory;

    @Test
    void sameBatchesInOtherSegmentsHaveTheSameDigest() throws Exception {
        write("one", 0, batch(0, "a", "b"), batch(2, "c"));
        write("two", 0, batch(0, "a", "b"));
        write("two", 2, batch(2, "c"));

        assertThat(digest("one", 0, 3).sameContent(digest("two", 0, 3))).isTrue();
    }

    @Test
    void otherBytesHaveAnotherDigest() throws Exception {
        write("one", 0, batch(0, "a"));
        write("two", 0, batch(0, "b"));

        assertThat(digest("one", 0, 1).sameContent(digest("two", 0, 1))).isFalse();
    }

    @Test
    void whatLiesAboveTheEndDoesNotCount() throws Exception {
        write("one", 0, batch(0, "a"));
        write("two", 0, batch(0, "a"), batch(1, "uncommitted"));

        assertThat(digest("one", 0, 1).sameContent(digest("two", 0, 1))).isTrue();
    }

    @Test
    void emptyRangeNeedsNoFiles() throws Exception {
        Files.createDirectories(directory.resolve("one"));

        assertThat(digest("one", 0, 0).bytes()).isZero();
    }

    @Test
    void missingBatchIsUnreadable() throws Exception {
        write("one", 0, batch(0, "a"));

        assertThatThrownBy(() -> digest("one", 0, 2))
                .isInstanceOf(UnreadableReplicaException.class)
                .hasMessageContaining("ends at offset 1, not at 2");
    }

    @Test
    void gapIsUnreadable() throws Exception {
        write("one", 0, batch(0, "a"), batch(2, "c"));

        assertThatThrownBy(() -> digest("one", 0, 3)).hasMessageContaining("from offset 1");
    }

    @Test
    void damagedBatchIsUnreadable() throws Exception {
        var damaged = batch(0, "a");
        damaged[damaged.length - 1] ^= 1;
        write("one", 0, damaged);

        assertThatThrownBy(() -> digest("one", 0, 1)).isInstanceOf(UnreadableReplicaException.class);
    }

    @Test
    void tornBatchIsUnreadable() throws Exception {
        var torn = Arrays.copyOf(batch(0, "a"), 40);
        write("one", 0, torn);

        assertThatThrownBy(() -> digest("one", 0, 1)).hasMessageContaining("batch size expected up to 40");
    }

    private ReplicaDigest digest(String replica, long start, long end) throws IOException, UnreadableReplicaException {
        return ReplicaFiles.digest(1, 0, directory.resolve(replica), start, end);
    }

    private void write(String replica, long baseOffset, byte[]... batches) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (var batch : batches) {
            bytes.writeBytes(batch);
        }
        var path = Files.createDirectories(directory.resolve(replica))
                .resolve(String.format(Locale.ROOT, "%020d.log", baseOffset));
        Files.write(path, bytes.toByteArray());
    }

    private static byte[] batch(long baseOffset, String... values) {
        var builder = new RecordBatchBuilder(Compression.NONE, 1_000);
        for (var value : values) {
            assertThat(builder.tryAppend(0, null, value.getBytes(UTF_8), List.of()))
                    .isTrue();
        }
        var buffer = builder.build();
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        RecordBatch.stamp(ByteBuffer.wrap(bytes), 0, baseOffset, 1);
        return bytes;
    }
}
