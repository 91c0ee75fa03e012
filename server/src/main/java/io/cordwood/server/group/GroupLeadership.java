package io.cordwood.server.group;

import io.cordwood.coordinator.CommitRequest;
import io.cordwood.coordinator.Coordinator;
import io.cordwood.coordinator.CoordinatorOutput;
import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.coordinator.CoordinatorOutput.AnswerPing;
import io.cordwood.coordinator.CoordinatorOutput.Assign;
import io.cordwood.coordinator.CoordinatorOutput.Close;
import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.coordinator.MemberHello;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataResult.GroupAnswer;
import io.cordwood.metadata.PartitionId;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.cluster.Refusal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

/**
 * One leadership of the metadata: its coordinator, and who waits for what it says.
 *
 * <p><b>Thread:</b> confined to the coordination.
 */
final class GroupLeadership {
    private final long term;
    private final Coordinator coordinator;
    private final Map<Long, MemberSink> members = new HashMap<>();
    /** Commits outside of streams, by their numbers. */
    private final Map<Long, CompletableFuture<SortedMap<Integer, GroupRefusal>>> commits = new HashMap<>();

    private final CommitPaces paces = new CommitPaces();

    private MetadataImage image;

    /** Takes a command to the log. */
    interface Proposals {
        void propose(long proposalId, GroupCommand command);
    }

    GroupLeadership(long term, Coordinator coordinator, MetadataImage image) {
        this.term = term;
        this.coordinator = coordinator;
        this.image = image;
    }

    long term() {
        return term;
    }

    Coordinator coordinator() {
        return coordinator;
    }

    /** An image at least as new as the one before. */
    void see(MetadataImage newest) {
        if (newest.index() > image.index()) {
            image = newest;
            coordinator.applied(newest);
        }
    }

    void connect(long stream, MemberHello hello, MemberSink sink) {
        members.put(stream, sink);
        coordinator.connect(stream, hello);
    }

    void closed(long stream) {
        if (members.remove(stream) != null) {
            coordinator.closed(stream);
        }
    }

    void commit(
            long number,
            MemberRef member,
            CommitRequest request,
            CompletableFuture<SortedMap<Integer, GroupRefusal>> answer) {
        commits.put(number, answer);
        coordinator.commit(number, member, request);
    }

    /** @param result empty where nobody knows what became of it */
    void answered(long proposalId, Optional<MetadataResult> result) {
        result.ifPresentOrElse(known -> coordinator.answered(proposalId, known), () -> coordinator.failed(proposalId));
    }

    /** A command was applied; the image that shows it was seen before. */
    void applied(GroupCommand command, MetadataResult result, long nowMs) {
        if (command instanceof CommitOffsets offsets && result instanceof GroupAnswer answer) {
            paces.committed(offsets, answer.refused().keySet(), image, nowMs);
        }
    }

    /** Offsets that a group commits per second, where that is known. */
    SortedMap<PartitionId, Double> paces(String group, long nowMs) {
        return paces.of(group, image, nowMs);
    }

    void carryOut(Proposals proposals) {
        for (CoordinatorOutput output : coordinator.take()) {
            if (output instanceof Propose propose) {
                proposals.propose(propose.proposalId(), propose.command());
            } else if (output instanceof AnswerCommit answer) {
                answerCommit(answer);
            } else {
                tellMember(output);
            }
        }
    }

    private void answerCommit(AnswerCommit answer) {
        var waiting = commits.remove(answer.stream());
        if (waiting != null) {
            waiting.complete(answer.refused());
        } else {
            member(answer.stream()).ifPresent(sink -> sink.committed(answer.requestId(), answer.refused()));
        }
    }

    private void tellMember(CoordinatorOutput output) {
        if (output instanceof Assign assign) {
            member(assign.stream()).ifPresent(sink -> sink.assigned(assign.assignment(), assign.settings(), image));
        } else if (output instanceof AnswerPing answer) {
            member(answer.stream()).ifPresent(sink -> sink.heard(answer.pingId(), answer.settings()));
        } else if (output instanceof Close close) {
            var sink = members.remove(close.stream());
            if (sink != null) {
                sink.ended(GroupRefusals.of(close.reason()));
            }
        } else {
            throw new IllegalStateException("nobody carries out " + output.getClass());
        }
    }

    private Optional<MemberSink> member(long stream) {
        return Optional.ofNullable(members.get(stream));
    }

    /** Somebody else leads, or nobody: what waits is answered by nobody, and asked again. */
    void end(Refusal reason) {
        List.copyOf(members.values()).forEach(sink -> sink.ended(reason));
        members.clear();
        List.copyOf(commits.values()).forEach(commit -> commit.completeExceptionally(reason.exception()));
        commits.clear();
    }
}
