package io.cordwood.chaos.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A connection through the proxy: the near end is that of who opened it, the far end that of the node whom
 * it is for.
 *
 * <p>Invariant: when one end fails the other is reset; when one ends in order, so does the other, after all
 * that was under way.
 *
 * <p><b>Thread:</b> the proxy's.
 */
final class Connection {
    private final SocketChannel near;
    private final SocketChannel far;
    private final SelectionKey nearKey;
    private final SelectionKey farKey;
    private final Pipe forward;
    private final Pipe backward;
    private boolean connected;
    private boolean closed;
    /** Set when the other end has vanished: it is heard and not answered. */
    private @Nullable SocketChannel survivor;

    private long wakeNanos = Pipe.NEVER;

    private Connection(Direction opened, SocketChannel near, SocketChannel far, Selector selector) throws IOException {
        this.near = near;
        this.far = far;
        long now = System.nanoTime();
        forward = new Pipe(opened, near, far, now);
        backward = new Pipe(opened.reversed(), far, near, now);
        nearKey = near.register(selector, 0, this);
        farKey = far.register(selector, SelectionKey.OP_CONNECT, this);
    }

    /** Begins to connect to the node; the near end is owned from here on, also where this fails. */
    static Connection open(Direction opened, SocketChannel near, InetSocketAddress node, Selector selector)
            throws IOException {
        SocketChannel far = null;
        try {
            far = SocketChannel.open();
            far.configureBlocking(false);
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            far.connect(node);
            return new Connection(opened, near, far, selector);
        } catch (IOException e) {
            reset(near);
            if (far != null) {
                far.close();
            }
            throw e;
        }
    }

    /** In which it was opened. */
    Direction direction() {
        return forward.direction();
    }

    boolean isClosed() {
        return closed;
    }

    /** When {@link #advance} is due by the clock, as it said last. */
    long wakeNanos() {
        return wakeNanos;
    }

    /** Moves what can be moved now. */
    void advance(Links links, ByteBuffer scratch) {
        wakeNanos = Pipe.NEVER;
        if (closed) {
            return;
        }
        try {
            if (survivor != null) {
                listenInVain(survivor, scratch);
            } else if (connected || connect()) {
                move(links, scratch);
            }
        } catch (IOException e) {
            // Whoever fails, the other end sees what it would see of a real network.
            reset();
        }
    }

    private boolean connect() throws IOException {
        connected = far.finishConnect();
        return connected;
    }

    private void move(Links links, ByteBuffer scratch) throws IOException {
        var there = links.state(forward.direction());
        var back = links.state(backward.direction());
        long now = System.nanoTime();
        wakeNanos = Math.min(forward.advance(now, there, scratch), backward.advance(now, back, scratch));
        if (forward.hasEnded() && backward.hasEnded()) {
            close();
            return;
        }
        nearKey.interestOps(interest(forward, there, backward));
        farKey.interestOps(interest(backward, back, forward));
    }

    private static int interest(Pipe reading, LinkState state, Pipe writing) {
        return (reading.wantsRead(state) ? SelectionKey.OP_READ : 0)
                | (writing.wantsWrite() ? SelectionKey.OP_WRITE : 0);
    }

    private void listenInVain(SocketChannel end, ByteBuffer scratch) throws IOException {
        int count;
        do {
            scratch.clear();
            count = end.read(scratch);
        } while (count > 0);
        if (count < 0) {
            reset();
        }
    }

    /** The next bytes in this direction arrive in part, and then both ends are reset. */
    void armReset(Direction direction) {
        (forward.direction().equals(direction) ? forward : backward).armReset();
    }

    /** In both directions. */
    void disarmReset() {
        forward.disarmReset();
        backward.disarmReset();
    }

    /** The end of this party is gone, and the other is not told. */
    void vanish(int party) throws IOException {
        if (closed || survivor != null) {
            return;
        }
        boolean opener = forward.direction().from() == party;
        var gone = opener ? near : far;
        survivor = opener ? far : near;
        if (opener && !connected) {
            reset();
            return;
        }
        reset(gone);
        (opener ? farKey : nearKey).interestOps(SelectionKey.OP_READ);
    }

    boolean isHalfOpen() {
        return survivor != null && !closed;
    }

    /** Both ends are told by a reset. */
    void reset() {
        closed = true;
        try {
            reset(near);
            reset(far);
        } catch (IOException e) {
            throw new IllegalStateException("a socket that cannot be closed, of " + direction(), e);
        }
    }

    private void close() throws IOException {
        closed = true;
        near.close();
        far.close();
    }

    static void reset(SocketChannel channel) throws IOException {
        if (channel.isOpen()) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
        }
    }
}
