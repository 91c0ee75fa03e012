package io.cordwood.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.faults.FaultEvent.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class StageTest {
    private final List<FaultEvent> told = new ArrayList<>();
    private final CountDownLatch aborted = new CountDownLatch(1);
    private final Stage stage = new Stage(FaultKind.KILL_NODE, told::add, aborted);

    @Test
    void whatBreaksAPromiseGoesOnAndMakesTheRunABadOne() {
        stage.begun("node 1", "SIGKILL");
        stage.broken("not ready");
        stage.close();

        assertThat(told).extracting(FaultEvent::phase).containsExactly(Phase.BEGIN, Phase.BROKEN, Phase.END);
        assertThat(told).extracting(FaultEvent::isProblem).containsExactly(false, true, false);
    }

    @Test
    void whatCameTooLateIsOver() {
        stage.begun("node 1", "SIGKILL");
        stage.missed("it was ready");
        stage.close();

        assertThat(told).extracting(FaultEvent::phase).containsExactly(Phase.BEGIN, Phase.MISSED);
        assertThat(told).noneMatch(FaultEvent::isProblem);
    }

    @Test
    void onlyAFailureIsAProblemAndNeitherARefusalNorASkip() {
        stage.skipped("not now");
        stage.failed(new IllegalStateException("no such disk"));

        assertThat(told).extracting(FaultEvent::isProblem).containsExactly(false, true);
    }

    @Test
    void nothingIsWaitedForOnceTheRunIsBeingEnded() {
        aborted.countDown();

        assertThat(stage.await(Duration.ofMinutes(1), () -> false)).isFalse();
        assertThat(stage.awaitClosely(Duration.ofMinutes(1), () -> true)).isFalse();
        assertThat(stage.hold(60_000)).isFalse();
    }
}
