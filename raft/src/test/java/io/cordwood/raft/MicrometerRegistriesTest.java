package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metrics.NodeMeters;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.server.metrics.LeaderElectionMetrics;
import org.apache.ratis.server.metrics.RaftLogMetricsBase;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MicrometerRegistriesTest {
    private static final int FIRST = 901;
    private static final int SECOND = 902;

    private final GroupMeters first = new GroupMeters(NodeMeters.unseen());
    private final GroupMeters second = new GroupMeters(NodeMeters.unseen());

    @AfterEach
    void unbind() {
        MicrometerRegistries.unbind(FIRST, first);
        MicrometerRegistries.unbind(FIRST, second);
        MicrometerRegistries.unbind(SECOND, second);
    }

    @Test
    void ratisFindsTheProvider() {
        assertThat(MetricRegistries.global()).isInstanceOf(MicrometerRegistries.class);
    }

    @Test
    void nodesOfOneProcessCountForThemselves() {
        MicrometerRegistries.bind(FIRST, first);
        MicrometerRegistries.bind(SECOND, second);

        elect(FIRST);
        elect(FIRST);
        elect(SECOND);

        assertThat(first.elections().count()).isEqualTo(2);
        assertThat(second.elections().count()).isEqualTo(1);
    }

    @Test
    void forceOfARaftLogIsTimed() {
        MicrometerRegistries.bind(FIRST, first);

        MetricRegistries.global()
                .create(info(FIRST, RaftLogMetricsBase.RATIS_LOG_WORKER_METRICS))
                .timer(SegmentedRaftLogMetrics.RAFT_LOG_SYNC_TIME)
                .time()
                .stop();

        assertThat(first.logForces().count()).isEqualTo(1);
    }

    @Test
    void whatNobodyShowsIsTakenAndDropped() {
        var registry = MetricRegistries.global().create(info(FIRST, "log_appender"));

        registry.counter("retries").inc();
        registry.gauge("lag", () -> () -> 1);

        assertThat(registry.counter("retries").getCount()).isZero();
        assertThat(registry.timer("latency").time().stop()).isZero();
    }

    @Test
    void nodeThatComesAfterOneWithItsIdCountsForItself() {
        MicrometerRegistries.bind(FIRST, first);
        var info = info(FIRST, LeaderElectionMetrics.RATIS_LEADER_ELECTION_METRICS);
        MetricRegistries.global().create(info);

        MicrometerRegistries.bind(FIRST, second);

        assertThat(MetricRegistries.global().get(info)).isEmpty();
        elect(FIRST);
        assertThat(first.elections().count()).isZero();
        assertThat(second.elections().count()).isEqualTo(1);
    }

    @Test
    void nodeThatIsClosedCountsNoMore() {
        MicrometerRegistries.bind(FIRST, first);
        MicrometerRegistries.unbind(FIRST, first);

        elect(FIRST);

        assertThat(first.elections().count()).isZero();
    }

    private static void elect(int node) {
        MetricRegistries.global()
                .create(info(node, LeaderElectionMetrics.RATIS_LEADER_ELECTION_METRICS))
                .counter(LeaderElectionMetrics.LEADER_ELECTION_COUNT_METRIC)
                .inc();
    }

    private static MetricRegistryInfo info(int node, String component) {
        return new MetricRegistryInfo(node + "@group-ABCDEF", "ratis", component, "of a test");
    }
}
