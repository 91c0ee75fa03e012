package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.proto.internal.v1.TermsAnswer;
import io.cordwood.proto.internal.v1.TermsRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node that answers when the test says so. Group n is in term n. */
class TermQuestionsTest {
    private static final int OTHER = 2;

    private final NodeTransport otherTransport = new NodeTransport(OTHER, id -> Optional.empty());
    private final List<Question> asked = new CopyOnWriteArrayList<>();
    private Server server;
    private NodeTransport transport;
    private TermQuestions questions;
    private final AtomicBoolean addressIsBroken = new AtomicBoolean();

    private record Question(TermsRequest request, CompletableFuture<byte[]> answer) {
        void answerRight() {
            answerAs(OTHER);
        }

        void answerAs(int node) {
            var terms = TermsAnswer.newBuilder().setNodeId(node);
            request.getRaftGroupIdsList()
                    .forEach(id -> terms.addTerms(Uuids.parse(id).getLeastSignificantBits()));
            answer.complete(terms.build().toByteArray());
        }
    }

    @BeforeEach
    void start() throws IOException {
        otherTransport.handle(TermQuestions.METHOD, (from, bytes) -> {
            var question = new Question(parse(bytes), new CompletableFuture<>());
            asked.add(question);
            return question.answer();
        });
        server = otherTransport
                .customize(
                        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        RaftTimings.DEFAULT)
                .build()
                .start();
        transport = new NodeTransport(1, id -> address());
        questions = new TermQuestions(transport, Duration.ofSeconds(60));
    }

    private Optional<String> address() {
        if (addressIsBroken.get()) {
            throw new IllegalStateException("a bug in the look-up");
        }
        return Optional.of("127.0.0.1:" + server.getPort());
    }

    @AfterEach
    void stop() throws InterruptedException {
        transport.close();
        otherTransport.close();
        server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    }

    private static TermsRequest parse(byte[] bytes) {
        try {
            return TermsRequest.parseFrom(bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private CompletableFuture<Long> ask(long group) {
        return questions.ask(OTHER, new UUID(7, group));
    }

    private Question question(int number) {
        await().atMost(30, TimeUnit.SECONDS).until(() -> asked.size() >= number);
        return asked.get(number - 1);
    }

    @Test
    void whatIsAskedMeanwhileGoesWithTheNextQuestionOnce() {
        var first = ask(1);
        question(1);
        var again = ask(1);
        var onceMore = ask(1);
        var other = ask(2);

        question(1).answerRight();
        assertThat(first.join()).isEqualTo(1);
        question(2);
        assertThat(again).isNotDone(); // what the first question brought was looked up too early for it
        question(2).answerRight();

        assertThat(again.join()).isEqualTo(1);
        assertThat(onceMore.join()).isEqualTo(1);
        assertThat(other.join()).isEqualTo(2);
        assertThat(question(2).request().getRaftGroupIdsCount()).isEqualTo(2);
        assertThat(asked).hasSize(2);
    }

    @Test
    void manyGroupsTakeFewQuestions() {
        var first = ask(1);
        question(1);
        var others = LongStream.range(2, 6_000).mapToObj(this::ask).toList();

        for (int number = 1; number <= 3; number++) {
            question(number).answerRight();
        }

        assertThat(first.join()).isEqualTo(1);
        for (int i = 0; i < others.size(); i++) {
            assertThat(others.get(i).join()).isEqualTo(i + 2);
        }
        assertThat(asked).hasSize(3);
        assertThat(question(2).request().getRaftGroupIdsCount()).isEqualTo(TermQuestions.MAX_GROUPS);
    }

    @Test
    void answerOfAnotherLengthIsNone() {
        var answer = ask(1);

        question(1)
                .answer()
                .complete(TermsAnswer.newBuilder().setNodeId(OTHER).build().toByteArray());

        assertThat(answer)
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(NodeCallException.class);
        var next = ask(1);
        question(2).answerRight();
        assertThat(next.join()).isEqualTo(1);
    }

    @Test
    void nodeThatFailsIsAskedAgain() {
        var failed = ask(1);
        question(1).answer().completeExceptionally(new IOException("busy"));

        assertThat(failed)
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(NodeCallException.class);
        var next = ask(1);
        question(2).answerRight();
        assertThat(next.join()).isEqualTo(1);
    }

    @Test
    void questionThatThrowsIsOneWithoutAnAnswer() {
        addressIsBroken.set(true);

        assertThat(ask(1))
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(IllegalStateException.class);
        addressIsBroken.set(false);
        var next = ask(1);
        question(1).answerRight();
        assertThat(next.join()).isEqualTo(1);
    }

    @Test
    void whoWaitsBehindAQuestionThatThrowsIsToldToo() {
        var first = ask(1);
        question(1);
        var second = ask(2);
        addressIsBroken.set(true);

        question(1).answerRight();

        assertThat(first.join()).isEqualTo(1);
        assertThat(second)
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void answerOfAnotherNodeIsNone() {
        var answer = ask(1);

        question(1).answerAs(OTHER + 1);

        assertThat(answer)
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(NodeCallException.class);
        var next = ask(1);
        question(2).answerRight();
        assertThat(next.join()).isEqualTo(1);
    }
}
