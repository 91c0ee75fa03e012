package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.TestMember.hello;
import static io.cordwood.server.rpc.TestMember.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.coordinator.MemberHello;
import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.cordwood.proto.v1.MemberCommit;
import io.cordwood.proto.v1.MemberLeave;
import io.cordwood.proto.v1.MemberPing;
import io.cordwood.proto.v1.MemberRelease;
import io.cordwood.server.cluster.AdvertisedAddresses;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.group.CommitEnds;
import io.cordwood.server.group.GroupCoordination;
import io.cordwood.server.group.MemberSink;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.FakeReplicas;
import io.cordwood.server.partition.Partitions;
import io.grpc.stub.ServerCallStreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a stream reads while its coordination has no time for it. */
final class GroupStreamTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);
    /** The hello, and what may be under way behind it. */
    private static final int ALLOWED = 1 + 16;

    private final FakeCluster cluster = FakeCluster.of(1, MetadataCommand.GROUPS);
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Call call = new Call();
    private GroupCoordination coordination;
    private GroupStream stream;

    /** The client's end, which counts what may be read of it. */
    private static final class Call extends ServerCallStreamObserver<JoinGroupResponse> {
        private final AtomicInteger requested = new AtomicInteger();
        private final Queue<JoinGroupResponse> answers = new ConcurrentLinkedQueue<>();

        @Override
        public void request(int count) {
            requested.addAndGet(count);
        }

        @Override
        public void onNext(JoinGroupResponse answer) {
            answers.add(answer);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void disableAutoRequest() {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void setOnReadyHandler(Runnable handler) {}

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setCompression(String compression) {}

        @Override
        public void setMessageCompression(boolean enable) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }

    /** Holds the coordination's thread up, which no real one does. */
    private final class Slow implements MemberSink {
        private final CountDownLatch holds = new CountDownLatch(1);

        @Override
        public void ended(Refusal reason) {
            holds.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void assigned(GroupAssignment assignment, GroupSettings settings, MetadataImage image) {}

        @Override
        public void heard(long pingId, GroupSettings settings) {}

        @Override
        public void committed(long requestId, SortedMap<Integer, GroupRefusal> refused) {}
    }

    @BeforeEach
    void start() {
        cluster.createTopic("orders", 1, 1);
        var seen = cluster.on(1);
        var meters = new ServerMeters(new NodeMeters(new SimpleMeterRegistry(), MeterLimits.DEFAULT));
        var replicas = new FakeReplicas(cluster);
        coordination = new GroupCoordination(
                seen, CoordinatorConfig.DEFAULT, Clock.systemUTC(), (thread, failure) -> failures.add(failure));
        coordination.start();
        var ports = new GroupStream.Ports(
                seen,
                new Partitions(
                        new AdvertisedAddresses(seen, ServerConfig.Listener.CLIENT),
                        replicas,
                        1 << 20,
                        meters.node().topics()),
                coordination,
                new CommitEnds(replicas, partition -> CompletableFuture.completedFuture(0L)),
                new MemberHellos(groups()),
                new GroupMessages(new TopicNames()),
                meters);
        stream = new GroupStream(ports, "127.0.0.1", call, ended -> {});
        stream.start();
    }

    private static ServerConfig.Groups groups() {
        return new ServerConfig.Groups(
                GroupLimits.DEFAULT,
                1_000,
                100,
                2_000,
                Duration.ofMillis(100),
                Duration.ofMinutes(30),
                Duration.ofDays(7),
                Duration.ofSeconds(2));
    }

    @AfterEach
    void stop() throws InterruptedException {
        goOn.countDown();
        coordination.close();
        assertThat(failures).isEmpty();
    }

    private void join() {
        assertThat(call.requested.get()).isEqualTo(1);
        stream.onNext(
                JoinGroupRequest.newBuilder().setHello(hello("a", "orders")).build());
        await().atMost(SECONDS).until(() -> call.requested.get() == ALLOWED);
    }

    private void holdUp() throws InterruptedException {
        var slow = new Slow();
        coordination.connect(unknownMember(), slow);
        slow.holds.await();
    }

    private static MemberHello unknownMember() {
        return new MemberHellos(groups())
                .of(hello("nobody", "orders").setMemberEpoch(7).build(), "127.0.0.1");
    }

    static Stream<JoinGroupRequest> messages() {
        return Stream.of(
                        JoinGroupRequest.newBuilder().setPing(MemberPing.getDefaultInstance()),
                        JoinGroupRequest.newBuilder()
                                .setCommit(MemberCommit.newBuilder().addAllOffsets(List.of(offset(0, 0)))),
                        JoinGroupRequest.newBuilder().setRelease(MemberRelease.getDefaultInstance()),
                        JoinGroupRequest.newBuilder().setLeave(MemberLeave.getDefaultInstance()))
                .map(JoinGroupRequest.Builder::build);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void nextMessageIsReadOnceTheCoordinationHasTakenTheOneBefore(JoinGroupRequest message)
            throws InterruptedException {
        join();
        holdUp();

        stream.onNext(message);
        assertThat(call.requested.get()).isEqualTo(ALLOWED);
        goOn.countDown();

        await().atMost(SECONDS).until(() -> call.requested.get() == ALLOWED + 1);
    }

    @Test
    void pingsAreAnsweredOnceTheCoordinationHasTime() throws InterruptedException {
        join();
        holdUp();

        for (int i = 0; i < 16; i++) {
            stream.onNext(JoinGroupRequest.newBuilder()
                    .setPing(MemberPing.newBuilder().setPingId(i))
                    .build());
        }
        goOn.countDown();

        await().atMost(SECONDS).until(() -> call.requested.get() == ALLOWED + 16);
        assertThat(call.answers).filteredOn(JoinGroupResponse::hasPong).hasSize(16);
    }
}
