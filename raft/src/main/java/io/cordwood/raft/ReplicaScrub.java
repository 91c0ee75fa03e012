package io.cordwood.raft;

import io.cordwood.raft.CopyReport.Copy;
import io.cordwood.store.CompactionPace;
import io.cordwood.store.FileCheck;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentRepair;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for damage in the files of one replica, compares what it finds with the other replicas, and has the
 * right bytes take the place of wrong ones.
 *
 * <p>Invariants: a file is wrong where it contradicts itself or the raft log, or where {@link CopyVote}
 * says so, for which every member reads its copy anew. Readers are refused what is wrong until it is
 * replaced. A file that was trimmed, compacted or given up meanwhile is nobody's concern. Each replica
 * repairs itself only.
 *
 * <p>Thread: the node's own for this; {@link #report} any.
 */
final class ReplicaScrub {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaScrub.class);
    /** Between two tries to settle what cannot be settled now. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final PartitionReplica replica;
    private final Means means;
    /** What was found last of each sealed segment. */
    private final Map<CopyKey, Known> known = new ConcurrentHashMap<>();
    /** Sound, and not compared with the others yet. */
    private final Map<CopyKey, FileCheck> uncompared = new LinkedHashMap<>();

    private final List<Case> cases = new ArrayList<>();
    private final ScrubRolls rolls;
    /** When a file was read last because somebody doubted it, by base offset. */
    private final Map<Long, Long> doubtLooks = new HashMap<>();

    /**
     * What the replicas of a node share.
     *
     * @param pace slows down what is read
     * @param quarantine where wrong files are kept
     */
    record Means(CompactionPace pace, LongSupplier clockNanos, Path quarantine, ScrubCounters counters) {}

    private record Known(CopyReport report, long atNanos) {}

    /** A file of which something is wrong, or may be. */
    private static final class Case {
        private FileCheck check;
        private final long openedNanos;
        private long nextNanos;
        private long nextRollNanos;
        /** Why nothing was changed when it was last told; null: it was not told yet. */
        private @Nullable String told;

        private boolean isOutvoted;

        /** What could not be read, and can. */
        boolean isHealedBy(FileCheck sound) {
            return !check.isSound() && !isOutvoted && sound.isSound();
        }

        Case(FileCheck check, long nowNanos) {
            this.check = check;
            openedNanos = nowNanos;
            nextNanos = nowNanos;
            nextRollNanos = nowNanos;
        }
    }

    ReplicaScrub(PartitionReplica replica, Means means) {
        this.replica = replica;
        this.means = means;
        rolls = new ScrubRolls(replica, means.clockNanos());
    }

    PartitionReplica replica() {
        return replica;
    }

    /** Files that are wrong, or of which nobody can tell. */
    long unrepaired() {
        return cases.stream()
                .filter(each -> each.told != null || !each.check.isSound())
                .count();
    }

    /** What is known of a copy, from within that time; {@link CopyReport#PENDING} where that is nothing. */
    CopyReport report(CopyKey key, long withinNanos) {
        boolean isHere = replica.state().log().scrub().sealed().stream()
                .anyMatch(listed -> CopyKey.of(listed).equals(key));
        if (!isHere) {
            return notSealed(key, withinNanos);
        }
        var found = known.get(key);
        if (found == null) {
            return CopyReport.PENDING;
        }
        boolean counts = withinNanos == 0 || means.clockNanos().getAsLong() - found.atNanos() <= withinNanos;
        return counts ? found.report() : CopyReport.PENDING;
    }

    /**
     * Who asks what this one has now of a file that takes batches here found damage in it. Where it was
     * sealed elsewhere, and all of it is here, it is about to be sealed.
     */
    private CopyReport notSealed(CopyKey key, long withinNanos) {
        var log = replica.state().log();
        boolean isActive = key.generation() == 0 && log.scrub().activeBaseOffset() == key.baseOffset();
        if (isActive && withinNanos > 0) {
            rolls.begin(key.baseOffset());
        }
        return isActive && key.endOffset() <= log.writtenEndOffset() ? CopyReport.PENDING : CopyReport.ABSENT;
    }

    /**
     * Reads one file that somebody found something wrong in. None again soon after: who finds nothing wrong
     * there, and cannot go on all the same, doubts it with each try.
     *
     * @return whether there was one
     */
    boolean hasLookedAtDoubt() throws IOException, InterruptedException {
        var scrub = replica.state().log().scrub();
        var next = scrub.doubted().stream()
                .filter(base -> nanosSinceDoubt(base) >= RETRY_NANOS && !hasCase(base))
                .max(Comparator.comparingLong(this::nanosSinceDoubt));
        if (next.isEmpty()) {
            return false;
        }
        scrub.dropDoubt(next.get());
        var listed = scrub.sealed().stream()
                .filter(each -> each.baseOffset() == next.get())
                .findFirst();
        if (listed.isPresent()) {
            look(CopyKey.of(listed.get()));
        } else {
            lookAtActive();
        }
        doubtLooks.put(next.get(), means.clockNanos().getAsLong());
        return true;
    }

    private long nanosSinceDoubt(long baseOffset) {
        var lookedAt = doubtLooks.get(baseOffset);
        return lookedAt == null ? Long.MAX_VALUE : means.clockNanos().getAsLong() - lookedAt;
    }

    /** Whether it is known already that something is wrong there, or that others have another file. */
    private boolean hasCase(long baseOffset) {
        return cases.stream().anyMatch(each -> each.check.baseOffset() == baseOffset);
    }

    /** Reads a sealed segment. */
    void look(CopyKey key) throws IOException, InterruptedException {
        var listed = replica.state().log().scrub().sealed().stream()
                .filter(each -> CopyKey.of(each).equals(key))
                .findFirst();
        var found = listed.isEmpty()
                ? Optional.<FileCheck>empty()
                : confirmed(() -> replica.state().log().scrub().check(listed.get(), means.pace()));
        if (found.isEmpty()) {
            known.remove(key);
        } else {
            note(listed.get(), judged(listed.get(), found.get()));
        }
    }

    /** Reads what is applied of the segment that takes the next batch. */
    void lookAtActive() throws IOException, InterruptedException {
        var found = confirmed(() -> replica.state().log().scrub().checkActive(means.pace()));
        if (found.isPresent() && !found.get().isSound()) {
            openCase(found.get());
        }
    }

    private interface Look {
        Optional<FileCheck> take() throws IOException;
    }

    /**
     * What is wrong is read twice: the log may have been changing, and memory and cables err for a moment.
     */
    private Optional<FileCheck> confirmed(Look look) throws IOException, InterruptedException {
        var first = look.take();
        if (first.isEmpty() || first.get().isSound()) {
            return first;
        }
        if (!isSettledPart(first.get())) {
            return Optional.empty();
        }
        var second = look.take();
        if (second.isEmpty() || !second.get().isOfSameFile(first.get())) { // it was sealed, or it went
            return first.filter(replica.state().log().scrub()::isPart);
        }
        if (second.get().isSound()) {
            LOG.warn("{}: {}, and it is read well now", name(), first.get());
        }
        return second;
    }

    /** Whether a file is part of the log once what was being done to the log is done. */
    private boolean isSettledPart(FileCheck check) throws InterruptedException {
        var state = replica.state();
        try {
            state.writer().inOrder(() -> {}).get();
            state.log().requireOpen();
        } catch (ExecutionException | IOException e) {
            return false; // the replica leaves, and its files with it
        }
        return state.log().scrub().isPart(check);
    }

    /** Of what compaction wrote the raft log says which bytes it must be. */
    private FileCheck judged(SealedSegment listed, FileCheck found) {
        var expected = decided(CopyKey.of(listed));
        return found.isSound() && expected.isPresent() && !expected.get().hash().equals(found.hash())
                ? found.contradicted("its hash is not the one in the raft log")
                : found;
    }

    private Optional<Copy> decided(CopyKey key) {
        return replica.state().applied().compactable().segments().sealed().stream()
                .filter(each -> each.hash().isComputed() && CopyKey.of(each).equals(key))
                .map(each -> new Copy(each.sizeBytes(), each.hash()))
                .findFirst();
    }

    private void note(SealedSegment listed, FileCheck found) {
        var key = CopyKey.of(listed);
        var report = found.isSound() ? CopyReport.sound(listed.sizeBytes(), found.hash()) : CopyReport.DAMAGED;
        known.put(key, new Known(report, means.clockNanos().getAsLong()));
        var open = caseOf(found);
        if (!found.isSound()) {
            openCase(found);
        } else if (open.isEmpty() || open.get().isHealedBy(found)) {
            open.ifPresent(cases::remove);
            replica.state().log().scrub().admit(found);
            uncompared.put(key, found);
        }
    }

    private Optional<Case> caseOf(FileCheck check) {
        return cases.stream().filter(each -> each.check.isOfSameFile(check)).findFirst();
    }

    private void openCase(FileCheck found) {
        var open = caseOf(found);
        if (open.isEmpty()) {
            cases.add(new Case(found, means.clockNanos().getAsLong()));
        }
        if (!found.isSound() && (open.isEmpty() || open.get().check.isSound())) {
            open.ifPresent(each -> each.check = found);
            LOG.error(
                    "{}: {}; readers are refused offsets {} until the bytes of another replica take their place",
                    name(),
                    found,
                    found.damagedOffsets());
            replica.state().log().scrub().refuse(found);
            means.counters().found();
        }
    }

    /** Asks the others what they know of what was found sound, and opens a case where one differs. */
    void compare() throws InterruptedException {
        while (!uncompared.isEmpty()) {
            var keys = uncompared.keySet().stream().limit(CopyMessages.KEYS_MAX).toList();
            for (var peer : replica.peers().orElse(List.of())) {
                compare(keys, reports(peer, keys, 0));
            }
            keys.forEach(uncompared::remove);
        }
    }

    private void compare(List<CopyKey> keys, List<CopyReport> theirs) {
        for (int i = 0; i < keys.size(); i++) {
            var own = uncompared.get(keys.get(i));
            var other = theirs.get(i);
            if (own != null && other.isSound() && !other.copy().hash().equals(own.hash())) {
                openCase(own);
            }
        }
    }

    /** Each in the order of the keys. */
    private List<CopyReport> reports(CatchUpPeer peer, List<CopyKey> keys, long withinMs) throws InterruptedException {
        try {
            return peer.copies(keys, withinMs);
        } catch (IOException e) {
            LOG.debug("{}: node {} does not say what it has: {}", name(), peer.node(), e.getMessage());
            return keys.stream().map(key -> CopyReport.UNREACHABLE).toList();
        }
    }

    /** Goes on with what is open. */
    void settle() throws IOException, InterruptedException {
        for (var each : List.copyOf(cases)) {
            if (means.clockNanos().getAsLong() - each.nextNanos >= 0 && isSettled(each)) {
                cases.remove(each);
            }
        }
    }

    private boolean isSettled(Case open) throws IOException, InterruptedException {
        var scrub = replica.state().log().scrub();
        if (!scrub.isPart(open.check)) {
            return true;
        }
        var listed = scrub.sealed(open.check);
        var peers = replica.peers();
        if (peers.isEmpty()) {
            tell(open, "the replica is opening");
            return false;
        }
        if (listed.isEmpty()) {
            // Looked at again at once: who knows when the file is sealed.
            tell(open, "it still takes batches, and the leader is asked to seal it");
            askForRoll(open, peers.get());
            return false;
        }
        return isSettled(open, listed.get(), ask(open, CopyKey.of(listed.get()), peers.get()));
    }

    /** Of a leader, by way of a question for a copy that it does not have. */
    private void askForRoll(Case open, List<CatchUpPeer> peers) throws InterruptedException {
        long now = means.clockNanos().getAsLong();
        if (now - open.nextRollNanos < 0) {
            return;
        }
        open.nextRollNanos = now + RETRY_NANOS;
        var state = replica.state();
        long baseOffset = open.check.baseOffset();
        if (replica.leads()) {
            rolls.begin(baseOffset);
            return;
        }
        var key = List.of(new CopyKey(baseOffset, state.log().highWatermark(), 0));
        for (var peer : peers) {
            if (peer.node() == state.leaderNodeId().orElse(-1)) {
                reports(peer, key, 1);
            }
        }
    }

    /** What each of the others has now. */
    private Map<CatchUpPeer, CopyReport> ask(Case open, CopyKey key, List<CatchUpPeer> peers)
            throws InterruptedException {
        long sinceNanos = means.clockNanos().getAsLong() - open.openedNanos;
        long withinMs = Math.max(1, TimeUnit.NANOSECONDS.toMillis(sinceNanos));
        var told = new LinkedHashMap<CatchUpPeer, CopyReport>();
        for (var peer : peers) {
            told.put(peer, reports(peer, List.of(key), withinMs).get(0));
        }
        return told;
    }

    private boolean isSettled(Case open, SealedSegment listed, Map<CatchUpPeer, CopyReport> others)
            throws IOException, InterruptedException {
        var own = open.check.isSound() ? CopyReport.sound(listed.sizeBytes(), open.check.hash()) : CopyReport.DAMAGED;
        var outcome = decided(CopyKey.of(listed))
                .<CopyVote.Outcome>map(CopyVote.Right::new)
                .orElseGet(() -> new CopyVote(Stream.concat(Stream.of(own), others.values().stream())
                                .toList())
                        .decide());
        if (outcome instanceof CopyVote.Right right) {
            return isRight(own, right.copy()) || isRepaired(open, listed, right.copy(), others);
        }
        if (outcome instanceof CopyVote.Undecided undecided) {
            later(open, undecided.why());
        }
        return false;
    }

    private static boolean isRight(CopyReport own, Copy right) {
        return own.isSound() && own.copy().equals(right); // who has another one finds that out for itself
    }

    /** Asks nobody for a while. */
    private void later(Case open, String why) {
        open.nextNanos = means.clockNanos().getAsLong() + RETRY_NANOS;
        tell(open, why);
    }

    /** Each reason once, until there is another one. */
    private void tell(Case open, String why) {
        if (!why.equals(open.told)) {
            open.told = why;
            LOG.error("{}: {}; nothing is changed now, and it is looked at again: {}", name(), open.check, why);
        }
    }

    private boolean isRepaired(Case open, SealedSegment listed, Copy right, Map<CatchUpPeer, CopyReport> others)
            throws IOException, InterruptedException {
        if (open.check.isSound()) {
            open.isOutvoted = true;
            openCase(open.check.contradicted("most replicas have another file"));
        }
        var sound = new SealedSegment(
                listed.baseOffset(),
                listed.endOffset(),
                right.sizeBytes(),
                listed.maxTimestamp(),
                right.hash(),
                listed.compactionGeneration());
        var sources = others.entrySet().stream()
                .filter(other ->
                        other.getValue().isSound() && other.getValue().copy().equals(right))
                .map(Map.Entry::getKey)
                .toList();
        var failures = new ArrayList<String>();
        for (var peer : sources) {
            try {
                repair(open.check, sound, peer);
                return true; // also where the file went meanwhile: nobody is concerned any more
            } catch (InterruptedIOException | ClosedByInterruptException e) {
                throw e;
            } catch (IOException e) {
                failures.add("node " + peer.node() + ": " + e.getMessage());
            }
        }
        if (sources.isEmpty() && others.containsValue(CopyReport.PENDING)) {
            return false; // somebody is still looking
        }
        later(open, failures.isEmpty() ? "no other replica is known to have the right file now" : failures.toString());
        return false;
    }

    private void repair(FileCheck wrong, SealedSegment sound, CatchUpPeer peer)
            throws IOException, InterruptedException {
        var state = replica.state();
        var keptIn = means.quarantine().resolve(replica.groupId().getUuid().toString());
        var repair = state.log().transfer().receive(wrong, sound, position -> peer.file(sound, position), keptIn);
        takePlace(repair);
        if (!repair.isInPlace()) {
            LOG.info("{}: {}; it is no part of the log any more, and nothing is repaired", name(), wrong);
            return;
        }
        var report = CopyReport.sound(sound.sizeBytes(), sound.hash());
        known.put(CopyKey.of(sound), new Known(report, means.clockNanos().getAsLong()));
        means.counters().repaired();
        LOG.warn(
                "{}: offsets {} are those of node {} now; the wrong file is kept as {}",
                name(),
                sound.offsets(),
                peer.node(),
                repair.kept());
    }

    private void takePlace(SegmentRepair repair) throws IOException, InterruptedException {
        try {
            replica.state().writer().change(log -> log.repair(repair)).get();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        }
    }

    /** Forgets what is known of segments that are gone. */
    void tidy() {
        var here =
                replica.state().log().scrub().sealed().stream().map(CopyKey::of).toList();
        known.keySet().retainAll(here);
        doubtLooks.keySet().removeIf(base -> nanosSinceDoubt(base) >= RETRY_NANOS);
    }

    /** For people. */
    private String name() {
        return PartitionReplicas.name(replica);
    }
}
