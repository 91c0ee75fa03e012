package io.cordwood.coordinator;

import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.metadata.GroupCommand.Commit;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Commits on their way into the log, in the order in which they came. One raft entry is under way at a time and takes
 * what gathered meanwhile.
 *
 * <p>Invariants: no more than the configured offsets wait, nor more bytes than these have room for; each request is
 * answered once.
 *
 * <p><b>Thread:</b> confined to the coordinator.
 */
final class CommitQueue {
    private final CoordinatorConfig config;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Lane<Waiting> lane = new Lane<>();
    /** Of the members with requests that wait: the number of the newest. */
    private final Map<MemberRef, Long> newest = new HashMap<>();

    private final FencedCommits fenced;
    private final Supplier<MetadataImage> image;
    private int waitingOffsets;
    private long waitingBytes;
    private long lastAdded;
    private long lastStarted;

    /**
     * @param fenced is told what became of them
     * @param image as of now
     */
    CommitQueue(CoordinatorConfig config, FencedCommits fenced, Supplier<MetadataImage> image) {
        this.config = config;
        this.fenced = fenced;
        this.image = image;
    }

    /**
     * A request without what was refused at once.
     *
     * @param places of the offsets in the request
     */
    private record Waiting(
            long stream,
            long requestId,
            Commit commit,
            List<Integer> places,
            SortedMap<Integer, GroupRefusal> refused,
            long bytes) {

        MemberRef member() {
            return new MemberRef(commit.group(), commit.memberId());
        }

        List<PartitionId> partitions() {
            return commit.offsets().stream().map(PartitionOffset::partition).toList();
        }

        AnswerCommit answer(SortedMap<Integer, GroupRefusal> refusedOfTheRest) {
            var all = new TreeMap<>(refused);
            refusedOfTheRest.forEach((place, refusal) -> all.put(places.get(place), refusal));
            return new AnswerCommit(stream, requestId, all);
        }

        AnswerCommit answerAll(GroupRefusal refusal) {
            var all = new TreeMap<>(refused);
            places.forEach(place -> all.put(place, refusal));
            return new AnswerCommit(stream, requestId, all);
        }
    }

    /** The answer, where it is known at once. */
    List<AnswerCommit> add(long stream, MemberRef member, CommitRequest request) {
        var refused = new TreeMap<Integer, GroupRefusal>();
        var places = new ArrayList<Integer>();
        var offsets = new ArrayList<PartitionOffset>();
        for (int place = 0; place < request.offsets().size(); place++) {
            var offset = request.offsets().get(place);
            var refusal = check(member.group(), offset, request.ends());
            if (refusal.isPresent()) {
                refused.put(place, refusal.get());
            } else {
                places.add(place);
                offsets.add(offset);
            }
        }
        var commit = new Commit(member.group(), member.memberId(), request.epoch(), offsets);
        var item = new Waiting(stream, request.requestId(), commit, places, refused, EntryBudget.bytes(offsets));
        if (offsets.isEmpty()) {
            return List.of(item.answer(new TreeMap<>()));
        }
        var tooMuch = tooMuch(offsets.size(), item.bytes());
        if (tooMuch.isPresent()) {
            return List.of(item.answerAll(tooMuch.get()));
        }
        waiting.add(item);
        lastAdded++;
        newest.put(member, lastAdded);
        waitingOffsets += offsets.size();
        waitingBytes += item.bytes();
        return List.of();
    }

    /** What would not be written anyway does not wait first. */
    private Optional<GroupRefusal> check(String group, PartitionOffset offset, SortedMap<PartitionId, Long> ends) {
        var end = ends.get(offset.partition());
        if (end != null && offset.offset() > end) {
            return Optional.of(beyondEnd(offset, end));
        }
        return config.limits().checkText(offset.metadata()).filter(refusal -> !isKept(group, offset));
    }

    private boolean isKept(String group, PartitionOffset offset) {
        return image.get()
                .groups()
                .group(group)
                .flatMap(found -> found.offset(offset.partition()))
                .filter(kept -> kept.metadata().equals(offset.metadata()))
                .isPresent();
    }

