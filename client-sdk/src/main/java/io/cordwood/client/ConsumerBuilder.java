package io.cordwood.client;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link Consumer}: which topics to read is needed, everything else has a default.
 *
 * <p><b>Thread:</b> one.
 */
public final class ConsumerBuilder {
    private final CordwoodClient client;
    private final Supplier<GroupMembership> membership;
    private final String group;
    private String name = "";
    private String instanceId = "";
    private String rack = "";
    private List<String> topics = List.of();
    private String pattern = "";
    private Duration sessionTimeout = Duration.ofSeconds(10);
    private GroupAssignor assignor = GroupAssignor.STICKY;
    private OutOfRange outOfRange = OutOfRange.EARLIEST;
    private ConsumerConfig.DeliveryGuarantee delivery = ConsumerConfig.DeliveryGuarantee.AT_LEAST_ONCE;
    private ConsumerConfig.CommitMode commitMode = ConsumerConfig.CommitMode.AUTOMATIC;
    private Duration commitInterval = Duration.ofSeconds(1);
    private int windowRecords = 1_000;
    private long bufferBytes = 32L << 20;
    private int maxPollRecords = 500;
    private Ordering ordering = Ordering.PER_PARTITION;
    private int workers = 16;
    private FailurePolicy failures = FailurePolicy.FAIL_FAST;
    private Duration revokeTimeout = Duration.ofMinutes(5);
    private Duration closeTimeout = Duration.ofSeconds(30);
    private ConsumerListener listener = ConsumerListener.none();

    ConsumerBuilder(CordwoodClient client, String group) {
        this.client = client;
        this.group = Names.requireGroup(group);
        this.membership = () -> new GrpcMembership(client, subscription(), MemberTime.of(client));
    }

    /** For a group that is somewhere else. */
    ConsumerBuilder(CordwoodClient client, GroupMembership membership) {
        this.client = client;
        this.group = "given";
        this.membership = () -> membership;
    }

    /** Topics to read; they need not exist yet. */
    public ConsumerBuilder topics(String... names) {
        return topics(Arrays.asList(names));
    }

    /** As {@link #topics(String...)}. */
    public ConsumerBuilder topics(Collection<String> names) {
        topics = List.copyOf(names);
        return this;
    }

    /**
     * Reads all topics whose whole names match this expression, also those that come later; beside the topics
     * named, if there are some. It is in the syntax of RE2, which is mostly that of {@link
     * java.util.regex.Pattern} without look-around, back references and possessive repetitions. One that the
     * cluster does not take ends the consumer with {@link ErrorCode#INVALID_SUBSCRIPTION}.
     */
    public ConsumerBuilder pattern(String expression) {
        pattern = expression;
        return this;
    }

    /** What the application calls itself, for people; default nothing. */
    public ConsumerBuilder name(String text) {
        name = text;
        return this;
    }

    /**
     * Makes it a static member: who joins under this id, within the session timeout after it is gone, takes
     * its place and its partitions, and nothing moves. Until then nobody reads them: where the process does
     * not come back, end it with {@link Consumer#leave()}. Each process needs an id of its own.
     */
    public ConsumerBuilder instanceId(String id) {
        instanceId = id;
        return this;
    }

    /** Where it runs, for the group to know. */
    public ConsumerBuilder rack(String text) {
        rack = text;
        return this;
    }

    /**
     * How long the group waits for a member that is not heard of, before others get its partitions; default
     * 10 s. It has nothing to do with how long records take. Like the next two settings it is the group's:
     * the member that joined last has the say.
     */
    public ConsumerBuilder sessionTimeout(Duration timeout) {
        sessionTimeout = timeout;
        return this;
    }

    /** How partitions are spread over the members; default sticky. */
    public ConsumerBuilder assignor(GroupAssignor way) {
        assignor = way;
        return this;
    }

