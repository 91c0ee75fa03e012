package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.proto.v1.InitProducerResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProducerIdentityTest {
    @Test
    void clusterThatSaysNothingRemembersFiveBatches() {
        var drawn = InitProducerResponse.newBuilder().setProducerId(7).setProducerEpoch(0);

        assertThat(ProducerIdentity.of(drawn.build())).isEqualTo(new ProducerIdentity(7, (short) 0, 5));
    }

    @ParameterizedTest
    @CsvSource({"32, 32", "0, 1", "-1, 1", "2147483647, 100"})
    void whatTheClusterSaysHasBounds(int said, int taken) {
        var drawn = InitProducerResponse.newBuilder().setBatchesRemembered(said);

        assertThat(ProducerIdentity.of(drawn.build()).batchesRemembered()).isEqualTo(taken);
    }
}
