package io.cordwood.chaos.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Stands between the nodes, and between them and their clients: each address that it listens on leads to one
 * node, and what passes suffers the faults of its direction.
 *
 * <p>Invariants: a change is in force when the call that asks for it returns; without faults everything
 * passes as it comes. Whoever connects into a cut is neither led on nor refused while it lasts, as behind a
 * network that says nothing.
 *
 * <p><b>Thread:</b> any. One of its own owns all connections, and takes the changes from a bounded queue;
 * another one finds out who connects.
 */
public final class FaultProxy implements AutoCloseable {
    private static final int SCRATCH_BYTES = 64 << 10;
    private static final int TASKS_MAX = 10_000;
    private static final int ANSWER_SECONDS = 10;
    /** So many may wait for the ends of cuts. */
    private static final int HELD_MAX = 1_000;

    /** Who connects to an address. */
    public enum Audience {
        /** Nodes alone. */
        NODES,
        /** Clients, whatever process they are. */
        CLIENTS
    }

    /**
     * What became of those who connected so far.
     *
     * @param opened led to a node
     * @param refused because nobody listened, or too many wait for the end of a cut
     * @param unknown where nodes alone connect: reset, because nobody knew which of them it was
     */
    public record Counts(long opened, long refused, long unknown) {}

    private record Entrance(int node, Audience audience, InetSocketAddress at, InetSocketAddress backend) {}

    /** Accepted and not read from: its way is cut. */
    private record Held(SocketChannel near, int source, Entrance entrance) {}

    private record Wake(long nanos, Connection connection) {}

    private final Sources sources;
    private final Selector selector;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>(TASKS_MAX);
    private final ExecutorService lookups;
    private final Thread thread;
    private volatile boolean closed;

    // Owned by the thread.
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Links links = new Links();
    private final Set<Connection> connections = new HashSet<>();
    private final List<Held> held = new ArrayList<>();
    private final PriorityQueue<Wake> wakes = new PriorityQueue<>(Comparator.comparingLong(Wake::nanos));
    private long opened;
    private long refused;
    private long unknown;

    private FaultProxy(Sources sources, Selector selector) {
        this.sources = sources;
        this.selector = selector;
        lookups = Executors.newSingleThreadExecutor(task -> daemon(task, "proxy-sources"));
        thread = daemon(this::run, "proxy");
    }

