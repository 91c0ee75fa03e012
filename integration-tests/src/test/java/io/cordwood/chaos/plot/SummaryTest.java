package io.cordwood.chaos.plot;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.check.Checker;
import io.cordwood.chaos.check.LostWrite;
import io.cordwood.chaos.check.ResourceLimits;
import io.cordwood.chaos.check.SimulatedRun;
import io.cordwood.chaos.check.Verdict;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.HistoryWriter;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page counts what happened, and begins with what is wrong. */
class SummaryTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final List<Checker> CHECKERS = List.of(new LostWrite());

    private final List<Event> events = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong();
    private final Recorder recorder = new Recorder(events::add, () -> clock.addAndGet(500_000_000));

    @Test
    void everythingIsCounted() {
        var produce = Operation.Produce.of(PARTITION, new Value("p0", 0), true);
        recorder.ok("producer-0", recorder.invoke("producer-0", produce), produce.at(0, 1));
        recorder.info("producer-0", recorder.invoke("producer-0", produceOf(1)), produceOf(1), "timeout");
        recorder.fail("producer-0", recorder.invoke("producer-0", produceOf(2)), produceOf(2), "refused");
        recorder.invoke("producer-0", produceOf(3));
        for (int epoch : new int[] {1, 1, 2, 2, 5, 4}) {
            recorder.note("nemesis", new Operation.LeaderSeen(PARTITION, epoch, epoch), "");
        }
        fault(HarmKind.KILL, 1);
        fault(HarmKind.KILL, 1, 2, 3);
        fault(HarmKind.POWER_LOSS, 1, 2);
        var failed = new Operation.Fault(HarmKind.CUT, List.of(1), "");
        recorder.fail("nemesis", recorder.invoke("nemesis", failed), failed, "no such link");

        var lines = summary()
                .lines()
                .map(line -> line.replaceAll(" +", " ").strip())
                .toList();

        assertThat(lines)
                .contains(
                        "Produce 1 1 1 1",
                        "AppendIf 0 0 0 0",
                        "acknowledged records 1",
                        "leader changes 2",
                        "kills 4",
                        "power losses 1",
                        "cuts 0",
                        "damaged files 0",
                        "catch-ups 0",
                        "orders-0 2.500 s from 1.000000 s");
    }

    @Test
    void groupsAreCountedSideBySide() {
        for (var group : List.of("billing", "audit")) {
            var handled = new Operation.Handled(group, PARTITION, new Seen(4, new Value("p0", 4)));
            var commit = Operation.Commit.of(group, PARTITION, 9, 5);
            recorder.note("driver", new Operation.PlannedGroup(group, List.of("orders")), "");
            recorder.note(group + "-0", new Operation.Owned(group, PARTITION, 9, null), "");
            recorder.ok(group + "-0", recorder.invoke(group + "-0", handled), handled);
            recorder.ok(group + "-0", recorder.invoke(group + "-0", commit), commit);
        }
        fault(HarmKind.MEMBER_KILL, "billing-0");
        var handled = new Operation.Handled("billing", PARTITION, new Seen(4, new Value("p0", 4)));
        recorder.note("billing-0.1", new Operation.Owned("billing", PARTITION, 12, null), "");
        recorder.ok("billing-0.1", recorder.invoke("billing-0.1", handled), handled);
        recorder.invoke("billing-0.1", handled);
        var late = Operation.Commit.of("audit", PARTITION, 9, 5);
        recorder.fail("audit-0", recorder.invoke("audit-0", late), late, "MEMBER_FENCED");

        var lines = summary()
                .lines()
                .map(line -> line.replaceAll(" +", " ").strip())
                .toList();

        assertThat(lines)
                .contains(
                        "groups audit billing",
                        "members that had partitions 1 2",
                        "group members killed 0 1",
                        "records handled 1 2",
                        "records begun only 0 1",
                        "again, member killed 0 1",
                        "again, unknown cause 0 1",
                        "commits accepted 1 1",
                        "refused, MEMBER_FENCED 1 0");
    }

    @Test
    void violationsComeFirst() {
        var produce = produceOf(0);
        recorder.ok("producer-0", recorder.invoke("producer-0", produce), produce.at(0, 1));

        assertThat(summary().lines().toList())
                .satisfies(lines -> assertThat(lines.get(0)).matches("violations +1"))
                .satisfies(
                        lines -> assertThat(lines.get(1)).startsWith("lost-write: orders-0 was not read in the end"));
    }

    @Test
    void goodRunSaysSo() {
        var history = SimulatedRun.history(1);
        var summary = Summary.of(history, Verdict.of(history, CHECKERS));

        assertThat(summary).contains("no violation (lost-write)").containsPattern("acknowledged records +\\d,\\d{3}");
        assertThat(summary.lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(100));
    }

    @Test
    void pageAndPictureLieBesideTheHistory(@TempDir Path directory) throws IOException {
        var file = directory.resolve("history");
        try (var writer = new HistoryWriter(file)) {
            SimulatedRun.events(1).stream()
                    .filter(event -> !(event.what() instanceof Operation.FinalRead))
                    .forEach(writer::write);
        }
        var limits = new ResourceLimits(Duration.ofSeconds(5), 1L << 40, 1L << 40, 1_000, 200, 2);

        var verdict = Judge.judge(file, "seed 1", limits);

        assertThat(verdict.isClean()).isFalse();
        assertThat(directory.resolve("judged.txt")).content().contains(verdict.toString());
        assertThat(directory.resolve("timeline.svg")).content().contains("seed 1");
    }

    private String summary() {
        var history = History.of(events);
        return Summary.of(history, Verdict.of(history, CHECKERS));
    }

    private void fault(HarmKind kind, Integer... nodes) {
        var what = new Operation.Fault(kind, List.of(nodes), "");
        recorder.ok("nemesis", recorder.invoke("nemesis", what), what);
    }

    private void fault(HarmKind kind, String member) {
        var what = new Operation.Fault(kind, List.of(), member);
        recorder.ok("driver", recorder.invoke("driver", what), what);
    }

    private static Operation.Produce produceOf(long number) {
        return Operation.Produce.of(PARTITION, new Value("p0", number), true);
    }
}
