package io.cordwood.raft;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.common.util.concurrent.FutureCallback;
import org.apache.ratis.thirdparty.com.google.common.util.concurrent.Futures;
import org.apache.ratis.thirdparty.com.google.common.util.concurrent.MoreExecutors;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;

/**
 * Unary calls between nodes. They share the node port with Ratis: its gRPC server takes our methods as a fallback
 * registry, with byte arrays as messages.
 *
 * <p>Thread: any. Handlers run on gRPC's threads and must not block.
 */
public final class NodeTransport {
    /** Largest request or answer. */
    static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final int nodeId;
    private final IntFunction<Optional<String>> addresses;
    private final NodeMethods methods = new NodeMethods();
    private final AppendGate appendGate = new AppendGate();
    private final KnownMembers knownMembers = new KnownMembers();
    private final TermQuestions terms;
    private final Map<String, NodeChannel> channels = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Answers calls of other nodes. */
    public interface NodeHandler {
        /** A future that fails is answered as {@link NodeCallException.Kind#FAILED} with the message of its cause. */
        CompletableFuture<byte[]> handle(int fromNode, byte[] request);
    }

    /**
     * @param nodeId of this node, told to the others with each call
     * @param addresses host:port of a node id, empty where it is not known
     */
    NodeTransport(int nodeId, IntFunction<Optional<String>> addresses) {
        this.nodeId = nodeId;
        this.addresses = addresses;
        terms = new TermQuestions(this);
    }

    /** Ratis ends the process when it cannot bind its port; this says why instead. */
    static void requirePortFree(String host, int port) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new IOException(
                    "cannot serve nodes on " + host + ":" + port + ": " + e.getMessage()
                            + "; choose another listeners.node.bind",
                    e);
        }
    }

    /** Adds our methods to Ratis' server, and what stands in front of its own. */
    NettyServerBuilder customize(NettyServerBuilder builder, RaftTimings timings) {
        return NodeChannel.permitKeepAlive(builder)
                .fallbackHandlerRegistry(methods)
                .intercept(NodeMethods.READ_CALLER)
                .intercept(appendGate)
                .intercept(knownMembers)
                .intercept(InstallPace.of(timings));
    }

    /** Whose groups take what comes for Ratis, and are told of; before it starts. */
    void serves(RaftServer server) {
        knownMembers.of(server);
        terms.serve(server);
    }

    /** What this node asks the others of their groups. */
    TermQuestions terms() {
        return terms;
    }

    /** In front of Ratis' server. */
    AppendGate appendGate() {
        return appendGate;
    }

    /** The host:port of a node, empty where it is not known. */
    Optional<String> addressOf(int node) {
        return addresses.apply(node);
    }

    /** Takes calls of this method from now on. */
    public void handle(String method, NodeHandler handler) {
        methods.put(method, handler);
    }

    /**
     * Calls a node, also this one. The future fails with {@link NodeCallException}; whether the node acted is then
     * unknown, except where its kind says that it did not.
     */
    public CompletableFuture<byte[]> call(int node, String method, byte[] request, Duration timeout) {
        return addresses
                .apply(node)
                .map(address -> callAddress(address, method, request, timeout))
                .orElseGet(() -> CompletableFuture.failedFuture(new NodeCallException(
                        NodeCallException.Kind.UNREACHABLE, "node " + node + ": no address is known")));
    }

    /** Like {@link #call}, for a node of which only the address is known. */
    CompletableFuture<byte[]> callAddress(String address, String method, byte[] request, Duration timeout) {
        var answer = new CompletableFuture<byte[]>();
        if (closed) {
            answer.completeExceptionally(
                    new NodeCallException(NodeCallException.Kind.UNREACHABLE, "this node is stopping"));
            return answer;
        }
        var channel = channels.computeIfAbsent(address, NodeChannel::new);
        var call = channel.newCall(NodeMethods.descriptor(method), timeout);
        Futures.addCallback(
                ClientCalls.futureUnaryCall(NodeMethods.withCaller(call, nodeId), request),
                new FutureCallback<byte[]>() {
                    @Override
                    public void onSuccess(byte[] bytes) {
                        answer.complete(bytes);
                    }

                    @Override
                    public void onFailure(Throwable failure) {
                        var status = Status.fromThrowable(failure);
                        if (status.getCode() == Status.Code.UNAVAILABLE) {
                            channel.connectSoon();
                        }
                        answer.completeExceptionally(NodeCallException.of(address, method, status));
                    }
                },
                MoreExecutors.directExecutor());
        return answer;
    }

    /** Ends calls under way and takes no more. */
    void close() {
        closed = true;
        channels.values().forEach(NodeChannel::close);
    }
}
