package io.cordwood.server.config;

import io.cordwood.metadata.GroupLimits;
import io.cordwood.raft.RaftTimings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Turns sources into a {@link ServerConfig}, or into the list of all that is wrong.
 *
 * <p><b>Thread:</b> one, at start.
 */
final class ConfigReader {
    private final ConfigSources sources;
    private final Map<Setting<?>, Object> values = new HashMap<>();

    ConfigReader(ConfigSources sources) {
        this.sources = sources;
        for (var setting : Settings.ALL) {
            sources.read(setting).ifPresent(value -> values.put(setting, value));
        }
    }

    ServerConfig read() throws ConfigException {
        checkListener(Settings.CLIENT_BIND, Settings.CLIENT_ADVERTISED);
        checkListener(Settings.EXTERNAL_BIND, Settings.EXTERNAL_ADVERTISED);
        checkListener(Settings.NODE_BIND, Settings.NODE_ADVERTISED);
        checkExternal();
        optional(Settings.HTTP_BIND)
                .flatMap(Function.identity())
                .ifPresent(bind -> checkBind(Settings.HTTP_BIND, bind));
        checkApart();
        checkOwnEntry();
        checkOrder();
        if (!sources.problems().isEmpty()) {
            throw new ConfigException(sources.problems());
        }
        return new ServerConfig(
                node(),
                clients(),
                new ServerConfig.Listener(ServerConfig.Listener.NODE, value(Settings.NODE_BIND), nodeAdvertised()),
                http(),
                value(Settings.INSECURE),
                log(),
                raft(),
                upkeep(),
                new ServerConfig.Disks(value(Settings.DISK_FLOOR_BYTES), value(Settings.DISK_FLOOR_PERCENT)),
                limits(),
                groups(),
                new ServerConfig.Metrics(
                        value(Settings.METRICS_MAX_TOPICS),
                        value(Settings.METRICS_MAX_PARTITIONS),
                        value(Settings.METRICS_MAX_GROUP_PARTITIONS)),
                new ServerConfig.Tracing(value(Settings.TRACING_ENDPOINT).orElse(null), value(Settings.TRACING_RATIO)));
    }

    private ServerConfig.Node node() {
        Path dataDir = value(Settings.DATA_DIR);
        return new ServerConfig.Node(
                value(Settings.NODE_ID),
                value(Settings.NODE_RACK),
                dataDir,
                optional(Settings.RAFT_DIR).orElse(dataDir.resolve("raft")),
                value(Settings.INITIAL_NODES));
    }

    private ServerConfig.Http http() {
        return new ServerConfig.Http(
                value(Settings.HTTP_BIND).orElse(null),
                value(Settings.HTTP_MAX_CALLS),
                value(Settings.HTTP_MAX_TAILS),
                Math.toIntExact(value(Settings.HTTP_BODY_MAX)));
    }

    private List<ServerConfig.Listener> clients() {
        var listeners = new ArrayList<ServerConfig.Listener>();
        var bind = value(Settings.CLIENT_BIND);
        listeners.add(new ServerConfig.Listener(
                ServerConfig.Listener.CLIENT,
                bind,
                optional(Settings.CLIENT_ADVERTISED).orElse(bind)));
        optional(Settings.EXTERNAL_BIND)
                .map(external -> new ServerConfig.Listener(
                        ServerConfig.Listener.EXTERNAL,
                        external,
                        optional(Settings.EXTERNAL_ADVERTISED).orElse(external)))
                .ifPresent(listeners::add);
        return listeners;
    }

    private Endpoint nodeAdvertised() {
        return optional(Settings.NODE_ADVERTISED).or(this::ownEntry).orElseGet(() -> value(Settings.NODE_BIND));
    }

