package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SmallTypesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "earliest",
                "latest",
                "42",
                "last:10",
                "@2026-11-20T10:00:00Z",
                "@2026-11-20T10:00:00.123Z",
                "-7d",
                "-1h30m",
                "-1d2h3m4s5ms",
                "-0s",
                "@999999999999999999"
            })
    void startPointPrintsAsItIsRead(String text) {
        assertThat(StartPoint.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({
        "@2026-11-20, @2026-11-20T00:00:00Z",
        "@2026-11-20T10:00Z, @2026-11-20T10:00:00Z",
        "@2026-11-20T10:00:30.5+01:00, @2026-11-20T09:00:30.500Z",
        "@1700000000000, @2023-11-14T22:13:20Z",
        "@1969-12-31, @1970-01-01T00:00:00Z",
        "-90s, -1m30s",
        "-25h, -1d1h",
        "-250ms, -250ms"
    })
    void timesAndAgesPrintInOneForm(String text, String printed) {
        assertThat(StartPoint.parse(text)).hasToString(printed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "first", "-1", "last:", "last:-1", "4x", "@", "@yesterday", "@2026-11-20T10:00", "@2026-13-01",
                "@2026-02-30", "@2026-11-20 10:00Z", "@20261120T1000Z", "@-5", "-", "-h", "-1x", "-1m1h", "-1.5h", "1h",
                "-1h30", "- 1h", "@+12026-01-01"
            })
    void wrongStartPointIsRefused(String text) {
        assertThat(Failures.thrownBy(() -> StartPoint.parse(text)).details()).containsEntry("field", "start");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:9090", "10.0.0.1:1", "[::1]:65535"})
    void addressPrintsAsItIsRead(String text) {
        assertThat(HostPort.parse("address", text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", ":9090", "localhost:", "localhost:0", "localhost:65536", "::1:9090"})
    void wrongAddressIsRefused(String text) {
        assertThat(Failures.thrownBy(() -> HostPort.parse("address", text)).details())
                .containsEntry("field", "address");
    }

    @Test
    void backoffDoublesUpToItsMaximum() {
        var policy = new RetryPolicy(Duration.ofMillis(20), Duration.ofMillis(500));
        var random = new Random(1);

        for (int failures = 1; failures < 200; failures++) {
            long full = failures > 5 ? 500 : Math.min(500, 20L << (failures - 1));
            assertThat(policy.backoff(failures, random).toMillis()).isBetween(full / 2 - 1, full);
        }
    }

    @Test
    void serialExecutorKeepsOrderOnManyThreads() throws Exception {
        var pool = Executors.newFixedThreadPool(4);
        var serial = new SerialExecutor(pool);
        var seen = new ArrayList<Integer>();

        IntStream.range(0, 10_000).forEach(i -> serial.execute(() -> seen.add(i)));
        serial.execute(pool::shutdown);

        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(seen).isEqualTo(IntStream.range(0, 10_000).boxed().toList());
    }

    @Test
    void serialExecutorRunsHereWhatNobodyElseTakes() {
        var serial = new SerialExecutor(task -> {
            throw new RejectedExecutionException("shut down");
        });
        var seen = new ArrayList<Integer>();

        serial.execute(() -> seen.add(1));
        serial.execute(() -> seen.add(2));

        assertThat(seen).containsExactly(1, 2);
    }
}
