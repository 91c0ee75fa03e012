package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.proto.internal.v1.LeaderAnswer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * The cluster's metadata as this node sees and changes it.
 *
 * <p>Thread: any.
 */
public final class ClusterMetadata {
    static final String SUBMIT = "MetadataSubmit";
    static final String READ_INDEX = "MetadataReadIndex";

    private final MetadataView view;
    private final MetadataGroup group;
    private final LeaderClient leader;
    private final Duration timeout;

    ClusterMetadata(MetadataView view, MetadataGroup group, LeaderClient leader, Duration timeout) {
        this.view = view;
        this.group = group;
        this.leader = leader;
        this.timeout = timeout;
    }

    /** The newest image that this node applied; it may lag behind the leader's. */
    public MetadataImage image() {
        return view.image();
    }

    /** Like {@link #submit(MetadataCommand, Duration)}, within the configured time. */
    public CompletableFuture<MetadataResult> submit(MetadataCommand command) {
        return submit(command, timeout);
    }

    /**
     * Has the metadata leader apply a command, wherever the leader is; retried until the time is up. When the future
     * completes, {@link #image()} shows what the command did. It fails with {@link MetadataUnavailableException}; the
     * command may then be applied or not, and may be submitted again.
     */
    public CompletableFuture<MetadataResult> submit(MetadataCommand command, Duration within) {
        var request = MetadataCodec.encode(command);
        if (request.length > MetadataCodec.MAX_COMMAND_BYTES) {
            return CompletableFuture.completedFuture(tooLarge(request));
        }
        return leader.call(SUBMIT, request, within)
                .thenApply(bytes -> MetadataCodec.decodeResult(ByteBuffer.wrap(bytes)))
                .thenCompose(result -> visible(index(result), within).thenApply(image -> result));
    }

    /** An image at least as new as every change that was acknowledged before this call, to anybody. */
    public CompletableFuture<MetadataImage> currentImage() {
        return leader.call(READ_INDEX, new byte[0], timeout)
                .thenCompose(bytes -> visible(ByteBuffer.wrap(bytes).getLong(), timeout));
    }

    /** This node applies what the leader acknowledged when it hears of it; cut off, it does not. */
    private CompletableFuture<MetadataImage> visible(long index, Duration within) {
        return view.await(index)
                .orTimeout(within.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> {
                    throw new MetadataUnavailableException(
                            "this node does not see raft index " + index + " of the metadata yet", failure);
                });
    }

    /** The raft group that holds it; empty before this node has its part in it. */
    Optional<UUID> groupId() {
        return group.id().map(RaftGroupId::getUuid);
    }

    public OptionalInt leaderNodeId() {
        return group.leaderNodeId();
    }

    /**
     * The term in which this node leads, once {@link #image()} shows all that was written before it; empty
     * while it does not lead, as far as it knows.
     */
    public OptionalLong leadingTerm() {
        return group.leadingTerm();
    }

    /**
     * Has this node write a command as the metadata leader, once, and no other. When the future completes,
     * {@link #image()} shows what the command did; where it fails, the command may be applied or not.
     */
    public CompletableFuture<MetadataResult> submitHere(MetadataCommand command) {
        var request = MetadataCodec.encode(command);
        if (request.length > MetadataCodec.MAX_COMMAND_BYTES) {
            return CompletableFuture.completedFuture(tooLarge(request));
        }
        return group.submit(request)
                .thenApply(ClusterMetadata::leadersAnswer)
                .thenApply(bytes -> MetadataCodec.decodeResult(ByteBuffer.wrap(bytes)))
                .thenCompose(result -> visible(index(result), timeout).thenApply(image -> result));
    }

    private static MetadataResult tooLarge(byte[] request) {
        return new MetadataResult.Refused(
                MetadataResult.Reason.LIMIT_REACHED,
                "size of the command in bytes",
                Integer.toString(request.length),
                "at most " + MetadataCodec.MAX_COMMAND_BYTES);
    }

    private static byte[] leadersAnswer(byte[] bytes) {
        try {
            var answer = LeaderAnswer.parseFrom(bytes);
            if (answer.getKindCase() == LeaderAnswer.KindCase.VALUE) {
                return answer.getValue().toByteArray();
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an answer of this very node does not parse", e);
        }
        throw new MetadataUnavailableException("this node does not lead the metadata group");
    }

    /**
     * Tells the listener the newest image after changes, but for those of consumer groups alone; those in
     * between may be left out. It is called on one thread that all listeners share, and must not block.
     */
    public Registration onChange(Consumer<MetadataImage> listener) {
        return view.onChange(listener);
    }

    /** As {@link #onChange}, of every change. */
    public Registration onEveryChange(Consumer<MetadataImage> listener) {
        return view.onEveryChange(listener);
    }

    private static long index(MetadataResult result) {
        if (result instanceof MetadataResult.Done done) {
            return done.index();
        } else if (result instanceof MetadataResult.GroupAnswer answer) {
            return answer.index();
        }
        return result instanceof MetadataResult.ProducerIdBlock block ? block.index() : 0;
    }
}
