package io.cordwood.chaos.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * One direction of one connection: what was read and is not written yet, with the time at which it may be.
 *
 * <p>Invariants: bytes leave in the order in which they came, none twice; it holds at most {@value
 * #QUEUE_MAX_BYTES} bytes and one read more.
 *
 * <p><b>Thread:</b> the proxy's.
 */
final class Pipe {
    /** There is nothing to wait for. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int QUEUE_MAX_BYTES = 1 << 20;
    /** A limited rate is spread over the second in so many pieces. */
    private static final int PIECES_PER_SECOND = 20;

    private record Chunk(ByteBuffer bytes, long dueNanos) {}

    private final Direction direction;
    private final SocketChannel from;
    private final SocketChannel to;
    private final ArrayDeque<Chunk> queue = new ArrayDeque<>();
    private int queuedBytes;
    private long lastDueNanos;
    private long mayWriteNanos;
    private boolean blocked;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean resetArmed;

    Pipe(Direction direction, SocketChannel from, SocketChannel to, long nowNanos) {
        this.direction = direction;
        this.from = from;
        this.to = to;
        lastDueNanos = nowNanos;
        mayWriteNanos = nowNanos;
    }

    Direction direction() {
        return direction;
    }

    /** The next bytes arrive in part, and then the connection is reset. */
    void armReset() {
        resetArmed = true;
    }

    /** They arrive as all others, where that has not happened yet. */
    void disarmReset() {
        resetArmed = false;
    }

    /** Whether everything has arrived, and the end of it. */
    boolean hasEnded() {
        return outputEnded;
    }

    boolean wantsRead(LinkState state) {
        return !inputEnded && !state.cut() && queuedBytes < QUEUE_MAX_BYTES;
    }

    /** Whether whoever receives is to be waited for. */
    boolean wantsWrite() {
        return blocked;
    }

    /**
     * Reads and writes what can be without waiting.
     *
     * @param scratch for one read
     * @return when there is more to be done by the clock, or {@link #NEVER}
     */
    long advance(long nowNanos, LinkState state, ByteBuffer scratch) throws IOException {
        fill(nowNanos, state, scratch);
        blocked = false;
        return state.holds() ? NEVER : drain(nowNanos, state);
    }

    private void fill(long nowNanos, LinkState state, ByteBuffer scratch) throws IOException {
        while (wantsRead(state)) {
            scratch.clear();
            int count = from.read(scratch);
            if (count < 0) {
                inputEnded = true;
            }
            if (count <= 0) {
                return;
            }
            var bytes = ByteBuffer.allocate(count).put(scratch.flip()).flip();
            lastDueNanos = Math.max(lastDueNanos, nowNanos + delayNanos(state));
            queue.add(new Chunk(bytes, lastDueNanos));
            queuedBytes += count;
        }
    }

    private static long delayNanos(LinkState state) {
        int jitter = state.jitterMillis() == 0 ? 0 : ThreadLocalRandom.current().nextInt(state.jitterMillis() + 1);
        return TimeUnit.MILLISECONDS.toNanos(state.delayMillis() + (long) jitter);
    }

    private long drain(long nowNanos, LinkState state) throws IOException {
        for (var head = queue.peek(); head != null; head = queue.peek()) {
            if (head.dueNanos() > nowNanos) {
                return head.dueNanos();
            }
            if (resetArmed) {
                resetWithin(head.bytes());
            }
            if (state.bytesPerSecond() > 0 && mayWriteNanos > nowNanos) {
                return mayWriteNanos;
            }
            write(head.bytes(), nowNanos, state);
            if (blocked) {
                return NEVER;
            }
            if (!head.bytes().hasRemaining()) {
                queue.remove();
            }
        }
        if (inputEnded && !outputEnded) {
            to.shutdownOutput();
            outputEnded = true;
        }
        return NEVER;
    }

    private void resetWithin(ByteBuffer bytes) throws IOException {
        bytes.limit(bytes.position() + bytes.remaining() / 2);
        to.write(bytes);
        throw new InjectedResetException(direction);
    }

    private void write(ByteBuffer bytes, long nowNanos, LinkState state) throws IOException {
        int end = bytes.limit();
        int piece = bytes.remaining();
        if (state.bytesPerSecond() > 0) {
            piece = (int) Math.min(piece, Math.max(1, state.bytesPerSecond() / PIECES_PER_SECOND));
        }
        bytes.limit(bytes.position() + piece);
        int written = to.write(bytes);
        bytes.limit(end);
        queuedBytes -= written;
        blocked = written < piece;
        if (state.bytesPerSecond() > 0) {
            mayWriteNanos = nowNanos + TimeUnit.SECONDS.toNanos(written) / state.bytesPerSecond();
        }
    }
}
