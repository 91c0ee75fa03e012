package io.cordwood.raft;

import io.cordwood.store.CompactionPace;
import io.cordwood.store.RewrittenSegment;
import io.cordwood.store.SealedSegment;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the files that an entry of compaction lists from other replicas, where this one cannot make them: the entry says what they
 * must be.
 *
 * <p>Thread: the node's thread for compaction.
 */
record FileFetch(ReplicaState replica, List<CatchUpPeer> peers, CompactionPace pace) {
    private static final Logger LOG = LoggerFactory.getLogger(FileFetch.class);

    /** Those that nobody needs any more are left out. */
    List<RewrittenSegment> all(List<SealedSegment> expected) throws IOException {
        var fetched = new ArrayList<RewrittenSegment>();
        for (var segment : expected) {
            if (replica.applied().lists(segment)) {
                fetched.add(one(segment));
            } else {
                // Others may not have it any more. A later entry, which is applied, put another in its place, or it was
                // trimmed.
                LOG.info("{}: {} is passed over: a later entry made it needless", replica.id(), segment);
                replica.log().compactor(bytes -> {}).discard(List.of(segment));
            }
        }
        return fetched;
    }

    private RewrittenSegment one(SealedSegment segment) throws IOException {
        var failures = new ArrayList<IOException>();
        for (var peer : peers) {
            try {
                return replica.log().transfer().receive(segment, position -> {
                    var bytes = peer.file(segment, position);
                    pace.passed(bytes.remaining());
                    return bytes;
                });
            } catch (InterruptedIOException | ClosedByInterruptException e) {
                throw e;
            } catch (IOException e) {
                failures.add(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the node stops");
            }
        }
        throw failure(segment, failures);
    }

    /** The reasons are in its text, which is what a description of the partition shows: a full disk is one that can be mended. */
    private static IOException failure(SealedSegment segment, List<IOException> failures) {
        var reasons = failures.stream()
                .map(e -> String.valueOf(e.getMessage()))
                .distinct()
                .collect(Collectors.joining("; "));
        var failure = new IOException(
                segment + " came from no other replica: " + (reasons.isEmpty() ? "there is none" : reasons));
        failures.forEach(failure::addSuppressed);
        return failure;
    }
}