    /** Where to go on when nothing is committed, or the position is not kept any more; default earliest. */
    public ConsumerBuilder outOfRange(OutOfRange reset) {
        outOfRange = reset;
        return this;
    }

    /**
     * Commits each record before it is given; default after it is done. Up to {@link #windowRecords} of a
     * partition are committed ahead of the handler. A revocation, {@link Consumer#close} and a failure that
     * ends the consumer wait for them, as for what is under way; those whose turn has not come when that
     * time is over are lost, and counted in the log.
     */
    public ConsumerBuilder atMostOnce() {
        delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        return this;
    }

    /**
     * Commits only when {@link Consumer#commit} says so, when a partition is revoked, and at the end; and
     * the place where it begins, where nothing is committed yet.
     */
    public ConsumerBuilder manualCommit() {
        commitMode = ConsumerConfig.CommitMode.MANUAL;
        return this;
    }

    /** How long progress may wait for its commit; default 1 s. */
    public ConsumerBuilder commitInterval(Duration interval) {
        commitInterval = interval;
        return this;
    }

    /**
     * How many records of a partition are taken beyond the first that is not done, whatever their
     * order; default 1,000. So many are given again at most after a crash.
     */
    public ConsumerBuilder windowRecords(int count) {
        windowRecords = count;
        return this;
    }

    /**
     * Bound on records that have arrived and are not done, all partitions together; default 32 MiB,
     * from 128 KiB.
     */
    public ConsumerBuilder bufferBytes(long bytes) {
        bufferBytes = Settings.requireIn("bufferBytes", bytes, 128 << 10, Long.MAX_VALUE);
        return this;
    }

    /** How many records one poll gives at most; default 500. */
    public ConsumerBuilder maxPollRecords(int count) {
        maxPollRecords = count;
        return this;
    }

    /** Which records of a partition a handler is given one after the other; default all of them. */
    public ConsumerBuilder ordering(Ordering order) {
        ordering = order;
        return this;
    }

    /** How many handlers run at a time, all partitions together; default 16. */
    public ConsumerBuilder workers(int count) {
        workers = count;
        return this;
    }

    /** What follows a failed handler; default that the consumer ends. */
    public ConsumerBuilder failures(FailurePolicy policy) {
        failures = policy;
        return this;
    }

    /**
     * How long records under way may take to end when their partition is wanted by another member, which
     * waits for them; default 5 minutes. Those that take longer are given again there.
     */
    public ConsumerBuilder revokeTimeout(Duration timeout) {
        revokeTimeout = timeout;
        return this;
    }

    /** How long {@link Consumer#close()} waits for what is under way; default 30 s. */
    public ConsumerBuilder closeTimeout(Duration timeout) {
        closeTimeout = timeout;
        return this;
    }

    /** Told when partitions come and go. */
    public ConsumerBuilder listener(ConsumerListener told) {
        listener = told;
        return this;
    }

    /**
     * A consumer that is polled. It joins by itself, also where the cluster is away for now; what refuses
     * it for good ends it, and is thrown by {@link Consumer#poll}.
     */
    public Consumer open() {
        return start(null);
    }

    /** A consumer that gives its records to a handler; {@link Consumer#ended} tells what ended it. */
    public Consumer handle(RecordHandler handler) {
        return start(handler);
    }

    private Consumer start(@Nullable RecordHandler handler) {
        var parts = new Consumer.Parts(client, membership.get(), listener, config(), bufferBytes);
        return Consumer.start(parts, handler);
    }

    private ConsumerConfig config() {
        return new ConsumerConfig(
                delivery,
                commitMode,
                commitInterval,
                windowRecords,
                bufferBytes / 2,
                maxPollRecords,
                ordering,
                workers,
                failures,
                revokeTimeout,
                client.calls().patience().retry(),
                closeTimeout);
    }

    private GroupSubscription subscription() {
        return new GroupSubscription(
                group, name, instanceId, rack, topics, pattern, sessionTimeout, assignor, outOfRange);
    }
}
