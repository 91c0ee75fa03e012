package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Planned;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * There was something to judge: the other checkers are silent also where nobody did anything.
 *
 * <p>Broken by a history without a {@link Planned}, without a {@link Operation.Heal}, or that ends before all has
 * to work again; and by what is missing of what was planned:
 * <ul>
 *   <li>of each partition an acknowledged write, a read that got records, an end that was told, a final read,
 *       and the states of as many replicas as it is to have, noted behind the last heal;
 *   <li>of each reader a read in its topic that got records;
 *   <li>of each group, in each partition of its topics, a record that was handled to its end, a commit that was
 *       accepted, and what is committed in the end;
 *   <li>of each node a sample of its resources;
 *   <li>where the faults went on for long, of each group a late commit that was certainly refused, a member that
 *       was killed, one that left, and one that stood still for longer than its session.
 * </ul>
 * So little is asked because a partition may have been away for nearly all the time of the faults: between the
 * heal and the end there is time for everything, once.
 */
public final class EnoughEvidence implements Checker {
    /** As long as the faults of a run of five minutes, which end a little earlier. */
    private static final Duration LONG = Duration.ofSeconds(270);

    private final Duration recovery;
    private final Duration longFaults;

    /** @param recovery after the last heal; so long the history has to go on at least */
    public EnoughEvidence(Duration recovery) {
        this(recovery, LONG);
    }

    /** @param longFaults so long faults have to go on until all befalls a group that may */
    EnoughEvidence(Duration recovery, Duration longFaults) {
        this.recovery = recovery;
        this.longFaults = longFaults;
    }

    @Override
    public String name() {
        return "enough-evidence";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var plans = history.calls(Planned.class).stream().map(Call::what).toList();
        if (plans.isEmpty()) {
            findings.add("nothing says what the run was to do");
        }
        checkTime(history, findings);
        var evidence = Evidence.of(history);
        for (var plan : plans) {
            partitions(plan).forEach(partition -> evidence.checkPartition(partition, plan.replicas(), findings));
            evidence.checkReaders(plan, findings);
        }
        history.calls(Operation.PlannedGroup.class)
                .forEach(group -> checkGroup(group.what(), plans, history, findings));
        if (history.lastHealNanos().orElse(0) >= longFaults.toNanos()) {
            history.calls(Operation.PlannedGroup.class)
                    .forEach(group -> checkTroubles(group.what().group(), history, findings));
        }
        checkNodes(plans, history, findings);
        return findings.all();
    }

    private void checkTime(History history, Findings findings) {
        var heal = history.lastHealNanos();
        if (heal.isEmpty()) {
            findings.add("the faults never ended");
        } else if (history.endNanos() < heal.getAsLong() + recovery.toNanos()) {
            findings.add("the faults ended at " + Event.time(heal.getAsLong()) + ", and the history ends at "
                    + Event.time(history.endNanos()) + ", before all had to work again");
        }
    }

    private static Stream<TopicPartition> partitions(Planned plan) {
        return IntStream.range(0, plan.partitions()).mapToObj(partition -> new TopicPartition(plan.topic(), partition));
    }

    private static void checkGroup(
            Operation.PlannedGroup group, List<Planned> plans, History history, Findings findings) {
        var done = new HashSet<List<Object>>();
        for (var call : history.calls(Operation.OfGroup.class)) {
            if (call.isOk() && call.what().group().equals(group.group())) {
                done.add(List.of(call.invoked().what().getClass(), call.what().partition()));
            }
        }
        plans.stream()
                .filter(plan -> group.topics().contains(plan.topic()))
                .flatMap(EnoughEvidence::partitions)
                .forEach(partition -> {
                    var missing = new ArrayList<String>();
                    Evidence.require(
                            done.contains(List.of(Operation.Handled.class, partition)), "handled no record", missing);
                    Evidence.require(
                            done.contains(List.of(Operation.Commit.class, partition)), "committed nothing", missing);
                    Evidence.require(
                            done.contains(List.of(Operation.GroupOffset.class, partition)),
                            "was not asked in the end",
                            missing);
                    if (!missing.isEmpty()) {
                        findings.add(GroupShare.name(group.group(), partition) + " " + String.join("; ", missing));
                    }
                });
    }

