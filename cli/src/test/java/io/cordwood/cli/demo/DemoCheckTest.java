package io.cordwood.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.demo.DemoCheck.Acknowledged;
import io.cordwood.cli.demo.DemoCheck.Place;
import io.cordwood.cli.demo.DemoCheck.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each test breaks one promise in a run that is otherwise in order. */
final class DemoCheckTest {
    private final List<DemoRecord> sent = new ArrayList<>();
    private final List<Acknowledged> acks = new ArrayList<>();
    private final List<Read> reads = new ArrayList<>();

    DemoCheckTest() {
        deliver("a 1", 0, 0);
        deliver("b 1", 1, 0);
        deliver("a 2", 0, 1);
        deliver("a 3", 0, 2);
        deliver("b 2", 1, 1);
    }

    @Test
    void orderlyRunIsClean() {
        assertThat(check().clean()).isTrue();
    }

    @Test
    void equalLinesAreTakenApartByTheirPlaces() {
        deliver("a 3", 0, 3);
        deliver("a 3", 0, 4);

        assertThat(check().clean()).isTrue();
    }

    @Test
    void lostRecordIsFound() {
        reads.removeIf(read -> read.place().equals(new Place(0, 2)));

        assertFound(Violation.LOST, 1, "partition 0 offset 2");
    }

    @Test
    void lostRecordWithATwinIsFound() {
        deliver("a 3", 0, 3);
        reads.removeIf(read -> read.place().equals(new Place(0, 3)));

        assertFound(Violation.LOST, 1, "partition 0 offset 3");
    }

    @Test
    void placeReadTwiceIsFound() {
        reads.add(reads.get(reads.size() - 1));

        assertFound(Violation.DUPLICATED, 1, "partition 1 offset 1 was read twice");
    }

    @Test
    void secondCopyAtAnotherOffsetIsFound() {
        reads.add(read("b 2", 1, 2));

        assertFound(Violation.DUPLICATED, 1, "partition 1 offset 2");
    }

    @Test
    void movedOffsetIsFound() {
        reads.set(4, read("b 2", 1, 2));

        assertFound(Violation.MOVED, 1, "partition 1 offset 1 was read at partition 1 offset 2");
    }

    @Test
    void swappedRecordsAreFound() {
        reads.set(2, read("a 3", 0, 1));
        reads.set(3, read("a 2", 0, 2));

        assertFound(Violation.MOVED, 2, "partition 0 offset 1");
    }

    @Test
    void changedBytesAreFound() {
        reads.set(3, read("a X", 0, 2));

        assertFound(Violation.CHANGED, 1, "partition 0 offset 2");
    }

    @Test
    void changedKeyIsFound() {
        reads.set(3, new Read(new Place(0, 2), new DemoRecord(bytes("z"), bytes("a 3"))));

        assertFound(Violation.CHANGED, 1, "partition 0 offset 2");
    }

    @Test
    void wrongOrderOfAKeyIsFound() {
        sent.add(DemoRecord.ofLine(bytes("c 1")));
        sent.add(DemoRecord.ofLine(bytes("c 2")));
        acks.add(new Acknowledged(5, new Place(0, 4)));
        acks.add(new Acknowledged(6, new Place(0, 3)));
        reads.add(read("c 2", 0, 3));
        reads.add(read("c 1", 0, 4));

        assertFound(Violation.OUT_OF_ORDER, 1, "record 5 of a key");
    }

    @Test
    void keyInTwoPartitionsIsFound() {
        deliver("a 4", 1, 2);

        assertFound(Violation.OUT_OF_ORDER, 1, "one key lies at");
    }

    @Test
    void offsetsReadInTheWrongOrderAreFound() {
        var last = reads.remove(3);
        reads.add(2, last);

        assertThat(check().count(Violation.OUT_OF_ORDER)).isPositive();
    }

    @Test
    void recordThatNobodySentIsFound() {
        reads.add(read("ghost", 1, 2));

        assertFound(Violation.NEVER_SENT, 1, "partition 1 offset 2");
    }

    @Test
    void oneOffsetAcknowledgedTwiceIsFound() {
        sent.add(DemoRecord.ofLine(bytes("d 1")));
        acks.add(new Acknowledged(5, new Place(0, 2)));

        assertThat(check().count(Violation.ACKNOWLEDGED_TWICE)).isEqualTo(1);
        assertThat(check().count(Violation.LOST)).isEqualTo(1);
    }

    @Test
    void unacknowledgedRecordMayBeReadOnce() {
        sent.add(DemoRecord.ofLine(bytes("e 1")));
        reads.add(read("e 1", 1, 2));
        assertThat(check().clean()).isTrue();

        reads.add(read("e 1", 1, 3));
        assertFound(Violation.DUPLICATED, 1, "one more copy");
    }

    @Test
    void unacknowledgedRecordMayBeMissing() {
        sent.add(DemoRecord.ofLine(bytes("e 1")));

        assertThat(check().clean()).isTrue();
    }

    @Test
    void differingReplicasAreFound() {
        var digests = List.of(
                new ReplicaDigest(1, 0, 0, 3, 90, "aa"),
                new ReplicaDigest(2, 0, 0, 3, 90, "aa"),
                new ReplicaDigest(3, 0, 0, 3, 90, "ab"),
                new ReplicaDigest(1, 1, 0, 2, 60, "cc"),
                new ReplicaDigest(2, 1, 0, 2, 60, "cc"));

        var findings = DemoCheck.compareReplicas(digests);

        assertThat(findings.count(Violation.REPLICAS_DIFFER)).isEqualTo(1);
        assertThat(findings.lines()).singleElement().asString().contains("node 1", "node 3", "partition 0");
    }

    @Test
    void equalReplicasAreClean() {
        var digests = List.of(new ReplicaDigest(1, 0, 0, 3, 90, "aa"), new ReplicaDigest(2, 0, 0, 3, 90, "aa"));

        assertThat(DemoCheck.compareReplicas(digests).clean()).isTrue();
    }

    @Test
    void partitionThatIsNotCommittedToItsEndIsFound() {
        var ends = Map.of(0, 5L, 1, 7L, 2, 9L, 3, 0L);

        var findings = DemoCheck.compareCommitted(ends, Map.of(0, 5L, 1, 6L));

        assertThat(findings.count(Violation.NOT_COMMITTED)).isEqualTo(2);
        assertThat(findings.lines())
                .singleElement()
                .asString()
                .contains("partition 1 ends at 7, committed is 6", "partition 2 ends at 9, committed is nothing");
    }

    private void assertFound(Violation violation, int count, String words) {
        var findings = check();
        assertThat(findings.count(violation)).isEqualTo(count);
        assertThat(findings.lines()).anyMatch(line -> line.startsWith(violation.words()) && line.contains(words));
    }

    private Findings check() {
        return DemoCheck.check(sent, acks, reads);
    }

    private void deliver(String line, int partition, long offset) {
        acks.add(new Acknowledged(sent.size(), new Place(partition, offset)));
        sent.add(DemoRecord.ofLine(bytes(line)));
        reads.add(read(line, partition, offset));
    }

    private static Read read(String line, int partition, long offset) {
        return new Read(new Place(partition, offset), DemoRecord.ofLine(bytes(line)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
