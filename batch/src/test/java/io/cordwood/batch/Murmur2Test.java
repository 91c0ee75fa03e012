package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class Murmur2Test {
    @Test
    void hashAndPartitionAreKafkas() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            var key = new byte[random.nextInt(64)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(1000);

            assertThat(Murmur2.hash(key)).as("seed %d", seed).isEqualTo(Utils.murmur2(key));
            assertThat(Murmur2.partition(key, partitions))
                    .as("seed %d", seed)
                    .isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions));
        }
    }

    @Test
    void partitionNeedsPartitions() {
        assertThatIllegalArgumentException().isThrownBy(() -> Murmur2.partition(new byte[] {1}, 0));
    }
}