    private ServerConfig.Log log() {
        return new ServerConfig.Log(
                Math.toIntExact(value(Settings.SEGMENT_MAX)),
                value(Settings.SEGMENT_MAX_AGE),
                value(Settings.RETENTION),
                Math.toIntExact(value(Settings.INDEX_INTERVAL)),
                value(Settings.WRITER_THREADS),
                value(Settings.DIRECT_WRITES),
                new ServerConfig.Compaction(value(Settings.COMPACTION_KEYS), value(Settings.COMPACTION_RATE)),
                new ServerConfig.Scrub(value(Settings.SCRUB_RATE), value(Settings.SCRUB_INTERVAL)),
                value(Settings.UNSAFE_FLUSH));
    }

    private ServerConfig.Raft raft() {
        return new ServerConfig.Raft(
                value(Settings.ELECTION_MIN),
                value(Settings.ELECTION_MAX),
                value(Settings.APPENDER_MAX_IN_FLIGHT),
                value(Settings.APPENDER_QUEUE_MAX),
                value(Settings.MAX_PARTITIONS),
                value(Settings.REPLACE_DEAD_AFTER).orElse(null));
    }

    private ServerConfig.Upkeep upkeep() {
        return new ServerConfig.Upkeep(
                value(Settings.CHECKPOINT_BYTES),
                value(Settings.CHECKPOINT_INTERVAL),
                Math.toIntExact(value(Settings.RAFT_SEGMENT_MAX)),
                value(Settings.PRESERVED_ENTRIES),
                value(Settings.CATCH_UP_BYTES),
                value(Settings.CATCH_UP_REPLICAS));
    }

    private ServerConfig.Limits limits() {
        return new ServerConfig.Limits(
                Math.toIntExact(value(Settings.BATCH_MAX)),
                value(Settings.NODE_IN_FLIGHT_MAX),
                value(Settings.CONNECTION_IN_FLIGHT_MAX),
                value(Settings.CONNECTION_MAX_CALLS),
                value(Settings.NODE_MAX_CALLS),
                value(Settings.VALIDATION_THREADS),
                value(Settings.READER_THREADS));
    }

    private ServerConfig.Groups groups() {
        return new ServerConfig.Groups(
                new GroupLimits(
                        value(Settings.GROUPS_MAX),
                        value(Settings.GROUPS_MAX_MEMBERS),
                        Math.toIntExact(value(Settings.GROUPS_METADATA_MAX)),
                        value(Settings.GROUPS_GROUP_MAX),
                        value(Settings.GROUPS_TOTAL_MAX)),
                value(Settings.GROUPS_JOIN_RATE),
                value(Settings.GROUPS_JOINS_MAX),
                value(Settings.GROUPS_OFFSETS_MAX),
                value(Settings.GROUPS_SESSION_MIN),
                value(Settings.GROUPS_SESSION_MAX),
                value(Settings.GROUPS_RETENTION),
                RaftTimings.stepDown(value(Settings.ELECTION_MAX)));
    }

    private void checkListener(Setting<Endpoint> bindSetting, Setting<Endpoint> advertisedSetting) {
        optional(bindSetting).ifPresent(bind -> {
            checkBind(bindSetting, bind);
            if (bind.isWildcard() && !advertised(advertisedSetting)) {
                sources.problem(
                        bindSetting, bind, "others cannot connect to a wildcard: set " + advertisedSetting.key());
            }
        });
        optional(advertisedSetting)
                .filter(Endpoint::isWildcard)
                .ifPresent(address ->
                        sources.problem(advertisedSetting, address, "expected an address that others can connect to"));
    }

    private void checkBind(Setting<?> setting, Endpoint bind) {
        if (bind.resolved().isEmpty()) {
            sources.problem(setting, bind, "expected a host of this machine, the name does not resolve");
        } else if (!bind.isLoopback() && !optional(Settings.INSECURE).orElse(false)) {
            sources.problem(
                    setting,
                    bind,
                    "whoever reaches it could read and write everything: expected a loopback address, or"
                            + " --insecure on a network that you trust");
        }
    }

