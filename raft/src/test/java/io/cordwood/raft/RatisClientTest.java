package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RatisClientTest {
    @Test
    void noTwoCallsHaveTheSameNumber() {
        var client = new RatisClient();

        var drawn = ConcurrentHashMap.newKeySet();
        LongStream.range(0, 10_000).parallel().forEach(i -> drawn.add(client.nextCallId()));

        assertThat(drawn).hasSize(10_000);
        assertThat(new RatisClient().id()).isNotEqualTo(client.id());
    }
}
