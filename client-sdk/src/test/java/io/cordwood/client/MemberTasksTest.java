package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class MemberTasksTest {
    @Test
    void memberIsToldThatNothingCanBePlannedOnceItsClientIsClosed() {
        var timer = Executors.newSingleThreadScheduledExecutor();
        var told = new ArrayList<CordwoodException>();
        var tasks = new MemberTasks(new MemberTime(timer, System::nanoTime), () -> "member", told::add);
        timer.shutdown();

        boolean planned = tasks.after(Duration.ZERO, () -> {});

        assertThat(planned).isFalse();
        assertThat(told).extracting(CordwoodException::code).containsExactly(ErrorCode.CLIENT_CLOSED);
    }
}
