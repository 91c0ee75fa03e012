package io.cordwood.raft;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.internal.v1.Hello;
import io.cordwood.proto.internal.v1.Standing;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * How nodes introduce themselves to each other: one message, sent both ways.
 *
 * <p>Thread: any.
 */
final class Greeting {
    static final String METHOD = "Hello";
    private static final int VERSION = 1;

    private final Supplier<NodeRegistration> self;
    private final String initialNodes;
    private final MetadataView view;
    private final Supplier<Optional<UUID>> metadataGroupId;
    private final Supplier<String> clusterId;

    private Greeting(
            Supplier<NodeRegistration> self,
            String initialNodes,
            MetadataView view,
            Supplier<Optional<UUID>> metadataGroupId,
            Supplier<String> clusterId) {
        this.self = self;
        this.initialNodes = initialNodes;
        this.view = view;
        this.metadataGroupId = metadataGroupId;
        this.clusterId = clusterId;
    }

    static Greeting of(RaftNodeConfig config, DataDirectory directory, MetadataView view) {
        return new Greeting(
                () -> Membership.registration(config, directory.incarnation()),
                MetadataGroupId.text(config.initialNodes()),
                view,
                directory::metadataGroupId,
                () -> directory.identity().map(NodeIdentity::clusterId).orElse(""));
    }

    byte[] hello() {
        return message(Standing.STANDING_UNSPECIFIED);
    }

    /** Answers the hello of another node. */
    CompletableFuture<byte[]> answer(byte[] request) {
        try {
            return CompletableFuture.completedFuture(message(standing(parse(request), view.image())));
        } catch (NewerFormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    static Hello parse(byte[] bytes) {
        try {
            var hello = Hello.parseFrom(bytes);
            if (hello.getVersion() != VERSION) {
                throw new NewerFormatException(
                        "hello of version " + hello.getVersion() + ", this program knows version " + VERSION);
            }
            return hello;
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("hello does not parse", e);
        }
    }

    private byte[] message(Standing standing) {
        return Hello.newBuilder()
                .setVersion(VERSION)
                .setNode(CommandMessages.registration(self.get()))
                .setClusterId(clusterId.get())
                .setInitialNodes(initialNodes)
                .setStanding(standing)
                .setMetadataGroupId(metadataGroupId.get().map(Uuids::toBytes).orElse(ByteString.EMPTY))
                .build()
                .toByteArray();
    }

    private static Standing standing(Hello hello, MetadataImage image) {
        if (!image.formed()) {
            return Standing.STANDING_UNSPECIFIED;
        }
        return standing(hello.getNode().getNodeId(), hello.getNode().getIncarnation(), image);
    }

    /** What a formed cluster thinks of a node. */
    static Standing standing(int nodeId, String incarnation, MetadataImage image) {
        return image.node(nodeId).map(known -> standing(known, incarnation)).orElse(Standing.STANDING_UNKNOWN);
    }

    private static Standing standing(NodeInfo known, String incarnation) {
        if (known.replaces(incarnation)) {
            return Standing.STANDING_OTHER_INCARNATION;
        }
        if (known.isAwaited()) {
            return known.state() == NodeState.EXPECTED ? Standing.STANDING_EXPECTED : Standing.STANDING_REPLACED;
        }
        return known.incarnation().equals(incarnation) ? Standing.STANDING_MEMBER : Standing.STANDING_OTHER_INCARNATION;
    }
}
