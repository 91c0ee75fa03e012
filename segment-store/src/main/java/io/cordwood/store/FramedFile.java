package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One kind of small file that is replaced as a whole: versioned, with checksums.
 *
 * <p>Invariants: after a crash a file holds either the old or the new content, see {@link WholeFile}; no flipped bit and no
 * missing byte is taken for content. The prologue has a CRC of its own and is the same in every version, so a version that
 * this build does not know is told from damage.
 *
 * <p><b>Thread:</b> immutable; one writer per file.
 *
 * <p><b>Layout</b>, big endian:
 *
 * <pre>
 * at    bytes  field
 *  0    4      magic: which kind of file, four letters of ASCII
 *  4    4      format version
 *  8    4      n = size of the body
 * 12    4      CRC-32C of the bytes [0, 12)
 * 16    n      body
 * 16+n  4      CRC-32C of the body
 * </pre>
 *
 * <p><b>Source:</b> CRC-32C, RFC 3720 B.4.
 */
public final class FramedFile {
    private static final int PROLOGUE_BYTES = 16;
    private static final int CRC_BYTES = 4;
    private static final int PROLOGUE_CRC_POSITION = 12;

    private final String name;
    private final int magic;
    private final int oldestVersion;
    private final int version;

    /** As below, of a kind that has one version. */
    public FramedFile(String name, int magic, int version) {
        this(name, magic, version, version);
    }

    /**
     * Does no I/O.
     *
     * @param name of the file in its directory
     * @param magic of this kind of file only
     * @param oldestVersion that this build reads; whoever reads the body need not know which one it was
     * @param version the newest one that this build reads, and the one that it writes
     */
    public FramedFile(String name, int magic, int oldestVersion, int version) {
        this.name = name;
        this.magic = magic;
        this.oldestVersion = oldestVersion;
        this.version = version;
    }

    /**
     * Reads the file of this kind in a directory.
     *
     * @return the body, which is the caller's, or empty when there is no file
     * @throws CorruptLogException when it is damaged, or of another kind
     * @throws UnknownFormatException when it is whole as far as this build can tell, and another build wrote it
     */
    public Optional<ByteBuffer> read(Disk disk, Path directory) throws IOException {
        var path = directory.resolve(name);
        var bytes = WholeFile.read(disk, path);
        return bytes.isEmpty() ? Optional.empty() : Optional.of(bodyOf(path, bytes.get()));
    }

    /** Replaces the file of this kind in a directory, which must exist. The body is durable on return. */
    public void write(Disk disk, Path directory, ByteBuffer body) throws IOException {
        WholeFile.replace(disk, directory.resolve(name), frame(body));
    }

    private ByteBuffer frame(ByteBuffer body) {
        var out = ByteBuffer.allocate(PROLOGUE_BYTES + body.remaining() + CRC_BYTES);
        out.putInt(magic).putInt(version).putInt(body.remaining());
        out.putInt(crc(out, 0, PROLOGUE_CRC_POSITION));
        out.put(body.duplicate()).putInt(crc(body, body.position(), body.limit()));
        return out.flip();
    }

    private ByteBuffer bodyOf(Path path, ByteBuffer bytes) throws IOException {
        if (bytes.limit() < PROLOGUE_BYTES + CRC_BYTES) {
            throw new CorruptLogException(path, 0, "size", "at least " + (PROLOGUE_BYTES + CRC_BYTES), bytes.limit());
        }
        int prologueCrc = crc(bytes, 0, PROLOGUE_CRC_POSITION);
        requireEqual(path, PROLOGUE_CRC_POSITION, "prologue crc", prologueCrc, bytes.getInt(PROLOGUE_CRC_POSITION));
        requireEqual(path, 0, "magic", magic, bytes.getInt(0));
        int found = bytes.getInt(4);
        if (found < oldestVersion || found > version) {
            throw new UnknownFormatException(path, found, version);
        }
        int bodyBytes = bytes.getInt(8);
        requireEqual(path, 8, "body size", bodyBytes, bytes.limit() - PROLOGUE_BYTES - CRC_BYTES);
        int bodyEnd = PROLOGUE_BYTES + bodyBytes;
        requireEqual(path, bodyEnd, "body crc", crc(bytes, PROLOGUE_BYTES, bodyEnd), bytes.getInt(bodyEnd));
        return bytes.slice(PROLOGUE_BYTES, bodyBytes);
    }

    private static void requireEqual(Path path, int position, String field, int expected, int found)
            throws CorruptLogException {
        if (expected != found) {
            throw new CorruptLogException(
                    path, position, field, Integer.toHexString(expected), Integer.toHexString(found));
        }
    }

    private static int crc(ByteBuffer bytes, int start, int end) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().limit(end).position(start));
        return (int) crc.getValue();
    }
}
