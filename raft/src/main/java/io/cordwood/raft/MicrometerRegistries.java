package io.cordwood.raft;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.server.metrics.LeaderElectionMetrics;
import org.apache.ratis.server.metrics.RaftLogMetricsBase;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.util.TimeDuration;

/**
 * Takes from Ratis' metrics the few that a node shows, summed over its groups, and drops the others: Ratis
 * has dozens of each group, so all of them would be tens of thousands of series, and a clock read for each
 * step of each entry. Ratis finds this class as a service, one for the process, and does not start without
 * one.
 *
 * <p>The name of each registry of Ratis begins with the server's id, which is the node's: so each node of a
 * process counts for itself. What comes while no node of that id is bound counts for nobody.
 *
 * <p>Thread: any.
 */
public final class MicrometerRegistries extends MetricRegistries {
    private static final LongCounter UNCOUNTED = new Unseen();
    /** Takes no time: who starts it asks for no clock. */
    private static final Timekeeper UNTIMED = () -> () -> 0;

    private final Map<String, GroupMeters> nodes = new ConcurrentHashMap<>();
    private final Map<MetricRegistryInfo, RatisMetricRegistry> registries = new ConcurrentHashMap<>();

    /** For the service loader. */
    public MicrometerRegistries() {}

    /** From now on the groups of a node count here; to be called before its RaftServer is built. */
    static void bind(int nodeId, GroupMeters meters) {
        ours().ifPresent(all -> {
            var id = Integer.toString(nodeId);
            all.nodes.put(id, meters);
            // Ratis looks for one before it creates one, and would go on with that of a node of this id
            // that was not closed properly.
            all.registries.keySet().removeIf(info -> serverId(info).equals(id));
        });
    }

    /** The node is closed. */
    static void unbind(int nodeId, GroupMeters meters) {
        ours().ifPresent(all -> all.nodes.remove(Integer.toString(nodeId), meters));
    }

    /** Empty where somebody put another provider on the class path in front of this one. */
    private static Optional<MicrometerRegistries> ours() {
        return MetricRegistries.global() instanceof MicrometerRegistries all ? Optional.of(all) : Optional.empty();
    }

    @Override
    public void clear() {
        registries.clear();
    }

    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        var meters = Optional.ofNullable(nodes.get(serverId(info)));
        var registry = new Selection(info, meters);
        registries.put(info, registry);
        return registry;
    }

    private static String serverId(MetricRegistryInfo info) {
        var prefix = info.getPrefix();
        int end = prefix.indexOf('@');
        return end < 0 ? prefix : prefix.substring(0, end);
    }

    @Override
    public boolean remove(MetricRegistryInfo key) {
        return registries.remove(key) != null;
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.ofNullable(registries.get(info));
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.copyOf(registries.keySet());
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return new ArrayList<>(registries.values());
    }

    /**
     * Reporters of Ratis' own kind have no place here: whoever wants the meters reads the node's registry.
     */
    @Override
    public void addReporterRegistration(Consumer<RatisMetricRegistry> start, Consumer<RatisMetricRegistry> stop) {}

    @Override
    public void enableJmxReporter() {}

    @Override
    public void enableConsoleReporter(TimeDuration consoleReportRate) {}

    /** One component of one group, or of a server. */
    private record Selection(MetricRegistryInfo info, Optional<GroupMeters> meters) implements RatisMetricRegistry {
        @Override
        public Timekeeper timer(String name) {
            return is(RaftLogMetricsBase.RATIS_LOG_WORKER_METRICS, SegmentedRaftLogMetrics.RAFT_LOG_SYNC_TIME, name)
                    ? meters.map(Selection::forces).orElse(UNTIMED)
                    : UNTIMED;
        }

        @Override
        public LongCounter counter(String name) {
            return is(
                            LeaderElectionMetrics.RATIS_LEADER_ELECTION_METRICS,
                            LeaderElectionMetrics.LEADER_ELECTION_COUNT_METRIC,
                            name)
                    ? meters.<LongCounter>map(Elections::new).orElse(UNCOUNTED)
                    : UNCOUNTED;
        }

        private boolean is(String component, String metric, String name) {
            return info.getMetricsComponentName().equals(component) && name.equals(metric);
        }

        private static Timekeeper forces(GroupMeters meters) {
            return () -> {
                long start = System.nanoTime();
                return () -> {
                    long elapsed = System.nanoTime() - start;
                    meters.logForces().record(elapsed, TimeUnit.NANOSECONDS);
                    return elapsed;
                };
            };
        }

        @Override
        public boolean remove(String name) {
            return false;
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> gaugeSupplier) {}

        @Override
        public MetricRegistryInfo getMetricRegistryInfo() {
            return info;
        }
    }

    /** Counts up; what is counted down was never an election. */
    private record Elections(GroupMeters meters) implements LongCounter {
        @Override
        public void inc(long n) {
            meters.elections().increment((double) n);
        }

        @Override
        public void dec(long n) {}

        @Override
        public long getCount() {
            return (long) meters.elections().count();
        }
    }

    private static final class Unseen implements LongCounter {
        @Override
        public void inc(long n) {}

        @Override
        public void dec(long n) {}

        @Override
        public long getCount() {
            return 0;
        }
    }
}
