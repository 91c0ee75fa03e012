package io.cordwood.client;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as an application sees it: open one per process and share it.
 *
 * <pre>{@code
 * try (var client = CordwoodClient.connect("localhost:9090")) {
 *     client.admin().createTopic(NewTopic.of("orders").withPartitions(6));
 *     try (var producer = client.producer().open()) {
 *         producer.send("orders", key, value).join();
 *     }
 *     try (var reader = client.reader("orders").start(StartPoint.earliest()).open()) {
 *         for (var record : reader.poll(Duration.ofSeconds(1))) { ... }
 *     }
 *     var consumer = client.consumer("billing").topics("orders").handle(record -> bill(record));
 *     consumer.ended().join();
 * }
 * }</pre>
 *
 * <p>Invariant: whatever was opened from it is closed with it.
 *
 * <p><b>Thread:</b> any. Connections are made on first use, so opening does not fail for a cluster that is away.
 */
public final class CordwoodClient implements AutoCloseable {
    private final KnownNodes nodes;
    private final NodeChannels channels;
    private final UnaryCalls calls;
    private final ClusterView view;
    private final Executor callbacks;
    private final ScheduledThreadPoolExecutor timer;
    private final List<ExecutorService> ownExecutors;
    private final ConcurrentHashMap<Object, Runnable> opened = new ConcurrentHashMap<>();

    private CordwoodClient(Builder builder) {
        // Two threads take answers off the event loops, so that neither parsing nor completing holds up a connection.
        var answers = Executors.newFixedThreadPool(2, named("cordwood-client-answers"));
        this.timer = new ScheduledThreadPoolExecutor(1, named("cordwood-client-timer"));
        var ownCallbacks = builder.callbackExecutor == null
                ? Executors.newFixedThreadPool(2, named("cordwood-client-callbacks"))
                : null;
        this.callbacks = ownCallbacks == null ? builder.callbackExecutor() : ownCallbacks;
        this.ownExecutors = ownCallbacks == null ? List.of(timer, answers) : List.of(timer, answers, ownCallbacks);
        this.nodes = new KnownNodes(builder.bootstrap);
        this.channels = new NodeChannels(answers);
        this.calls = new UnaryCalls(channels, nodes, timer, callbacks, builder.patience);
        this.view = new ClusterView(calls, nodes, builder.metadataMaxAge);
    }

    /** @param bootstrap one or more addresses, host:port; any node of the cluster leads to all others */
    public static CordwoodClient connect(String... bootstrap) {
        return builder().bootstrap(bootstrap).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    public Admin admin() {
        return new Admin(calls);
    }

    /** Begins the choice of a producer's settings; all have defaults. */
    public Producer.Builder producer() {
        return new Producer.Builder(this);
    }

    /** Begins the choice of what to read of a topic: all partitions from their earliest record, unless told otherwise. */
    public Reader.Builder reader(String topic) {
        return new Reader.Builder(this, Names.requireTopic(topic));
    }

    /**
     * Begins the choice of a consumer's settings: a member of this group, which shares the partitions of
     * its topics with the other members, and remembers how far each was read.
     */
    public ConsumerBuilder consumer(String group) {
        return new ConsumerBuilder(this, group);
    }

    /**
     * Closes producers, which flush within their close timeout, consumers, which finish what is under way,
     * commit and leave, and readers, then the connections.
     */
    @Override
    public void close() {
        opened.values().forEach(Runnable::run);
        channels.close();
        endTimer();
        ownExecutors.forEach(CordwoodClient::shutDown);
    }

    /**
     * What waits for its time has it now, on the timer's thread, and finds the client closed. Left to its
     * time it would hold up the end; thrown away it would leave whoever waits for it waiting for ever.
     */
    private void endTimer() {
        try {
            timer.execute(() -> {
                timer.shutdown();
                for (var waiting : List.copyOf(timer.getQueue())) {
                    if (timer.remove(waiting)) {
                        waiting.run();
                    }
                }
            });
        } catch (RejectedExecutionException e) {
            // Somebody else has closed the client.
        }
    }

    private static void shutDown(ExecutorService executor) {
        executor.shutdown();
        try {
            executor.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    KnownNodes nodes() {
        return nodes;
    }

    /** One thread, for what is due at a time and never blocks. */
    ScheduledExecutorService timer() {
        return timer;
    }

    NodeChannels channels() {
        return channels;
    }

    UnaryCalls calls() {
        return calls;
    }

    ClusterView view() {
        return view;
    }

    Executor callbacks() {
        return callbacks;
    }

    /** What is opened from this client and not closed before it is closed with it. */
    void register(Object part, Runnable close) {
        opened.put(part, close);
    }

    void unregister(Object part) {
        opened.remove(part);
    }

    private static ThreadFactory named(String name) {
        var count = new AtomicInteger();
        return task -> {
            var thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Settings of a client. */
    public static final class Builder {
        private List<HostPort> bootstrap = List.of();
        private Patience patience = Patience.DEFAULT;
        private Duration metadataMaxAge = Duration.ofSeconds(30);
        private @Nullable Executor callbackExecutor;

        private Builder() {}

        /** Addresses to begin with, host:port or several of them with commas; at least one, better three. */
        public Builder bootstrap(String... addresses) {
            return bootstrap(Arrays.asList(addresses));
        }

        /** As {@link #bootstrap(String...)}. */
        public Builder bootstrap(List<String> addresses) {
            bootstrap = addresses.stream()
                    .flatMap(list -> Arrays.stream(list.split(",", -1)))
                    .map(address -> HostPort.parse("bootstrap", address))
                    .toList();
            return this;
        }

        /** How long a call of {@link Admin} or a look-up may take, retries included; default 30 s. */
        public Builder requestTimeout(Duration timeout) {
            patience = patience.withRequest(Settings.requirePositive("requestTimeout", timeout));
            return this;
        }

        /** After how long a topic in use is looked up again, to learn of new partitions; default 30 s. */
        public Builder metadataMaxAge(Duration age) {
            metadataMaxAge = Settings.requirePositive("metadataMaxAge", age);
            return this;
        }

        /** Where futures of producers and {@link Admin} are completed; default two threads of the client's own. */
        public Builder callbackExecutor(Executor executor) {
            callbackExecutor = executor;
            return this;
        }

        Builder patience(Patience value) {
            patience = value;
            return this;
        }

        public CordwoodClient build() {
            if (bootstrap.isEmpty()) {
                throw CordwoodException.invalid(
                        ErrorCode.INVALID_ARGUMENT, "bootstrap", "empty", "at least one host:port");
            }
            return new CordwoodClient(this);
        }

        private Executor callbackExecutor() {
            if (callbackExecutor == null) {
                throw new IllegalStateException("no callback executor was set");
            }
            return callbackExecutor;
        }
    }
}
