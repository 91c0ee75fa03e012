package io.cordwood.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * How the records of a batch are packed: attribute bits 0-2.
 *
 * <p>Invariant: {@link #NONE} and {@link #GZIP} always work; the others need a library that need not be there.
 *
 * <p><b>Thread:</b> immutable, any.
 */
public enum Compression {
    NONE(0, ""),
    GZIP(1, ""),
    SNAPPY(2, "org.xerial.snappy:snappy-java"),
    LZ4(3, "at.yawk.lz4:lz4-java"),
    ZSTD(4, "com.github.luben:zstd-jni");

    private static final int GZIP_BUFFER_BYTES = 8 << 10;
    private static final List<Compression> BY_ID = List.of(values());

    private final int id;
    private final String artifact;

    Compression(int id, String artifact) {
        this.id = id;
        this.artifact = artifact;
    }

    /** The number in a batch's attributes. */
    public int id() {
        return id;
    }

    public static Optional<Compression> ofId(int id) {
        return id >= 0 && id < BY_ID.size() ? Optional.of(BY_ID.get(id)) : Optional.empty();
    }

    /** The name in any case: {@code none}, {@code gzip}, {@code snappy}, {@code lz4} or {@code zstd}. */
    public static Compression parse(String name) {
        for (var compression : values()) {
            if (compression.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return compression;
            }
        }
        throw new IllegalArgumentException("compression '" + name + "' is none of none, gzip, snappy, lz4, zstd");
    }

    /** Whether this process can pack and unpack with it. */
    public boolean available() {
        try {
            load();
            return true;
        } catch (CompressionUnavailableException e) {
            return false;
        }
    }

    /** Appends the packed form of {@code [start, end)} to the target, in one self-contained stream. */
    void encode(byte[] source, int start, int end, EncodedBytes target) {
        load();
        switch (this) {
            case NONE -> target.write(source, start, end - start);
            case GZIP -> encodeGzip(source, start, end, target);
            case SNAPPY -> SnappyStream.encode(source, start, end, target);
            case LZ4 -> Lz4Frame.encode(source, start, end, target);
            case ZSTD -> ZstdStream.encode(source, start, end, target);
        }
    }

    /**
     * The same batch with its records packed, or the one given where that is not smaller.
     *
     * @param encoded room for a batch's header, then its records
     */
    EncodedBytes pack(EncodedBytes encoded) {
        if (this == NONE) {
            return encoded;
        }
        var packed = new EncodedBytes(RecordBatch.HEADER_BYTES + (encoded.size() >> 1));
        packed.resize(RecordBatch.HEADER_BYTES);
        encode(encoded.array(), RecordBatch.HEADER_BYTES, encoded.size(), packed);
        return packed.size() < encoded.size() ? packed : encoded;
    }

    /**
     * The way back.
     *
     * @param packed a slice that nobody else moves
     * @param decodedMaxBytes a decoder need not look for more; it never allocates more for one block
     */
    BlockDecoder decoder(ByteBuffer packed, long decodedMaxBytes) throws IOException {
        load();
        return switch (this) {
            case NONE -> throw new IllegalStateException("bytes that are not packed need no decoder");
            case GZIP -> new StreamDecoder(new GZIPInputStream(new BufferInput(packed), GZIP_BUFFER_BYTES));
            case SNAPPY -> new SnappyStream(packed, decodedMaxBytes);
            case LZ4 -> new Lz4Frame(packed);
            case ZSTD -> ZstdStream.decoder(packed);
        };
    }

    private void load() {
        try {
            switch (this) {
                case NONE, GZIP -> {}
                case SNAPPY -> SnappyStream.load();
                case LZ4 -> Lz4Frame.load();
                case ZSTD -> ZstdStream.load();
            }
        } catch (LinkageError e) {
            throw new CompressionUnavailableException(this, artifact, e);
        }
    }

    private static void encodeGzip(byte[] source, int start, int end, EncodedBytes target) {
        try (var gzip = new GZIPOutputStream(target, GZIP_BUFFER_BYTES)) {
            gzip.write(source, start, end - start);
        } catch (IOException e) {
            throw new IllegalStateException("gzip failed to write into memory", e);
        }
    }
}
