package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Deadline;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Our services for callers in this process, without a socket in between. To the services their calls are
 * those of one more connection.
 *
 * <p>Invariant: a call passes the same checks as one that comes over the network, and counts for the same
 * limits.
 *
 * <p><b>Thread:</b> start and close by the owner; calls by any, which runs the handlers: these never block.
 */
final class InProcessCalls {
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final Server server;
    private final ManagedChannel channel;

    /** @param budgets of the one connection that this is */
    InProcessCalls(List<BindableService> services, CallChecks checks, ConnectionBudgets budgets) {
        var name = InProcessServerBuilder.generateName();
        var builder = InProcessServerBuilder.forName(name).directExecutor();
        services.forEach(builder::addService);
        server = checks.on(builder, budgets).build();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    void start() throws IOException {
        server.start();
    }

    Channel channel() {
        return channel;
    }

    List<MethodDescriptor<?, ?>> methods() {
        return server.getServices().stream()
                .flatMap(service -> service.getMethods().stream())
                .<MethodDescriptor<?, ?>>map(ServerMethodDefinition::getMethodDescriptor)
                .toList();
    }

    /** In place of a close, where nothing was started. */
    void abandon() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    /** Waits for what is in flight until the deadline, then cuts it off. */
    void close(Deadline deadline) throws InterruptedException {
        channel.shutdown();
        server.shutdown();
        if (!server.awaitTermination(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            server.shutdownNow().awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        }
        channel.shutdownNow();
    }
}
