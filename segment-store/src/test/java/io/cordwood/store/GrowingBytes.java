package io.cordwood.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The bytes of a simulated file: written anywhere, with zeros where nothing was written. */
final class GrowingBytes {
    private byte[] bytes = new byte[0];
    private int size;

    int size() {
        return size;
    }

    void write(long position, byte[] src) {
        if (src.length == 0) {
            return;
        }
        int end = Math.toIntExact(position + src.length);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
        }
        System.arraycopy(src, 0, bytes, (int) position, src.length);
        size = Math.max(size, end);
    }

    void truncate(long newSize) {
        if (newSize < size) {
            Arrays.fill(bytes, (int) newSize, size, (byte) 0);
            size = (int) newSize;
        }
    }

    int read(ByteBuffer dst, long position) {
        int count = (int) Math.max(0, Math.min(dst.remaining(), size - position));
        if (count > 0) {
            dst.put(bytes, (int) position, count);
        }
        return count;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }
}
