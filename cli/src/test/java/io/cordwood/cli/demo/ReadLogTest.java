package io.cordwood.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.demo.DemoCheck.Place;
import io.cordwood.cli.demo.DemoCheck.Read;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReadLogTest {
    private final ReadLog log = new ReadLog();

    @Test
    void readingIsOverWhenEachPartitionIsReadToItsEnd() {
        log.take("one", List.of(read(0, 0), read(0, 1)));
        assertThat(log.isOver()).isFalse();

        log.stopAt(Map.of(0, 2L, 1, 1L, 2, 0L));
        assertThat(log.isOver()).isFalse();

        log.take("two", List.of(read(1, 0)));
        assertThat(log.isOver()).isTrue();
    }

    @Test
    void handedOverIsWhatSeveralReadersWereGiven() {
        log.take("one", List.of(read(0, 0), read(1, 0)));
        log.take("two", List.of(read(1, 1), read(2, 0)));

        assertThat(log.handedOver()).isEqualTo(1);
        assertThat(log.countsByReader()).isEqualTo(Map.of("one", 2, "two", 2));
    }

    @Test
    void repeatStaysWhereNobodyLostThePartition() {
        log.take("one", List.of(read(0, 0), read(0, 1)));
        log.lost(List.of(1));
        log.take("two", List.of(read(0, 1)));

        assertThat(log.reads()).containsExactly(read(0, 0), read(0, 1), read(0, 1));
        assertThat(log.givenAgain()).isZero();
    }

    @Test
    void repeatOfALostPartitionIsCountedAndLeftOut() {
        log.take("one", List.of(read(0, 0), read(0, 1)));
        log.take("two", List.of(read(0, 1), read(0, 2)));
        log.lost(List.of(0));

        assertThat(log.reads()).containsExactly(read(0, 0), read(0, 1), read(0, 2));
        assertThat(log.givenAgain()).isEqualTo(1);
    }

    private static Read read(int partition, long offset) {
        return new Read(new Place(partition, offset), DemoRecord.ofLine("line".getBytes(UTF_8)));
    }
}
