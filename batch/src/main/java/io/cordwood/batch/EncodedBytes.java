package io.cordwood.batch;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A byte array that grows as it is written to; what codecs and the builder write into.
 *
 * <p>Invariant: the bytes {@code [0, size)} of {@link #array} are written. {@link #array} changes with every growth.
 *
 * <p><b>Thread:</b> one.
 */
final class EncodedBytes extends OutputStream {
    private byte[] array;
    private int size;

    EncodedBytes(int initialBytes) {
        this.array = new byte[initialBytes];
    }

    static int sizeOfVarint(int value) {
        return sizeOfBits(Integer.SIZE - Integer.numberOfLeadingZeros(zigzag(value) | 1));
    }

    static int sizeOfVarlong(long value) {
        return sizeOfBits(Long.SIZE - Long.numberOfLeadingZeros(zigzag(value) | 1));
    }

    byte[] array() {
        return array;
    }

    int size() {
        return size;
    }

    void resize(int newSize) {
        if (newSize < 0 || newSize > array.length) {
            throw new IllegalArgumentException("size " + newSize + " is not in [0, " + array.length + "]");
        }
        size = newSize;
    }

    /** Makes {@link #array} long enough for this many bytes behind {@link #size}. */
    void reserve(int bytes) {
        if (bytes > array.length - size) {
            int needed = Math.addExact(size, bytes);
            // Twice the length, so that writing n bytes copies each less than twice.
            array = Arrays.copyOf(array, Math.max(needed, (int) Math.min(array.length * 2L, Integer.MAX_VALUE - 8)));
        }
    }

    @Override
    public void write(int value) {
        reserve(1);
        array[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source) {
        write(source, 0, source.length);
    }

    @Override
    public void write(byte[] source, int start, int length) {
        reserve(length);
        System.arraycopy(source, start, array, size, length);
        size += length;
    }

    void writeUtf8(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    void writeVarint(int value) {
        writeUnsigned(zigzag(value) & 0xffffffffL);
    }

    void writeVarlong(long value) {
        writeUnsigned(zigzag(value));
    }

    private void writeUnsigned(long bits) {
        long rest = bits;
        while ((rest & ~0x7fL) != 0) {
            write(((int) rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        write((int) rest);
    }

    private static int zigzag(int value) {
        return (value << 1) ^ (value >> 31);
    }

    private static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    private static int sizeOfBits(int bits) {
        return (bits + 6) / 7;
    }
}
