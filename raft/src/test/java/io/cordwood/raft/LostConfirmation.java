package io.cordwood.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.util.CodeInjectionForTesting;

/**
 * The first entries that one of the nodes that stay sends the other one from now on are in its log, and
 * whoever sent them does not hear of it: the link to the node breaks before. Nobody reaches the node that goes
 * away. One at a time in a process.
 */
final class LostConfirmation implements AutoCloseable {
    private static final String APPEND = "RaftServerImpl.appendEntries";
    private static final String APPENDED = APPEND + ".logComplete";

    /** The node that is sent the entries; empty before. */
    private final AtomicReference<String> taker = new AtomicReference<>("");

    private final CountDownLatch lost = new CountDownLatch(1);

    /** @param links to the nodes that stay */
    LostConfirmation(int away, Map<Integer, BreakableLink> links) {
        CodeInjectionForTesting.put(APPEND, (local, remote, args) -> {
            if (local.toString().equals(Integer.toString(away))) {
                throw new IllegalStateException("node " + away + " is going");
            }
            boolean stays = !remote.toString().equals(Integer.toString(away));
            if (stays
                    && Arrays.stream(args)
                            .anyMatch(arg -> arg instanceof AppendEntriesRequestProto request
                                    && request.getEntriesCount() > 0)) {
                taker.compareAndSet("", local.toString());
            }
            return true;
        });
        CodeInjectionForTesting.put(APPENDED, (local, remote, args) -> {
            if (taker.compareAndSet(local.toString(), "nobody else")) {
                breakOff(Objects.requireNonNull(links.get(Integer.valueOf(local.toString()))));
                lost.countDown();
            }
            return true;
        });
    }

    private static void breakOff(BreakableLink link) {
        try {
            link.breakOff();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void await() throws InterruptedException {
        if (!lost.await(NodeWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("no entries were sent");
        }
    }

    @Override
    public void close() {
        CodeInjectionForTesting.put(APPEND, (local, remote, args) -> true);
        CodeInjectionForTesting.put(APPENDED, (local, remote, args) -> true);
    }
}
