package io.cordwood.coordinator;

import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a {@link Coordinator} wants done, in this order. */
public sealed interface CoordinatorOutput {

    /**
     * The command is to be written to the metadata group's log. What became of it is to be told by
     * {@link Coordinator#answered} or {@link Coordinator#failed}, after the image that shows it.
     */
    record Propose(long proposalId, GroupCommand command) implements CoordinatorOutput {}

    /** The member is told what it may process. It may be told the same again. */
    record Assign(long stream, GroupAssignment assignment, GroupSettings settings) implements CoordinatorOutput {}

    /** The member is told that it was heard, and for how long it lives from when it spoke. */
    record AnswerPing(long stream, long pingId, GroupSettings settings) implements CoordinatorOutput {}

    /**
     * The member is told what became of a commit.
     *
     * @param stream or the number that a commit outside of streams was given
     * @param refused offsets by their places in the request
     */
    record AnswerCommit(long stream, long requestId, SortedMap<Integer, GroupRefusal> refused)
            implements CoordinatorOutput {
        public AnswerCommit {
            refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
        }
    }

    /** The stream ends, and the member is told why: it processes nothing any more unless it comes back in time. */
    record Close(long stream, GroupRefusal reason) implements CoordinatorOutput {}
}
