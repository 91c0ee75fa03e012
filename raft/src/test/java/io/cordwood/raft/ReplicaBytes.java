package io.cordwood.raft;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;

/** The bytes of a replica's batches below its high watermark. */
final class ReplicaBytes {
    private ReplicaBytes() {}

    static String of(PartitionNodeFixture node) throws IOException {
        var bytes = new ByteArrayOutputStream();
        long offset = 0;
        while (offset < node.replica().highWatermark()) {
            var read = node.replica().read(offset, 1 << 20);
            var batches = new byte[read.batches().remaining()];
            read.batches().duplicate().get(batches);
            bytes.write(batches);
            offset = read.endOffset();
        }
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
