package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.impl.ServerImplUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who counts for a leader. Node 1 asks, of term 5; the answers are there when the test says so. */
class LeaderConfirmationCountTest {
    private static final int SELF = 1;
    private static final long TERM = 5;

    private final Map<Integer, CompletableFuture<Long>> answers = new HashMap<>();
    private CompletableFuture<String> readIndex = new CompletableFuture<>();
    private long ownTerm = TERM;

    private CompletableFuture<Confirmation> confirm(List<Set<Integer>> electorates) {
        return new LeaderConfirmation(SELF, electorates, TERM, () -> ownTerm, () -> readIndex)
                .ask(node -> Objects.requireNonNull(answers.get(node), () -> "node " + node + " has no vote"));
    }

    /** @param given as "2:5 3:-": node 2 says that it is in term 5, node 3 says nothing */
    private void answer(String given) {
        for (var each : numbersOrWords(given)) {
            var parts = each.split(":");
            answers.put(
                    Integer.valueOf(parts[0]),
                    switch (parts[1]) {
                        case "-" -> CompletableFuture.failedFuture(new IOException("silent"));
                        case "old" ->
                            CompletableFuture.failedFuture(
                                    new NodeCallException(NodeCallException.Kind.NO_HANDLER, "an earlier program"));
                        default -> CompletableFuture.completedFuture(Long.valueOf(parts[1]));
                    });
        }
    }

    private static List<String> numbersOrWords(String text) {
        return Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).toList();
    }

    private static List<RaftPeer> peers(String nodes, RaftPeerRole role) {
        return numbersOrWords(nodes).stream()
                .map(node ->
                        RaftGroups.peer(Integer.parseInt(node), "127.0.0.1:" + (9_000 + Integer.parseInt(node)), role))
                .toList();
    }

    private static RaftConfiguration members(String voters, String votersBefore, String listeners) {
        return ServerImplUtils.newRaftConfiguration(
                peers(voters, RaftPeerRole.FOLLOWER),
                peers(listeners, RaftPeerRole.LISTENER),
                7,
                peers(votersBefore, RaftPeerRole.FOLLOWER),
                List.of());
    }

    @ParameterizedTest
    @CsvSource({
        // voters, voters before, listeners, answers, outcome
        "1, '', '', '', CONFIRMED",
        "1 2 3, '', '', 2:5 3:-, CONFIRMED",
        "1 2 3, '', '', 2:- 3:-, UNANSWERED",
        "1 2 3, '', '', 2:4 3:4, UNANSWERED",
        "1 2 3, '', '', 2:-1 3:-, UNANSWERED",
        "1 2 3, '', '', 2:6 3:-, NOT_LEADER",
        "1 2 3, '', '', 2:old 3:4, LEFT",
        "1 2 3, '', '', 2:old 3:old, LEFT",
        // half is no majority
        "1 2, '', '', 2:-, UNANSWERED",
        "1 2 3 4, '', '', 2:5 3:- 4:-, UNANSWERED",
        "1 2 3 4, '', '', 2:5 3:5 4:-, CONFIRMED",
        "1 2 3 4, '', '', 2:old 3:- 4:-, UNANSWERED",
        // each of two sets needs its own
        "1 2 3, 1 4 5, '', 2:5 3:5 4:- 5:-, UNANSWERED",
        "1 4 5, 1 2 3, '', 2:5 3:5 4:- 5:-, UNANSWERED",
        "1 2 3, 1 4 5, '', 2:5 3:- 4:5 5:-, CONFIRMED",
        "1 2 3, 1 4 5, '', 2:5 3:- 4:old 5:-, LEFT",
        "1 2 3, 1 2, '', 2:- 3:5, UNANSWERED",
        // nobody without a vote is asked
        "1 2 3, '', 4, 2:- 3:-, UNANSWERED",
        "1 2 3, '', 4, 2:5 3:-, CONFIRMED",
        // nor counts, this node neither
        "2 3 4, '', '', 2:5 3:- 4:-, UNANSWERED",
        "2 3 4, '', '', 2:5 3:5 4:-, CONFIRMED",
        "2 3 4, 1 2 3, '', 2:5 3:- 4:-, UNANSWERED",
    })
    void leaderIsConfirmedByMajorities(
            String voters, String votersBefore, String listeners, String given, String expected) {
        answer(given);

        var outcome = confirm(LeaderConfirmation.electorates(members(voters, votersBefore, listeners)));

        if (expected.equals("LEFT")) {
            assertThat(outcome).isNotDone(); // Ratis is asked
        } else {
            assertThat(outcome).isCompletedWithValue(Confirmation.valueOf(expected));
        }
    }

    @Test
    void outcomeIsThereWithTheAnswerThatMakesIt() {
        answers.put(2, new CompletableFuture<>());
        answers.put(3, new CompletableFuture<>());
        var outcome = confirm(List.of(Set.of(1, 2, 3)));
        assertThat(outcome).isNotDone();

        answers.get(3).complete(TERM);

        assertThat(outcome).isCompletedWithValue(Confirmation.CONFIRMED);
    }

    @Test
    void leaderThatIsInAnotherTermByThenIsNotConfirmed() {
        ownTerm = TERM + 1;
        answer("2:5 3:5");

        assertThat(confirm(List.of(Set.of(1, 2, 3)))).isCompletedWithValue(Confirmation.NOT_LEADER);
    }

    @Test
    void whatRatisSaysCountsForAnEarlierProgram() {
        answer("2:old 3:-");

        readIndex = CompletableFuture.failedFuture(new IOException("no majority"));
        assertThat(confirm(List.of(Set.of(1, 2, 3)))).isCompletedWithValue(Confirmation.UNANSWERED);
        readIndex = CompletableFuture.completedFuture("yes");
        assertThat(confirm(List.of(Set.of(1, 2, 3)))).isCompletedWithValue(Confirmation.CONFIRMED);
        ownTerm = TERM + 1;
        assertThat(confirm(List.of(Set.of(1, 2, 3)))).isCompletedWithValue(Confirmation.NOT_LEADER);
    }
}