    public static FaultProxy start(Sources sources) {
        try {
            var proxy = new FaultProxy(sources, Selector.open());
            proxy.thread.start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Thread daemon(Runnable task, String name) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Leads whoever connects to a node.
     *
     * @param at a port of 0 has one chosen
     * @param backend where the node listens, now or later
     * @return the port
     */
    public int listen(int node, Audience audience, InetSocketAddress at, InetSocketAddress backend) {
        return ask(() -> {
            try {
                var server = ServerSocketChannel.open();
                server.configureBlocking(false);
                server.bind(at);
                var bound = (InetSocketAddress) server.getLocalAddress();
                server.register(selector, SelectionKey.OP_ACCEPT, new Entrance(node, audience, bound, backend));
                return bound.getPort();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot listen on " + at, e);
            }
        });
    }

    public void begin(Direction direction, LinkFault fault) {
        tell(() -> {
            links.begin(direction, fault);
            advanceAll();
        });
    }

    /** Ends one that was begun; without effect where {@link #heal} has done it before. */
    public void end(Direction direction, LinkFault fault) {
        tell(() -> {
            links.end(direction, fault);
            advanceAll();
        });
    }

    /** Each connection that carries bytes in this direction next delivers a part of them and is reset. */
    public void reset(Direction direction) {
        tell(() -> connections.stream()
                .filter(connection -> connection.direction().isBetween(direction))
                .forEach(connection -> connection.armReset(direction)));
    }

    /** What {@link #reset} was to hit and has carried nothing since is spared. */
    public void endReset(Direction direction) {
        tell(() -> connections.stream()
                .filter(connection -> connection.direction().isBetween(direction))
                .forEach(Connection::disarmReset));
    }

    /**
     * For all connections between the two the end of the second party vanishes: the first one is told nothing,
     * and what it sends gets no answer. New connections are as usual.
     */
    public void vanish(Direction direction) {
        tell(() -> {
            for (var connection : connections) {
                if (connection.direction().isBetween(direction)) {
                    vanish(connection, direction.to());
                }
            }
        });
    }

    private static void vanish(Connection connection, int party) {
        try {
            connection.vanish(party);
        } catch (IOException e) {
            connection.reset();
        }
    }

    /** Whoever still has a connection to an end that vanished is told so by a reset. */
    public void endVanished(Direction direction) {
        tell(() -> connections.stream()
                .filter(connection ->
                        connection.isHalfOpen() && connection.direction().isBetween(direction))
                .forEach(Connection::reset));
    }

    /** Ends all faults. */
    public void heal() {
        tell(() -> {
            links.heal();
            connections.forEach(Connection::disarmReset);
            connections.stream().filter(Connection::isHalfOpen).forEach(Connection::reset);
            advanceAll();
        });
    }

    /** How many connections are open, by the direction in which they were opened. */
    public Map<Direction, Integer> open() {
        return ask(() -> {
            var open = new TreeMap<Direction, Integer>(
                    Comparator.comparingInt(Direction::from).thenComparingInt(Direction::to));
            connections.stream()
                    .filter(connection -> !connection.isClosed())
                    .forEach(connection -> open.merge(connection.direction(), 1, Integer::sum));
            return open;
        });
    }

    public Counts counts() {
        return ask(() -> new Counts(opened, refused, unknown));
    }

    private void tell(Runnable change) {
        var unused = ask(() -> {
            change.run();
            connections.removeIf(Connection::isClosed);
            return true;
        });
    }

    private <T> T ask(Supplier<T> question) {
        if (closed) {
            throw new IllegalStateException("the proxy is closed");
        }
        var answer = new CompletableFuture<T>();
        tasks.add(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        selector.wakeup();
        return answer.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
    }

    private void run() {
        try (selector) {
            while (!closed) {
                turn();
            }
            for (var key : selector.keys()) {
                key.channel().close();
            }
            connections.forEach(Connection::reset);
            held.forEach(each -> abandon(each.near()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void turn() throws IOException {
        selector.select(timeoutMillis());
        var ready = List.copyOf(selector.selectedKeys());
        selector.selectedKeys().clear();
        for (var key : ready) {
            if (key.attachment() instanceof Connection connection) {
                advance(connection);
            } else if (key.attachment() instanceof Entrance entrance) {
                accept((ServerSocketChannel) key.channel(), entrance);
            }
        }
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        wakeWhoIsDue();
    }

    /** 0 waits for as long as it takes. */
    private long timeoutMillis() {
        var next = wakes.peek();
        return next == null ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(next.nanos() - System.nanoTime()));
    }

    private void wakeWhoIsDue() {
        for (var next = wakes.peek(); next != null && next.nanos() <= System.nanoTime(); next = wakes.peek()) {
            wakes.remove();
            // Where it moved meanwhile it has another time, and another place in the queue.
            if (next.connection().wakeNanos() == next.nanos()) {
                advance(next.connection());
            }
        }
    }

    private void advanceAll() {
        var waiting = List.copyOf(held);
        held.clear();
        // Those whose way is still cut are held again.
        waiting.forEach(each -> connect(each.near(), each.source(), each.entrance()));
        new ArrayList<>(connections).forEach(this::advance);
    }

    private void advance(Connection connection) {
        connection.advance(links, scratch);
        if (connection.isClosed()) {
            connections.remove(connection);
        } else if (connection.wakeNanos() != Pipe.NEVER) {
            wakes.add(new Wake(connection.wakeNanos(), connection));
        }
    }

    private void accept(ServerSocketChannel server, Entrance entrance) throws IOException {
        for (var near = server.accept(); near != null; near = server.accept()) {
            try {
                near.configureBlocking(false);
                near.setOption(StandardSocketOptions.TCP_NODELAY, true);
                admit(near, entrance);
            } catch (IOException e) {
                abandon(near); // whoever connected has gone already
            }
        }
    }

    private void admit(SocketChannel near, Entrance entrance) throws IOException {
        if (entrance.audience() == Audience.CLIENTS) {
            connect(near, Direction.CLIENTS, entrance);
        } else {
            lookUp(near, (InetSocketAddress) near.getRemoteAddress(), entrance);
        }
    }

    private void lookUp(SocketChannel near, InetSocketAddress client, Entrance entrance) {
        try {
            lookups.execute(() -> {
                try {
                    var source = sources.nodeOf(client, entrance.at());
                    tasks.add(() ->
                            source.ifPresentOrElse(node -> connect(near, node, entrance), () -> abandonUnknown(near)));
                    selector.wakeup();
                } catch (UncheckedIOException e) {
                    abandon(near); // whoever it is tries again
                }
            });
        } catch (RejectedExecutionException e) {
            abandon(near); // the proxy is being closed
        }
    }

    /** As a party of its own it would get through every cut between nodes; whoever it is tries again. */
    private void abandonUnknown(SocketChannel near) {
        unknown++;
        abandon(near);
    }

    private void connect(SocketChannel near, int source, Entrance entrance) {
        var direction = new Direction(source, entrance.node());
        if (links.state(direction).cut()) {
            hold(new Held(near, source, entrance));
            return;
        }
        try {
            var connection = Connection.open(direction, near, entrance.backend(), selector);
            connections.add(connection);
            opened++;
            advance(connection); // it may be connected already, which no selector tells
        } catch (IOException e) {
            refused++; // nobody listens there: the near end was reset
        }
    }

    private void hold(Held opener) {
        if (held.size() < HELD_MAX) {
            held.add(opener);
        } else {
            refused++;
            abandon(opener.near());
        }
    }

    private static void abandon(SocketChannel channel) {
        try {
            Connection.reset(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Resets all connections, and listens no more. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        lookups.shutdownNow();
        selector.wakeup();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(ANSWER_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