    private void checkExternal() {
        var advertised = optional(Settings.EXTERNAL_ADVERTISED);
        if (advertised.isPresent() && !sources.isGiven(Settings.EXTERNAL_BIND)) {
            sources.problem(
                    Settings.EXTERNAL_ADVERTISED,
                    advertised.get(),
                    "nobody is served there: set " + Settings.EXTERNAL_BIND.key() + ", too");
        }
    }

    private void checkApart() {
        var taken = new LinkedHashMap<Setting<?>, Endpoint>();
        for (var setting : List.of(Settings.CLIENT_BIND, Settings.EXTERNAL_BIND, Settings.NODE_BIND)) {
            optional(setting).ifPresent(bind -> checkApart(taken, setting, bind));
        }
        optional(Settings.HTTP_BIND)
                .flatMap(Function.identity())
                .ifPresent(bind -> checkApart(taken, Settings.HTTP_BIND, bind));
    }

    private void checkApart(Map<Setting<?>, Endpoint> taken, Setting<?> setting, Endpoint bind) {
        taken.forEach((earlier, other) -> {
            if (bind.collidesWith(other)) {
                sources.problem(setting, bind, "expected another port than " + earlier.key() + " (" + other + ")");
            }
        });
        taken.put(setting, bind);
    }

    private boolean advertised(Setting<Endpoint> setting) {
        return optional(setting).isPresent()
                || (setting.key().equals(Settings.NODE_ADVERTISED.key())
                        && ownEntry().isPresent());
    }

    private void checkOwnEntry() {
        var advertised = optional(Settings.NODE_ADVERTISED);
        ownEntry()
                .filter(entry -> advertised.isPresent() && !advertised.get().equals(entry))
                .ifPresent(entry -> sources.problem(
                        Settings.NODE_ADVERTISED,
                        advertised.get(),
                        "expected " + entry + ", this node's entry in " + Settings.INITIAL_NODES.key()));
    }

    private void checkOrder() {
        checkBelow(Settings.BATCH_MAX, Settings.SEGMENT_MAX);
        checkBelow(Settings.INDEX_INTERVAL, Settings.SEGMENT_MAX);
        checkBelow(Settings.BATCH_MAX, Settings.APPENDER_QUEUE_MAX);
        checkBelow(Settings.CONNECTION_IN_FLIGHT_MAX, Settings.NODE_IN_FLIGHT_MAX);
        checkLonger(Settings.ELECTION_MIN, Settings.ELECTION_MAX);
        checkLonger(Settings.GROUPS_SESSION_MIN, Settings.GROUPS_SESSION_MAX);
    }

    private void checkLonger(Setting<Duration> shorter, Setting<Duration> longer) {
        var min = optional(shorter);
        var max = optional(longer);
        if (min.isPresent() && max.isPresent() && min.get().compareTo(max.get()) >= 0) {
            sources.problem(
                    longer,
                    Units.formatDuration(max.get()),
                    "expected more than " + shorter.key() + " (" + Units.formatDuration(min.get()) + ")");
        }
    }

    private void checkBelow(Setting<Long> smaller, Setting<Long> larger) {
        var low = optional(smaller);
        var high = optional(larger);
        if (low.isPresent() && high.isPresent() && low.get() > high.get()) {
            sources.problem(
                    larger,
                    Units.formatSize(high.get()),
                    "expected at least " + smaller.key() + " (" + Units.formatSize(low.get()) + ")");
        }
    }

    private Optional<Endpoint> ownEntry() {
        var nodes = optional(Settings.INITIAL_NODES);
        var id = optional(Settings.NODE_ID);
        return nodes.isEmpty() || id.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(nodes.get().get(id.get()));
    }

    @SuppressWarnings("unchecked") // put() above pairs each setting with a value of its own type
    private <T> Optional<T> optional(Setting<T> setting) {
        return Optional.ofNullable((T) values.get(setting));
    }

    private <T> T value(Setting<T> setting) {
        return Objects.requireNonNull(optional(setting).orElse(null), setting.key());
    }
}
