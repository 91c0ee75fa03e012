package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.proto.internal.v1.HeldLog;
import io.cordwood.proto.internal.v1.MemoryAnswer;
import io.cordwood.proto.internal.v1.MemoryRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node asks before it opens any group, because its own files cannot tell: whether it runs somewhere
 * else already, how far its raft logs had come, and whether the cluster gave its directory up for lost. A
 * copy that runs beside the original, a restored older copy, or a directory that has an heir, would vote
 * with what it does not have.
 *
 * <p>Whoever does not answer is not waited for: nodes that all start at once could not ask each other.
 *
 * <p>Thread: the one that starts the node.
 */
final class StartInquiry {
    private static final Logger LOG = LoggerFactory.getLogger(StartInquiry.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final RaftNodeConfig config;
    private final String incarnation;
    private final Optional<NodeIdentity> identity;
    /** Of its own: a channel that finds nobody pauses before it tries again, and the node is about to call. */
    private final NodeTransport transport;

    /**
     * What the others said.
     *
     * @param held by raft group the raft index of a committed entry that this node confirmed to have
     * @param otherDirectoryAt newest raft index of the metadata by which somebody of this cluster knows this
     *     node by another data directory; 0 where nobody does
     */
    record Said(Map<UUID, Long> held, long otherDirectoryAt) {}

    StartInquiry(RaftNodeConfig config, DataDirectory directory) {
        this.config = config;
        this.incarnation = directory.incarnation();
        this.identity = directory.identity();
        transport = new NodeTransport(config.nodeId(), id -> Optional.empty());
    }

    /**
     * Asks the initial nodes and those that the newest snapshot of the metadata knows. Once.
     *
     * @throws StartRefusedException where this node runs already, or its directory was given up
     */
    Said ask(MetadataImage image) {
        try {
            return askAll(image);
        } finally {
            transport.close();
        }
    }

    private Said askAll(MetadataImage image) {
        var addresses = new TreeSet<>(config.initialNodes().values());
        addresses.add(config.nodeAddress());
        image.nodes().values().forEach(node -> addresses.add(node.nodeAddress()));
        var answers = answers(addresses);
        var whereItIs = new TreeSet<String>();
        answers.forEach(answer -> whereItIs.add(answer.getCallerAddress()));
        whereItIs.removeAll(addresses);
        whereItIs.remove("");
        answers(whereItIs);
        if (answers.stream().anyMatch(MemoryAnswer::getGivenUp)) {
            throw givenUp();
        }
        long otherDirectoryAt = answers.stream()
                .filter(answer -> identity.filter(own -> own.clusterId().equals(answer.getClusterId()))
                        .isPresent())
                .mapToLong(MemoryAnswer::getOtherDirectoryAt)
                .max()
                .orElse(0);
        return new Said(held(answers), otherDirectoryAt);
    }

    /**
     * A member's log holds the entry by which the cluster knows its directory. Whoever knows another one, and
     * has later entries than the log, does not lag behind: this directory was given up, maybe long before the
     * last one.
     *
     * <p>After the check of that log.
     */
    void checkOwnDirectory(Said said, UUID metadataGroup, Optional<MetadataCodec.Snapshot> snapshot)
            throws IOException {
        if (said.otherDirectoryAt() == 0) {
            return;
        }
        var log = config.raftDirectory().resolve(metadataGroup.toString());
        int entryMaxBytes = config.payloadMaxBytes() + RatisSettings.ENTRY_OVERHEAD_BYTES;
        long end = Math.max(
                snapshot.map(MetadataCodec.Snapshot::index).orElse(-1L),
                RaftLogScan.lastIndex(log, entryMaxBytes).orElse(-1));
        if (said.otherDirectoryAt() > end) {
            throw givenUp();
        }
    }

    private StartRefusedException givenUp() {
        return new StartRefusedException(Formation.otherIncarnation(
                identity.map(NodeIdentity::clusterId).orElse("of the other nodes"),
                config.nodeId(),
                config.dataDirectory().toString(),
                incarnation));
    }

    private static Map<UUID, Long> held(List<MemoryAnswer> answers) {
        var held = new HashMap<UUID, Long>();
        for (MemoryAnswer answer : answers) {
            for (HeldLog log : answer.getHeldList()) {
                held.merge(Uuids.parse(log.getRaftGroupId()), log.getRaftIndex(), Math::max);
            }
        }
        return held;
    }

    private List<MemoryAnswer> answers(Set<String> addresses) {
        var request = MemoryRequest.newBuilder()
                .setVersion(PeerMemory.VERSION)
                .setNodeId(config.nodeId())
                .setIncarnation(incarnation)
                .build()
                .toByteArray();
        var calls = new LinkedHashMap<String, CompletableFuture<byte[]>>();
        addresses.forEach(
                address -> calls.put(address, transport.callAddress(address, PeerMemory.METHOD, request, TIMEOUT)));
        var answers = new ArrayList<MemoryAnswer>();
        calls.forEach((address, call) -> answers.addAll(answer(address, call)));
        return answers;
    }

    private Collection<MemoryAnswer> answer(String address, CompletableFuture<byte[]> call) {
        try {
            var answer = MemoryAnswer.parseFrom(call.get());
            if (answer.getNodeId() == config.nodeId()) {
                throw new StartRefusedException("node " + config.nodeId() + " runs already at " + address
                        + ": two with one id would vote twice. Stop it, or, if " + config.dataDirectory()
                        + " is a copy of its data directory, start no node with the copy: empty the directory, give the"
                        + " node a new id and run: cordwood cluster add-node ID " + config.nodeAddress());
            }
            // What a newer program says besides is not known here; what it leaves out is not there.
            return answer.getVersion() == PeerMemory.VERSION ? List.of(answer) : List.of();
        } catch (ExecutionException | InvalidProtocolBufferException e) {
            LOG.debug("node {}: nobody at {} knows of it: {}", config.nodeId(), address, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the start goes on to where it is noticed
        }
        return List.of();
    }
}
