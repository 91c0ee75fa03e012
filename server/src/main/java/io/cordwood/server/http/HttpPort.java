package io.cordwood.server.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.cordwood.server.cluster.Deadline;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The JDK's HTTP server on one address. Only this class and {@link HttpCall} know it.
 *
 * <p>Invariants: a request stays on one thread from its first byte to the last of its answer, and what
 * fails on the way leaves that thread as an IOException: only then does the JDK's server forget the
 * connection, which counts for its limit. A request comes whole within {@value #REQUEST_SECONDS} s, an
 * answer is taken piece by piece, each within the limit of {@link SlowClients}.
 *
 * <p>A thread reads its request itself. So there may be one for each connection that is allowed: where there
 * were fewer, as many clients that never finish a request would keep everybody from being heard, health
 * checks too. How many work at once the routes say.
 *
 * <p><b>Thread:</b> open, start and close by the owner; requests on threads {@code http-1} and so on, which
 * are made when needed and end when idle.
 */
final class HttpPort {
    private static final int REQUEST_SECONDS = 30;
    private static final int MAX_CONNECTIONS = 512;
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(20);
    private static final Duration IDLE_THREAD = Duration.ofSeconds(60);
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final int BACKLOG = 128;
    /**
     * The JDK reads them once in the life of the process, when its server is first used. What the command
     * line sets holds.
     */
    private static final Map<String, String> JDK_SETTINGS = Map.of(
            "sun.net.httpserver.maxReqTime", Integer.toString(REQUEST_SECONDS),
            "jdk.httpserver.maxConnections", Integer.toString(MAX_CONNECTIONS),
            // The rest of a body that is refused is read so far: a connection that is closed with bytes unread
            // is reset, and the client may never see why.
            "sun.net.httpserver.drainAmount", Integer.toString(8 << 20),
            // Small answers would wait for the client's delayed acknowledgement otherwise.
            "sun.net.httpserver.nodelay", "true");

    private final HttpServer server;
    private final Route route;
    private final SlowClients slowClients;
    private final ThreadPoolExecutor threads;
    // Guarded by this: the requests that are being answered. A queue would not do, the owner waits for none
    // to be left.
    private int open;

    private HttpPort(HttpServer server, Route route, SlowClients slowClients, ThreadPoolExecutor threads) {
        this.server = server;
        this.route = route;
        this.slowClients = slowClients;
        this.threads = threads;
    }

    /**
     * What it may take.
     *
     * @param threads where all are taken a connection is closed at its request
     */
    record Limits(int threads, Duration write) {
        static final Limits DEFAULT = new Limits(MAX_CONNECTIONS, WRITE_LIMIT);
    }

    /**
     * Takes the address; nobody is answered before {@link #start}.
     *
     * @param onFailure hears of an error that no thread of the port survives
     * @throws IOException that says in one line what to do, where the address cannot be had
     */
    static HttpPort open(InetSocketAddress bind, Limits limits, Route route, UncaughtExceptionHandler onFailure)
            throws IOException {
        JDK_SETTINGS.forEach((key, value) -> {
            if (System.getProperty(key) == null) {
                System.setProperty(key, value);
            }
        });
        var server = bound(bind);
        var threads = threads(limits.threads(), onFailure);
        var port = new HttpPort(server, route, new SlowClients(limits.write()), threads);
        server.setExecutor(threads);
        server.createContext("/", port::handle);
        return port;
    }

    private static HttpServer bound(InetSocketAddress bind) throws IOException {
        try {
            return HttpServer.create(bind, BACKLOG);
        } catch (IOException e) {
            throw new IOException(
                    "cannot serve HTTP on " + bind.getHostString() + ":" + bind.getPort() + ": " + e.getMessage()
                            + "; choose another http.bind, or 'none' to do without",
                    e);
        }
    }

    private static ThreadPoolExecutor threads(int count, UncaughtExceptionHandler onFailure) {
        var number = new AtomicInteger();
        return new ThreadPoolExecutor(
                0, count, IDLE_THREAD.toSeconds(), TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    var thread = new Thread(task, "http-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setUncaughtExceptionHandler(onFailure);
                    return thread;
                });
    }

    void start() {
        server.start();
    }

    /** The port that is bound. */
    int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        count(1);
        try {
            var call = new HttpCall(exchange, slowClients);
            route.serve(call);
            call.end();
        } finally {
            count(-1);
        }
    }

    private synchronized void count(int change) {
        open += change;
        notifyAll();
    }

    private synchronized void awaitIdle(Deadline deadline) throws InterruptedException {
        while (open > 0 && !deadline.passed()) {
            wait(Math.max(1, deadline.left().toMillis()));
        }
    }

    /**
     * Answers on until nothing is asked at the moment, or the deadline comes; then cuts off what is left.
     */
    void close(Deadline deadline) throws InterruptedException {
        awaitIdle(deadline);
        // The JDK's own wait takes its whole time even where nothing is open.
        server.stop(0);
        threads.shutdownNow();
        threads.awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        slowClients.close();
    }
}