    /** Who was never in trouble has not shown what he does in it. */
    private static void checkTroubles(String group, History history, Findings findings) {
        var faults = new MemberFaults(history);
        var members = history.calls(Operation.Owned.class).stream()
                .filter(owned -> owned.what().group().equals(group))
                .map(Call::process)
                .collect(Collectors.toSet());
        var missing = new ArrayList<String>();
        Evidence.require(isLateOneRefused(group, history), "no late commit was refused", missing);
        Evidence.require(befell(members, faults, HarmKind.MEMBER_KILL, Duration.ZERO), "no member was killed", missing);
        Evidence.require(befell(members, faults, HarmKind.MEMBER_LEAVE, Duration.ZERO), "no member left", missing);
        Evidence.require(
                befell(members, faults, HarmKind.MEMBER_PAUSE, GroupRepeats.SESSION),
                "no member stood still for longer than its session",
                missing);
        if (!missing.isEmpty()) {
            findings.add("group " + group + ": " + String.join("; ", missing));
        }
    }

    private static boolean isLateOneRefused(String group, History history) {
        return history.calls(Operation.Commit.class).stream()
                .anyMatch(commit -> commit.what().late()
                        && commit.isFailed()
                        && commit.what().group().equals(group));
    }

    private static boolean befell(Set<String> members, MemberFaults faults, HarmKind kind, Duration atLeast) {
        return members.stream().anyMatch(member -> faults.lasted(member, kind, atLeast));
    }

    private static void checkNodes(List<Planned> plans, History history, Findings findings) {
        var sampled = history.calls(Operation.Resources.class).stream()
                .map(sample -> sample.what().node())
                .collect(Collectors.toSet());
        plans.stream()
                .map(Planned::nodes)
                .flatMap(Collection::stream)
                .distinct()
                .filter(node -> !sampled.contains(node))
                .forEach(node -> findings.add("what node " + node + " holds was never seen"));
    }

    /** What there is of each partition, and by whom. */
    private record Evidence(
            Set<TopicPartition> written,
            Set<TopicPartition> read,
            Set<TopicPartition> ends,
            History history,
            List<Call<Operation.ReplicaState>> states) {

        static Evidence of(History history) {
            long heal = history.lastHealNanos().orElse(Long.MIN_VALUE);
            return new Evidence(
                    partitions(history.calls(Operation.Write.class).stream()
                            .filter(Call::isOk)
                            .toList()),
                    partitions(withRecords(history)),
                    partitions(history.calls(Operation.EndOffset.class).stream()
                            .filter(Call::isOk)
                            .toList()),
                    history,
                    history.calls(Operation.ReplicaState.class).stream()
                            .filter(state -> state.beginNanos() >= heal)
                            .toList());
        }

        private static List<Call<Operation.Read>> withRecords(History history) {
            return history.calls(Operation.Read.class).stream()
                    .filter(read -> read.isOk() && !read.what().records().isEmpty())
                    .toList();
        }

        private static <T extends Operation.OfPartition> Set<TopicPartition> partitions(List<Call<T>> calls) {
            return calls.stream().map(call -> call.what().partition()).collect(Collectors.toSet());
        }

        void checkPartition(TopicPartition partition, int replicas, Findings findings) {
            var missing = new ArrayList<String>();
            require(written.contains(partition), "no write was acknowledged", missing);
            require(read.contains(partition), "nobody read a record", missing);
            require(ends.contains(partition), "nobody was told its end", missing);
            require(history.finalLogs().containsKey(partition), "it was not read in the end", missing);
            var noted = new TreeSet<Integer>();
            for (var state : states) {
                if (state.what().partition().equals(partition)) {
                    noted.add(state.what().node());
                }
            }
            require(
                    noted.size() >= replicas,
                    "the states of its replicas were noted on nodes " + noted + ", and it is to have " + replicas,
                    missing);
            if (!missing.isEmpty()) {
                findings.add(partition + ": " + String.join("; ", missing));
            }
        }

        private static void require(boolean there, String otherwise, List<String> missing) {
            if (!there) {
                missing.add(otherwise);
            }
        }

        void checkReaders(Planned plan, Findings findings) {
            var found = new HashSet<String>();
            for (var call : withRecords(history)) {
                if (call.what().partition().topic().equals(plan.topic())) {
                    var process = call.process();
                    found.add(process);
                    found.add(process.substring(0, Math.max(0, process.lastIndexOf('.'))));
                }
            }
            for (var reader : plan.readers()) {
                if (!found.contains(reader)) {
                    findings.add(reader + " never read a record of " + plan.topic());
                }
            }
        }
    }
}
