package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.raft.FollowedGroups.Followed;
import io.cordwood.raft.GoneQuestions.Answer;
import io.cordwood.raft.Succession.End;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node 1 asks node 2 about node 3. */
class GoneQuestionsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int OTHER = 2;
    private static final int GONE = 3;
    private static final TermIndex END = TermIndex.valueOf(5, Long.MAX_VALUE);

    private final NodeTransport otherTransport = new NodeTransport(OTHER, id -> Optional.empty());
    private final List<Followed> followed = new ArrayList<>();
    private final ExecutorService answering = Executors.newSingleThreadExecutor(task -> new Thread(task, "answering"));
    private final AtomicReference<String> lookedUpBy = new AtomicReference<>();
    private final AtomicBoolean addressIsBroken = new AtomicBoolean();
    private Server server;
    private NodeTransport transport;

    @BeforeEach
    void start() throws IOException {
        server = otherTransport
                .customize(
                        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        RaftTimings.DEFAULT)
                .build()
                .start();
        transport = new NodeTransport(1, id -> address());
    }

    private Optional<String> address() {
        if (addressIsBroken.get()) {
            throw new IllegalArgumentException("no host of a URI");
        }
        return Optional.of("127.0.0.1:" + server.getPort());
    }

    @AfterEach
    void stop() throws InterruptedException {
        transport.close();
        otherTransport.close();
        server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        answering.shutdownNow();
        assertThat(answering.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private void serve(int self, CompletableFuture<Boolean> refuses) {
        new GoneQuestions(otherTransport)
                .serve(
                        answering,
                        self,
                        node -> node == GONE ? refuses : new CompletableFuture<>(),
                        leader -> leader == GONE ? followed() : List.of());
    }

    private List<Followed> followed() {
        lookedUpBy.set(Thread.currentThread().getName());
        return followed;
    }

    private Answer ask() throws Exception {
        return ask(PATIENCE);
    }

    private Answer ask(Duration timeout) throws Exception {
        return new GoneQuestions(transport, timeout).ask(OTHER, GONE).get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private RaftGroupId follow(boolean mayLead) {
        var group = RaftGroupId.randomId();
        followed.add(new Followed(group, GONE, END, List.of(Set.of(1, 2, 3)), mayLead));
        return group;
    }

    @Test
    void whoIsRefusedSaysHowFarItsLogsReachAndWhichGroupsItMayLead() throws Exception {
        var group = follow(true);
        var other = follow(false);
        serve(OTHER, CompletableFuture.completedFuture(true));

        assertThat(ask()).isEqualTo(new Answer(true, Map.of(group, new End(END, true), other, new End(END, false))));
    }

    /** The end of a log is read under a lock. */
    @Test
    void answerIsPutTogetherWhereItHoldsUpNoCalls() throws Exception {
        follow(true);
        serve(OTHER, CompletableFuture.completedFuture(true));

        ask();

        assertThat(lookedUpBy).hasValue("answering");
    }

    @Test
    void questionThatThrowsIsOneWithoutAnAnswer() {
        serve(OTHER, CompletableFuture.completedFuture(true));
        addressIsBroken.set(true);

        assertThat(new GoneQuestions(transport, PATIENCE).ask(OTHER, GONE))
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .withCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whoIsNotRefusedSaysSo() throws Exception {
        follow(true);
        serve(OTHER, CompletableFuture.completedFuture(false));

        assertThat(ask()).isEqualTo(new Answer(false, Map.of()));
    }

    @Test
    void whoDoesNotFindOutSaysNothing() {
        serve(OTHER, new CompletableFuture<>());

        assertThatThrownBy(() -> ask(Duration.ofMillis(100)))
                .cause()
                .isInstanceOfSatisfying(
                        NodeCallException.class, e -> assertThat(e.kind()).isEqualTo(NodeCallException.Kind.TIMED_OUT));
    }

    @Test
    void olderProgramSaysNothing() {
        assertThatThrownBy(this::ask)
                .cause()
                .isInstanceOfSatisfying(
                        NodeCallException.class,
                        e -> assertThat(e.kind()).isEqualTo(NodeCallException.Kind.NO_HANDLER));
    }

    @Test
    void anotherNodeAtTheAddressSaysNothing() {
        serve(GONE, CompletableFuture.completedFuture(true));

        assertThatThrownBy(this::ask).hasMessageContaining("node 2 was asked, and node 3 answers");
    }
}
