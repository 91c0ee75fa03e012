package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;

/** A partition side without partitions: each group only keeps the entries it applied. */
final class CountingHost implements PartitionHost {
    final Map<RaftGroupId, GroupPlacement> open = new ConcurrentHashMap<>();
    final Map<RaftGroupId, List<String>> entries = new ConcurrentHashMap<>();
    final List<GroupPlacement> prepared = new CopyOnWriteArrayList<>();
    final Set<String> failingTopics = ConcurrentHashMap.newKeySet();
    final List<GroupPlacement> removed = new CopyOnWriteArrayList<>();
    final Map<RaftGroupId, Long> confirmed = new ConcurrentHashMap<>();
    final Set<RaftGroupId> quarantined = ConcurrentHashMap.newKeySet();
    final Set<RaftGroupId> floors = ConcurrentHashMap.newKeySet();

    @Override
    public Set<RaftGroupId> prepare(Map<RaftGroupId, GroupPlacement> onDisk) {
        prepared.addAll(onDisk.values());
        return Set.of();
    }

    @Override
    public boolean isQuarantined(RaftGroupId groupId) {
        return quarantined.contains(groupId);
    }

    @Override
    public boolean hasFloor(RaftGroupId groupId) {
        return floors.contains(groupId);
    }

    @Override
    public void forgetFloor(RaftGroupId groupId) {
        floors.remove(groupId);
    }

    @Override
    public void forgetGone(Predicate<UUID> isHere) {
        floors.removeIf(id -> !isHere.test(id.getUuid()));
    }

    @Override
    public void setAside(RaftGroupId groupId, GroupPlacement placement) {
        throw new IllegalStateException("nothing of " + placement + " should be left");
    }

    @Override
    public void onClosedByItself(Consumer<RaftGroupId> listener) {}

    @Override
    public StateMachine create(RaftGroupId groupId, GroupPlacement placement) {
        if (failingTopics.contains(placement.topic())) {
            throw new UncheckedIOException(new IOException("no space for " + placement.topic()));
        }
        open.put(groupId, placement);
        var applied = entries.computeIfAbsent(groupId, id -> new CopyOnWriteArrayList<>());
        return new BaseStateMachine() {
            @Override
            public CompletableFuture<Message> applyTransaction(TransactionContext context) {
                var entry = context.getLogEntry();
                applied.add(entry.getStateMachineLogEntry().getLogData().toStringUtf8());
                updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
                return CompletableFuture.completedFuture(Message.EMPTY);
            }
        };
    }

    @Override
    public void configure(RaftGroupId groupId, GroupPlacement placement) {
        open.replace(groupId, placement);
    }

    @Override
    public void removed(RaftGroupId groupId, GroupPlacement placement) {
        open.remove(groupId);
        removed.add(placement);
    }

    @Override
    public void trimExpired(MetadataImage image) {}

    @Override
    public void compact(MetadataImage image) {}

    @Override
    public void scrub() {}

    @Override
    public void metadataApplied(RaftGroupId groupId, long index) {}

    @Override
    public void confirmed(RaftGroupId groupId, long index) {
        confirmed.put(groupId, index);
    }

    @Override
    public void checkMetadata(RaftGroupId groupId, long snapshotIndex) {}

    static Path raftGroup(RaftNodeConfig config, RaftGroupId groupId) {
        return config.raftDirectory().resolve(groupId.getUuid().toString());
    }

    @Override
    public List<PartitionReplica> all() {
        return List.of();
    }

    @Override
    public Optional<PartitionReplica> find(PartitionId id) {
        return Optional.empty();
    }

    @Override
    public void opened() {}

    @Override
    public void closing() {}

    @Override
    public void close() {}
}
