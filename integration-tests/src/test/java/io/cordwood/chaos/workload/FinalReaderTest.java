package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.StoredRecord;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads from a node that says what the test wants. */
class FinalReaderTest {
    private static final TopicPartition PARTITION = new TopicPartition("records", 0);
    private static final long END = 3;

    private final List<Event> events = new ArrayList<>();
    private final Node node = new Node();
    private Server server = NettyServerBuilder.forPort(1).build();

    /** Has three records, one per answer. */
    private static final class Node extends DataServiceGrpc.DataServiceImplBase {
        /** What answers with records say of the end. */
        private long unconfirmedEnd = END;

        private int emptyAnswers;

        @Override
        public void listOffsets(ListOffsetsRequest request, StreamObserver<ListOffsetsResponse> answers) {
            var answer = ListOffsetsResponse.newBuilder();
            if (emptyAnswers-- <= 0) {
                answer.addPartitions(PartitionOffsets.newBuilder().setHighWatermark(END));
            }
            answers.onNext(answer.build());
            answers.onCompleted();
        }

        @Override
        public void fetch(FetchRequest request, StreamObserver<FetchResponse> answers) {
            long offset = Long.parseLong(request.getStart());
            var value = ByteString.copyFrom(new Payload(10).of(new Value("p", offset)));
            answers.onNext(FetchResponse.newBuilder()
                    .setHighWatermark(unconfirmedEnd)
                    .setNextOffset(offset + 1)
                    .addRecords(StoredRecord.newBuilder()
                            .setOffset(offset)
                            .setValue(RecordContent.newBuilder().setData(value)))
                    .build());
            answers.onCompleted();
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(node)
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    @Test
    void everythingIsReadUpToTheEndThatWasConfirmed() {
        node.unconfirmedEnd = 1;

        assertThat(read()).isEmpty();

        assertThat(log().records()).extracting(Seen::offset).containsExactly(0L, 1L, 2L);
        assertThat(log().endOffset()).isEqualTo(END);
        assertThat(log().isComplete()).isTrue();
    }

    @Test
    void whatIsBeyondTheEndByThenIsReadToo() {
        node.unconfirmedEnd = 5;

        assertThat(read()).isEmpty();

        assertThat(log().records()).hasSize(5);
    }

    @Test
    void answerWithoutThePartitionIsAskedForAgain() {
        node.emptyAnswers = 2;

        assertThat(read()).isEmpty();
        assertThat(log().isComplete()).isTrue();
    }

    @Test
    void whatIsNeverAnsweredIsTold() {
        node.emptyAnswers = Integer.MAX_VALUE;

        assertThat(read(Duration.ofMillis(1)))
                .singleElement()
                .satisfies(problem -> assertThat(problem).contains("no bounds of records-0"));
    }

    private List<String> read() {
        return read(Duration.ofSeconds(30));
    }

    private List<String> read(Duration patience) {
        try (var nodes = new NodeCalls(List.of("127.0.0.1:" + server.getPort()))) {
            return new FinalReader(nodes, new Recorder(events::add, System::nanoTime))
                    .read(List.of(PARTITION), patience);
        }
    }

    private FinalLog log() {
        return Objects.requireNonNull(History.of(events).finalLogs().get(PARTITION));
    }
}
