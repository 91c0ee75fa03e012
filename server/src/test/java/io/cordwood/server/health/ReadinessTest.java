package io.cordwood.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.server.health.Hindrance.Code;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReadinessTest {
    private static final Hindrance FULL = new Hindrance(Code.DISK_NOT_WRITABLE, "full");

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Readiness readiness = new Readiness((thread, failure) -> failures.add(failure));
    private volatile List<Hindrance> found = List.of();
    private final List<Boolean> told = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        readiness.close();
    }

    @Test
    void nodeIsNotReadyBeforeItHasJoined() {
        readiness.tell(hindrances -> told.add(Hindrance.ready(hindrances)));

        assertThat(codes()).containsExactly(Code.NOT_JOINED);
        assertThat(told).containsExactly(false);
    }

    @Test
    void listenerHearsOfEachChange() {
        readiness.tell(hindrances -> told.add(Hindrance.ready(hindrances)));
        readiness.joined(List.of(() -> found));
        assertThat(readiness.hindrances()).isEmpty();

        found = List.of(FULL);
        await().until(() -> codes().equals(List.of(Code.DISK_NOT_WRITABLE)));
        found = List.of();
        await().until(() -> codes().isEmpty());

        await().untilAsserted(() -> assertThat(told).containsExactly(false, true, false, true));
    }

    @Test
    void allReasonsAreTold() {
        var other = new Hindrance(Code.REPLICAS_NOT_OPEN, "one");

        readiness.joined(List.of(() -> List.of(FULL), () -> List.of(other)));

        assertThat(readiness.hindrances()).containsExactly(FULL, other);
    }

    @ParameterizedTest
    @EnumSource(names = {"REPLICAS_SET_ASIDE", "DISK_SPACE_LOW"})
    void nodeThatIsLessThanWholeIsReadyAndSaysSo(Code code) {
        var setAside = new Hindrance(code, "one");
        readiness.tell(hindrances -> told.add(Hindrance.ready(hindrances)));

        readiness.joined(List.of(() -> List.of(setAside)));

        assertThat(readiness.isReady()).isTrue();
        assertThat(readiness.hindrances()).containsExactly(setAside);
        assertThat(told).containsExactly(false, true);
    }

    @Test
    void firstReadyIsWhenNothingHindersAnyMore() {
        found = List.of(FULL);
        readiness.joined(List.of(() -> found));
        var ready = readiness.firstReady();
        assertThat(ready).isNotCompleted();

        found = List.of();

        assertThat(ready).succeedsWithin(Duration.ofSeconds(20));
    }

    @Test
    void stopIsForGood() {
        readiness.tell(hindrances -> told.add(Hindrance.ready(hindrances)));
        readiness.joined(List.of(() -> found));
        readiness.stopping();
        readiness.joined(List.of(() -> found));

        assertThat(codes()).containsExactly(Code.SHUTTING_DOWN);
        assertThat(told).containsExactly(false, true, false);
    }

    @Test
    void lookThatDoesNotEndIsAReasonUntilItDoes() {
        var gate = new CountDownLatch(1);
        try (var watched = new Readiness((thread, failure) -> failures.add(failure), Duration.ofMillis(100))) {
            watched.joined(List.of(() -> {
                if (!found.isEmpty()) {
                    awaitUninterruptibly(gate);
                }
                return List.of();
            }));
            assertThat(watched.isReady()).isTrue();

            found = List.of(FULL);
            await().until(() -> !watched.isReady());
            assertThat(watched.hindrances()).extracting(Hindrance::code).containsExactly(Code.CHECKS_STUCK);
            found = List.of();
            gate.countDown();

            await().until(watched::isReady);
        }
        assertThat(failures).isEmpty();
    }

    private static void awaitUninterruptibly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void checkThatThrowsIsReported() {
        readiness.joined(List.of(() -> {
            if (found.isEmpty()) {
                return List.of();
            }
            throw new IllegalStateException("broken");
        }));

        found = List.of(FULL);

        await().until(() -> failures.size() == 1);
    }

    private List<Code> codes() {
        return readiness.hindrances().stream().map(Hindrance::code).toList();
    }
}
