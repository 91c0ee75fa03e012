package io.cordwood.raft;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.apache.ratis.thirdparty.com.google.common.net.HostAndPort;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries whether nodes refuse connections, as the host of a process that is gone does at once. A host that does
 * not answer in time, cannot be reached or has no known address says nothing.
 *
 * <p>Invariants: a look takes {@link #WAIT} at most, whatever the hosts do, except that the look-up of their names
 * may take longer; at its end no connection is left. What is asked meanwhile goes with the next look.
 *
 * <p>Thread: {@link #look} by one, {@link #refuses} by any.
 */
final class Knocks {
    private static final Logger LOG = LoggerFactory.getLogger(Knocks.class);

    /** Many times what a refusal takes within a data center, and far less than TCP tries for by itself. */
    static final Duration WAIT = Duration.ofMillis(100);

    private final IntFunction<Optional<String>> addresses;
    private final Channels channels;
    private final Map<Integer, CompletableFuture<Boolean>> asked = new ConcurrentHashMap<>();

    /** @param addresses host:port of a node id, empty where it is not known */
    Knocks(IntFunction<Optional<String>> addresses) {
        this(addresses, SocketChannel::open);
    }

    Knocks(IntFunction<Optional<String>> addresses, Channels channels) {
        this.addresses = addresses;
        this.channels = channels;
    }

    /** Where connections come from. */
    interface Channels {
        SocketChannel open() throws IOException;
    }

    /** Whether a node refuses, tried at the next look. */
    CompletableFuture<Boolean> refuses(int node) {
        return asked.computeIfAbsent(node, unused -> new CompletableFuture<>());
    }

    /** Those of these nodes that refuse. */
    Set<Integer> look(Set<Integer> nodes) {
        var questions = new HashMap<Integer, CompletableFuture<Boolean>>();
        asked.forEach(questions::put);
        questions.forEach(asked::remove);
        var tried = new HashSet<>(nodes);
        tried.addAll(questions.keySet());
        var refusing = tried.isEmpty() ? Set.<Integer>of() : refusing(tried);
        questions.forEach((node, question) -> question.complete(refusing.contains(node)));
        return refusing.stream().filter(nodes::contains).collect(Collectors.toSet());
    }

    private Set<Integer> refusing(Set<Integer> nodes) {
        var refusing = new TreeSet<Integer>();
        var underWay = new HashSet<SocketChannel>();
        try (var selector = Selector.open()) {
            for (int node : nodes) {
                begin(node, selector, underWay, refusing);
            }
            long until = System.nanoTime() + WAIT.toNanos();
            for (long left = WAIT.toNanos(); !underWay.isEmpty() && left > 0; left = until - System.nanoTime()) {
                selector.select(key -> end(key, underWay, refusing), Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            }
        } catch (IOException e) {
            LOG.debug("nodes {} cannot be tried: {}", nodes, e.toString());
        } finally {
            underWay.forEach(Knocks::close);
        }
        return refusing;
    }

    private void begin(int node, Selector selector, Set<SocketChannel> underWay, Set<Integer> refusing)
            throws IOException {
        var address = addressOf(node);
        if (address.isEmpty()) {
            return;
        }
        var channel = channels.open();
        underWay.add(channel);
        channel.configureBlocking(false);
        var key = channel.register(selector, SelectionKey.OP_CONNECT, node);
        connect(key, () -> channel.connect(address.get()), underWay, refusing);
    }

    private Optional<InetSocketAddress> addressOf(int node) {
        try {
            return addresses
                    .apply(node)
                    .map(HostAndPort::fromString)
                    .map(address -> new InetSocketAddress(address.getHost(), address.getPort()))
                    .filter(address -> !address.isUnresolved());
        } catch (IllegalArgumentException | IllegalStateException e) {
            LOG.debug("node {} has no address to be tried: {}", node, e.toString());
            return Optional.empty();
        }
    }

    private static void end(SelectionKey key, Set<SocketChannel> underWay, Set<Integer> refusing) {
        connect(key, ((SocketChannel) key.channel())::finishConnect, underWay, refusing);
    }

    /** A step of a connection that is made. */
    private interface Step {
        /** Whether it is made. */
        boolean take() throws IOException;
    }

    /** Nothing but a refusal ends like this so early: where TCP gives up itself, it has tried for minutes. */
    private static void connect(SelectionKey key, Step step, Set<SocketChannel> underWay, Set<Integer> refusing) {
        boolean ended = true;
        try {
            ended = step.take();
        } catch (ConnectException e) {
            refusing.add((Integer) key.attachment());
        } catch (IOException | UnsupportedAddressTypeException e) { // such as IPv6 where the system has none
            LOG.debug("node {} cannot be reached: {}", key.attachment(), e.toString());
        }
        if (ended) {
            var channel = (SocketChannel) key.channel();
            underWay.remove(channel);
            close(channel);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("a connection does not close: {}", e.toString());
        }
    }
}
