package io.cordwood.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Murmur2;
import io.cordwood.cli.demo.DemoCheck.Acknowledged;
import io.cordwood.cli.demo.DemoCheck.Place;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PublishLogTest {
    private static final int PARTITIONS = 6;

    private final PublishLog log = new PublishLog(List.of(record("a 1"), record("b 1"), record("")), PARTITIONS);

    @Test
    void recordIsInFlightToItsKeysPartitionUntilAcknowledged() {
        var partition = Murmur2.partition("a".getBytes(UTF_8), PARTITIONS);
        log.sending(0, 1);
        assertThat(log.inFlight(List.of(partition))).isEqualTo(1);
        assertThat(log.inFlight(List.of((partition + 1) % PARTITIONS))).isZero();

        log.acknowledged(0, partition, 5);

        assertThat(log.inFlight(List.of(partition))).isZero();
    }

    @Test
    void recordWithoutKeyIsInFlightToAnyPartition() {
        log.sending(2, 1);

        assertThat(log.inFlight(List.of(4))).isEqualTo(1);
    }

    @Test
    void failedRecordIsSettledWithoutAcknowledgement() throws InterruptedException {
        for (var number = 0; number < 3; number++) {
            log.sending(number, 1);
        }
        log.acknowledged(0, 1, 0);
        log.failed(1, new IllegalStateException("first"));
        log.failed(2, new IllegalStateException("second"));

        assertThat(log.awaitSettled(Duration.ZERO)).isTrue();
        assertThat(log.acknowledgements()).containsExactly(new Acknowledged(0, new Place(1, 0)));
        assertThat(log.firstFailure())
                .hasValueSatisfying(failure -> assertThat(failure).hasMessage("first"));
        assertThat(log.ackTimes()).hasSize(1);
    }

    private static DemoRecord record(String line) {
        return DemoRecord.ofLine(line.getBytes(UTF_8));
    }
}
