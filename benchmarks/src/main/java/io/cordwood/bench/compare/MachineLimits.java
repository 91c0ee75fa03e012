package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * What the machine itself can do, which no log service on it can exceed.
 *
 * <p><b>Thread:</b> one; the loopback's receiver has its own.
 */
final class MachineLimits {
    private static final int FORCES = 300;
    private static final int FORCED_BYTES = 4096;
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int FILE_CHUNKS = 1024;
    private static final int LOOPBACK_CHUNKS = 4096;
    private static final double MB = 1e6;
    private static final double NANOS_PER_MS = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;

    private MachineLimits() {}

    /** {@code forceP50Ms}, {@code forceP99Ms}, {@code diskMegabytesPerSecond}, {@code loopbackMegabytesPerSecond}. */
    static JsonLine measure(Path directory) throws IOException {
        Files.createDirectories(directory);
        var file = directory.resolve("machine-limits");
        try {
            return forces(file)
                    .with("diskMegabytesPerSecond", diskRate(file))
                    .with("loopbackMegabytesPerSecond", loopbackRate());
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Each appends 4 KiB, as a log does, so the file's size is forced with the bytes. */
    private static JsonLine forces(Path file) throws IOException {
        var nanos = new long[FORCES];
        try (var channel = create(file)) {
            for (int i = 0; i < FORCES; i++) {
                channel.write(ByteBuffer.allocate(FORCED_BYTES));
                long start = System.nanoTime();
                channel.force(false);
                nanos[i] = System.nanoTime() - start;
            }
        }
        Arrays.sort(nanos);
        return JsonLine.empty()
                .with("forceP50Ms", nanos[FORCES / 2] / NANOS_PER_MS)
                .with("forceP99Ms", nanos[FORCES * 99 / 100] / NANOS_PER_MS);
    }

    private static double diskRate(Path file) throws IOException {
        var chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try (var channel = create(file)) {
            long start = System.nanoTime();
            for (int i = 0; i < FILE_CHUNKS; i++) {
                writeAll(channel::write, chunk.clear());
            }
            channel.force(true);
            return rate(FILE_CHUNKS, start);
        }
    }

    private static double loopbackRate() throws IOException {
        try (var listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var received = new CompletableFuture<Void>();
            var receiver = new Thread(() -> receive(listener, received), "loopback-receiver");
            long start = System.nanoTime();
            receiver.start();
            try (var sender = SocketChannel.open(listener.getLocalAddress())) {
                var chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
                for (int i = 0; i < LOOPBACK_CHUNKS; i++) {
                    writeAll(sender::write, chunk.clear());
                }
            }
            received.join();
            return rate(LOOPBACK_CHUNKS, start);
        } catch (CompletionException e) {
            throw new IOException("the receiver failed", e);
        }
    }

    private static void receive(ServerSocketChannel listener, CompletableFuture<Void> received) {
        try (var connection = listener.accept()) {
            var chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            while (connection.read(chunk.clear()) >= 0) {
                // The bytes are only counted by their sender.
            }
            received.complete(null);
        } catch (IOException e) {
            received.completeExceptionally(e);
        }
    }

    /** Where bytes go. */
    private interface Sink {
        int write(ByteBuffer bytes) throws IOException;
    }

    private static void writeAll(Sink sink, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            sink.write(bytes);
        }
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    private static double rate(int chunks, long startNanos) {
        return chunks * (double) CHUNK_BYTES / MB / ((System.nanoTime() - startNanos) / NANOS_PER_SECOND);
    }
}
