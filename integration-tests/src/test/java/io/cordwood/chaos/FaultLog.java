package io.cordwood.chaos;

import io.cordwood.chaos.faults.FaultEvent;
import io.cordwood.chaos.faults.FaultKind;
import io.cordwood.chaos.faults.FaultListener;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.client.TopicPartition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Takes down faults in the words of a history.
 *
 * <p><b>Thread:</b> one at a time.
 */
final class FaultLog implements FaultListener {
    static final String PROCESS = "nemesis";
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    /**
     * A segment file that was harmed, and of which partition. All other damage has a replica fetched anew without
     * the roll that takes an offset.
     */
    private static final Pattern SEGMENT = Pattern.compile("^SEGMENT_\\w+ of ([a-zA-Z0-9._-]+)-(\\d+)$");

    private final Recorder recorder;
    private final List<Integer> allNodes;
    /** Oldest first: the same may befall the same node twice at once. */
    private final Map<Key, Deque<Begun>> begun = new HashMap<>();

    private record Key(FaultKind kind, String target) {}

    private record Begun(long operation, Operation.Fault fault) {}

    FaultLog(Recorder recorder, List<Integer> allNodes) {
        this.recorder = recorder;
        this.allNodes = List.copyOf(allNodes);
    }

    @Override
    public void on(FaultEvent event) {
        var key = new Key(event.kind(), event.target());
        switch (event.phase()) {
            case BEGIN -> begin(key, event);
            case END, MISSED -> {
                var ending = ending(key);
                recorder.ok(PROCESS, ending.operation(), ending.fault());
                if (killsTwice(event.kind())) {
                    recorder.note(PROCESS, ending.fault(), "the second time");
                }
            }
            case BROKEN -> {
                // No part of the fault: the run itself tells of it.
            }
            case SKIPPED -> failed(fault(event), event.detail());
            case REFUSED, FAILED -> {
                if (begun.getOrDefault(key, new ArrayDeque<>()).isEmpty()) {
                    failed(fault(event), event.detail());
                } else {
                    var ending = ending(key);
                    recorder.info(PROCESS, ending.operation(), ending.fault(), event.detail());
                }
            }
        }
    }

    private static boolean killsTwice(FaultKind kind) {
        return kind == FaultKind.KILL_DURING_START || kind == FaultKind.KILL_DURING_CATCH_UP;
    }

    private Begun ending(Key key) {
        return begun.getOrDefault(key, new ArrayDeque<>()).removeFirst();
    }

    private void begin(Key key, FaultEvent event) {
        var fault = fault(event);
        begun.computeIfAbsent(key, unused -> new ArrayDeque<>()).add(new Begun(recorder.invoke(PROCESS, fault), fault));
        var harmed = SEGMENT.matcher(event.detail());
        if (event.kind() == FaultKind.FILE_DAMAGE && harmed.find()) {
            var partition = new TopicPartition(harmed.group(1), Integer.parseInt(harmed.group(2)));
            recorder.note(PROCESS, new Operation.Repair(partition, null), event.detail());
        }
    }

    private void failed(Operation.Fault fault, String why) {
        recorder.fail(PROCESS, recorder.invoke(PROCESS, fault), fault, why);
    }

    private Operation.Fault fault(FaultEvent event) {
        var where = event.target().isEmpty() ? "" : " of " + event.target();
        return new Operation.Fault(
                kind(event.kind()),
                nodes(event.target()),
                event.kind().label() + where + (event.detail().isEmpty() ? "" : ": " + event.detail()));
    }

    /** Numbers of nodes, where the target is one or several of them, or directions between them. */
    private List<Integer> nodes(String target) {
        if (target.equals("all nodes")) {
            return allNodes;
        }
        boolean ofNodes = target.contains("node") || target.startsWith("[");
        return NUMBER.matcher(ofNodes ? target : "")
                .results()
                .map(found -> Integer.valueOf(found.group()))
                .filter(allNodes::contains)
                .distinct()
                .toList();
    }

    static HarmKind kind(FaultKind kind) {
        return switch (kind) {
            case KILL_NODE, KILL_LEADER, KILL_ALL, KILL_DURING_START, KILL_DURING_CATCH_UP -> HarmKind.KILL;
            case PAUSE_NODE, PAUSE_LEADER -> HarmKind.PAUSE;
            case DELAY, BANDWIDTH -> HarmKind.DELAY;
            case STALL -> HarmKind.STALL;
            case ONE_WAY_CUT, ISOLATE, SPLIT, CUT_CLIENTS -> HarmKind.CUT;
            case HALF_OPEN -> HarmKind.HALF_OPEN;
            case RESET -> HarmKind.RESET;
            case POWER_LOSS_OF_ONE, POWER_LOSS_OF_TWO, POWER_LOSS_OF_ALL -> HarmKind.POWER_LOSS;
            case DISK_FULL -> HarmKind.DISK_FULL;
            case FILE_DAMAGE -> HarmKind.DAMAGE;
            case CLOCK_STEP -> HarmKind.CLOCK;
            case TOPIC_CHANGE, MORE_PARTITIONS -> HarmKind.TOPIC_CHANGE;
            case LEADERSHIP_TRANSFER -> HarmKind.TRANSFER;
            case MOVE_REPLICA, DROP_REPLICA, REPLACE_NODE -> HarmKind.REPLACE;
        };
    }
}
