package io.cordwood.raft;

import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole: after a crash either the old or the new content is there.
 *
 * <table>
 * <caption>Layout, big-endian</caption>
 * <tr><td>0</td><td>int32</td><td>format version</td></tr>
 * <tr><td>4</td><td>int32</td><td>length n of the payload</td></tr>
 * <tr><td>8</td><td>n bytes</td><td>payload</td></tr>
 * <tr><td>8 + n</td><td>int32</td><td>CRC-32C of all bytes before it</td></tr>
 * </table>
 *
 * <p>Thread: one owner per path. Source: CRC-32C, RFC 3720 B.4.
 */
final class VersionedFile {
    private static final int HEADER_BYTES = 2 * Integer.BYTES;
    private static final int CRC_BYTES = Integer.BYTES;

    private VersionedFile() {}

    /** Durable when it returns. */
    static void write(Path file, int version, byte[] payload) throws IOException {
        var buffer = ByteBuffer.allocate(HEADER_BYTES + payload.length + CRC_BYTES)
                .putInt(version)
                .putInt(payload.length)
                .put(payload);
        buffer.putInt(crc(buffer.array(), HEADER_BYTES + payload.length)).flip();
        replace(file, buffer);
    }

    /** The payload of a file of this version. */
    static byte[] read(Path file, int version) throws IOException {
        var buffer = ByteBuffer.wrap(Files.readAllBytes(file));
        if (buffer.remaining() < HEADER_BYTES + CRC_BYTES) {
            throw damaged(file, "length", "at least " + (HEADER_BYTES + CRC_BYTES), buffer.remaining());
        }
        int found = buffer.getInt();
        int length = buffer.getInt();
        if (length != buffer.remaining() - CRC_BYTES) {
            throw damaged(file, "length", buffer.remaining() - CRC_BYTES, length);
        }
        int crc = buffer.getInt(HEADER_BYTES + length);
        int expected = crc(buffer.array(), HEADER_BYTES + length);
        if (crc != expected) {
            throw damaged(file, "crc", Integer.toHexString(expected), Integer.toHexString(crc));
        }
        if (found != version) {
            throw new UnknownFormatException(file, found, version);
        }
        var payload = new byte[length];
        buffer.get(payload);
        return payload;
    }

    /** Replaces a file by these bytes: temporary file, force, rename, force of the directory. */
    static void replace(Path file, ByteBuffer bytes) throws IOException {
        var temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceDirectory(parent(file));
    }

    static void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
        forceDirectory(parent(file));
    }

    /** Makes a directory and its entries in all parents durable. */
    static void createDirectories(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            createDirectories(parent(directory));
            Files.createDirectory(directory);
            forceDirectory(parent(directory));
        }
    }

    static void forceDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.toAbsolutePath().getParent(), "the root is no place for files");
    }

    private static int crc(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static IOException damaged(Path file, String field, Object expected, Object found) {
        return new IOException(file + " is damaged: " + field + " expected " + expected + ", found " + found);
    }
}
