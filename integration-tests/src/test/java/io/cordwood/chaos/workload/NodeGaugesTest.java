package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class NodeGaugesTest {
    private static final String METRICS = """
            # HELP jvm_memory_used_bytes The amount of used memory
            # TYPE jvm_memory_used_bytes gauge
            jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 1.048576E7
            jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 5
            jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 7.0E7
            jvm_buffer_memory_used_bytes{id="mapped"} 3.0
            jvm_buffer_memory_used_bytes{id="direct"} 4096.0
            """;

    @Test
    void sumsTheHeapAndTakesDirectBuffers() throws IOException {
        assertThat(NodeGauges.parse(METRICS)).isEqualTo(new NodeGauges(10_485_765, 4_096));
    }

    @Test
    void saysWhichOneIsMissing() {
        assertThatThrownBy(() -> NodeGauges.parse("nothing 1\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("jvm_memory_used_bytes");
    }
}
