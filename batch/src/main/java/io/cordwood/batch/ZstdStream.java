package io.cordwood.batch;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Zstandard, the only class that names its library.
 *
 * <p>A frame may ask for a window of up to 128 MiB, zstd's own limit; Kafka's clients do so at the highest levels, so
 * it is granted. It is address space only: pages become memory as data is unpacked into them, which is bounded.
 *
 * <p><b>Thread:</b> no state.
 *
 * <p><b>Source:</b> RFC 8878; one frame written, any number read.
 */
final class ZstdStream {
    private static final int LEVEL = 3;

    private ZstdStream() {}

    /** @throws LinkageError when the library or its native part is missing */
    static void load() {
        Zstd.compressBound(0);
    }

    static void encode(byte[] source, int start, int end, EncodedBytes target) {
        int bound = Math.toIntExact(Zstd.compressBound(end - start));
        target.reserve(bound);
        long written = Zstd.compressByteArray(target.array(), target.size(), bound, source, start, end - start, LEVEL);
        if (Zstd.isError(written)) {
            throw new IllegalStateException(
                    "zstd failed on " + (end - start) + " bytes: " + Zstd.getErrorName(written));
        }
        target.resize(target.size() + (int) written);
    }

    static BlockDecoder decoder(ByteBuffer packed) throws IOException {
        return new StreamDecoder(new ZstdInputStreamNoFinalizer(new BufferInput(packed), RecyclingBufferPool.INSTANCE));
    }
}
