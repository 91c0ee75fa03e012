package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotResult;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InstallPaceTest {
    private final List<Runnable> later = new ArrayList<>();
    private final List<Object> sent = new ArrayList<>();

    /** A call that is answered so, and closed. */
    private void answer(Object message) {
        var pace = new InstallPace(later::add);
        var unused = pace.interceptCall(new RecordedCall<String>(sent), new Metadata(), (call, headers) -> {
            call.sendMessage(message);
            call.close(Status.OK, new Metadata());
            return new ServerCall.Listener<String>() {};
        });
    }

    private static InstallSnapshotReplyProto reply(InstallSnapshotResult result) {
        return InstallSnapshotReplyProto.newBuilder().setResult(result).build();
    }

    @Test
    void answerThatACatchUpIsUnderWayWaits() {
        var inProgress = reply(InstallSnapshotResult.IN_PROGRESS);

        answer(inProgress);

        assertThat(sent).isEmpty();
        later.forEach(Runnable::run);
        assertThat(sent).containsExactly(inProgress, Status.OK);
    }

    @ParameterizedTest
    @EnumSource(
            value = InstallSnapshotResult.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"IN_PROGRESS", "UNRECOGNIZED"})
    void otherAnswersDoNotWait(InstallSnapshotResult result) {
        answer(reply(result));

        assertThat(sent).containsExactly(reply(result), Status.OK);
        assertThat(later).isEmpty();
    }

    @Test
    void answersToOtherCallsDoNotWait() {
        answer("anything");

        assertThat(sent).containsExactly("anything", Status.OK);
    }

    @Test
    void waitIsFarBelowTheElectionTimeout() {
        var shortest = new RaftTimings(Duration.ofMillis(300), Duration.ofMillis(600));
        var longest = new RaftTimings(Duration.ofSeconds(10), Duration.ofSeconds(20));

        assertThat(InstallPace.waitMs(shortest)).isEqualTo(100);
        assertThat(InstallPace.waitMs(RaftTimings.DEFAULT)).isEqualTo(333);
        assertThat(InstallPace.waitMs(longest)).isEqualTo(500);
    }
}