    /** The answer to a request that is refused as a whole. */
    static AnswerCommit refused(long stream, CommitRequest request, GroupRefusal refusal) {
        var all = new TreeMap<Integer, GroupRefusal>();
        for (int place = 0; place < request.offsets().size(); place++) {
            all.put(place, refusal);
        }
        return new AnswerCommit(stream, request.requestId(), all);
    }

    private static GroupRefusal beyondEnd(PartitionOffset offset, long end) {
        return new GroupRefusal(
                GroupReason.OFFSET_OUT_OF_RANGE,
                "offset",
                Long.toString(offset.offset()),
                "at most " + end + ", the high watermark");
    }

    private Optional<GroupRefusal> tooMuch(int offsets, long bytes) {
        if (offsets > config.maxOffsetsPerEntry()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.LIMIT_REACHED,
                    "offsets of a commit",
                    Integer.toString(offsets),
                    "at most " + config.maxOffsetsPerEntry()));
        }
        if (bytes > EntryBudget.MAX_BYTES) {
            return Optional.of(new GroupRefusal(
                    GroupReason.LIMIT_REACHED,
                    "bytes of a commit",
                    Long.toString(bytes),
                    "at most " + EntryBudget.MAX_BYTES));
        }
        if (waitingOffsets + offsets > config.maxWaitingOffsets()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OVERLOADED,
                    "offsets that wait to be committed",
                    Integer.toString(waitingOffsets + offsets),
                    "at most " + config.maxWaitingOffsets()));
        }
        if (waitingBytes + bytes > config.maxWaitingOffsetBytes()) {
            return Optional.of(new GroupRefusal(
                    GroupReason.OVERLOADED,
                    "offsets that wait to be committed, in bytes",
                    Long.toString(waitingBytes + bytes),
                    "at most " + config.maxWaitingOffsetBytes()));
        }
        return Optional.empty();
    }

    boolean isWaiting(MemberRef member) {
        return newest.containsKey(member);
    }

    /** The number of the newest request of a member that waits; 0 where none does. */
    long newest(MemberRef member) {
        return newest.getOrDefault(member, 0L);
    }

    /** Whether a request waits no longer. */
    boolean isStarted(long number) {
        return number <= lastStarted;
    }

    boolean isReady(long nowMillis) {
        return !waiting.isEmpty() && lane.isFree(nowMillis);
    }

    CommitOffsets start(long proposalId, long wallMillis) {
        var items = new ArrayList<Waiting>();
        int offsets = 0;
        long bytes = 0;
        for (var next = waiting.peek(); next != null; next = waiting.peek()) {
            offsets += next.places().size();
            bytes += next.bytes();
            if (!items.isEmpty() && (offsets > config.maxOffsetsPerEntry() || bytes > EntryBudget.MAX_BYTES)) {
                break;
            }
            items.add(waiting.remove());
            waitingOffsets -= next.places().size();
            waitingBytes -= next.bytes();
            lastStarted++;
            newest.remove(next.member(), lastStarted);
        }
        lane.started(proposalId, items);
        return new CommitOffsets(
                wallMillis, config.limits(), items.stream().map(Waiting::commit).toList());
    }

    boolean has(long proposalId) {
        return lane.has(proposalId);
    }

    /** @param refused by their places in the command */
    List<AnswerCommit> finished(SortedMap<Integer, GroupRefusal> refused, long nowMillis) {
        var answers = new ArrayList<AnswerCommit>();
        int first = 0;
        for (Waiting item : lane.finished()) {
            int end = first + item.places().size();
            var own = new TreeMap<Integer, GroupRefusal>();
            int begin = first;
            refused.subMap(first, end).forEach((place, refusal) -> own.put(place - begin, refusal));
            fenced.judged(item.member(), item.partitions(), own, nowMillis);
            answers.add(item.answer(own));
            first = end;
        }
        return answers;
    }

    /** Nobody knows what became of them. */
    List<AnswerCommit> failed(GroupRefusal refusal) {
        return lane.finished().stream().map(item -> item.answerAll(refusal)).toList();
    }
}
