package io.cordwood.cli.demo;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds what was acknowledged against what was read.
 *
 * <p>A record is identified by its place, partition and offset, and its bytes; lines may repeat. Every acknowledged record
 * must have been read once, at its place, with its bytes. What was read beyond that must have been sent without an
 * acknowledgement, whose outcome is unknown. Records of one key must lie in one partition and be read in the order in which
 * they were sent.
 *
 * <p>Thread: one; an instance checks once.
 */
final class DemoCheck {
    /** Where a record lies. */
    record Place(int partition, long offset) {
        @Override
        public String toString() {
            return "partition " + partition + " offset " + offset;
        }
    }

    /** An acknowledgement for the record with this number in the order of sending. */
    record Acknowledged(int number, Place place) {}

    /** A record as the reader delivered it. */
    record Read(Place place, DemoRecord record) {}

    private final List<DemoRecord> sent;
    private final Findings findings = new Findings();
    private final Map<Place, Acknowledged> acknowledged = new LinkedHashMap<>();
    private final Map<Place, Read> read = new LinkedHashMap<>();
    private final List<Acknowledged> missing = new ArrayList<>();
    private final Map<DemoRecord, Deque<Read>> strays = new LinkedHashMap<>();

    private DemoCheck(List<DemoRecord> sent) {
        this.sent = sent;
    }

    /**
     * @param sent in the order of sending
     * @param reads in the order of reading
     */
    static Findings check(List<DemoRecord> sent, List<Acknowledged> acknowledgements, List<Read> reads) {
        var check = new DemoCheck(sent);
        acknowledgements.forEach(check::takeAcknowledgement);
        reads.forEach(check::takeRead);
        check.comparePlaces();
        check.explainMissing();
        check.explainStrays(acknowledgements);
        check.checkOrder(reads);
        return check.findings;
    }

    /** Partitions whose replicas do not all hold the same bytes. */
    static Findings compareReplicas(List<ReplicaDigest> digests) {
        var findings = new Findings();
        var first = new HashMap<Integer, ReplicaDigest>();
        for (var digest : digests) {
            var other = first.putIfAbsent(digest.partition(), digest);
            if (other != null && !other.sameContent(digest)) {
                findings.add(Violation.REPLICAS_DIFFER, other + " but " + digest);
            }
        }
        return findings;
    }

    /**
     * Partitions of which the group, at the end of all reading, has committed something else than their end
     * offset.
     */
    static Findings compareCommitted(Map<Integer, Long> ends, Map<Integer, Long> committed) {
        var findings = new Findings();
        ends.forEach((partition, end) -> {
            var offset = committed.get(partition);
            if (end > 0 && !end.equals(offset)) {
                findings.add(
                        Violation.NOT_COMMITTED,
                        "partition " + partition + " ends at " + end + ", committed is "
                                + (offset == null ? "nothing" : offset));
            }
        });
        return findings;
    }

    private void takeAcknowledgement(Acknowledged ack) {
        var other = acknowledged.putIfAbsent(ack.place(), ack);
        if (other != null) {
            findings.add(
                    Violation.ACKNOWLEDGED_TWICE,
                    ack.place() + " was given to records " + other.number() + " and " + ack.number());
            missing.add(ack);
        }
    }

    private void takeRead(Read record) {
        if (read.putIfAbsent(record.place(), record) != null) {
            findings.add(Violation.DUPLICATED, record.place() + " was read twice");
        }
    }

    private void comparePlaces() {
        for (var ack : acknowledged.values()) {
            var found = read.get(ack.place());
            if (found == null || !found.record().equals(sent.get(ack.number()))) {
                missing.add(ack);
            }
        }
        for (var found : read.values()) {
            var ack = acknowledged.get(found.place());
            if (ack == null || !found.record().equals(sent.get(ack.number()))) {
                strays.computeIfAbsent(found.record(), record -> new ArrayDeque<>())
                        .add(found);
            }
        }
    }

    /** A missing record that was read elsewhere has moved, one whose place holds other bytes was changed. */
    private void explainMissing() {
        var unmoved = new ArrayList<Acknowledged>();
        for (var ack : missing) {
            var elsewhere = takeStray(sent.get(ack.number()));
            if (elsewhere == null) {
                unmoved.add(ack);
            } else {
                findings.add(Violation.MOVED, "the record of " + ack.place() + " was read at " + elsewhere.place());
            }
        }
        for (var ack : unmoved) {
            var other = read.get(ack.place());
            if (other != null && removeStray(other)) {
                findings.add(Violation.CHANGED, ack.place() + " was read with other bytes");
            } else {
                findings.add(Violation.LOST, ack.place() + " was acknowledged and not read");
            }
        }
    }

    private void explainStrays(List<Acknowledged> acknowledgements) {
        var unacknowledged = unacknowledged(acknowledgements);
        var known = new HashSet<>(sent);
        for (var same : strays.values()) {
            for (var stray : same) {
                var open = unacknowledged.merge(stray.record(), -1, Integer::sum);
                if (open >= 0) {
                    continue;
                }
                if (known.contains(stray.record())) {
                    findings.add(Violation.DUPLICATED, stray.place() + " holds one more copy of a record");
                } else {
                    findings.add(Violation.NEVER_SENT, stray.place() + " holds a record that nobody sent");
                }
            }
        }
    }

    private Map<DemoRecord, Integer> unacknowledged(List<Acknowledged> acknowledgements) {
        var numbers = new HashSet<Integer>();
        acknowledgements.forEach(ack -> numbers.add(ack.number()));
        var open = new HashMap<DemoRecord, Integer>();
        for (var number = 0; number < sent.size(); number++) {
            if (!numbers.contains(number)) {
                open.merge(sent.get(number), 1, Integer::sum);
            }
        }
        return open;
    }

    private void checkOrder(List<Read> reads) {
        var nextOffset = new HashMap<Integer, Long>();
        var lastOfKey = new HashMap<ByteBuffer, Acknowledged>();
        for (var record : reads) {
            var place = record.place();
            var expected = nextOffset.getOrDefault(place.partition(), place.offset());
            if (place.offset() != expected) {
                findings.add(Violation.OUT_OF_ORDER, place + " was read where offset " + expected + " was due");
            }
            nextOffset.put(place.partition(), place.offset() + 1);
            checkKey(lastOfKey, record);
        }
    }

    private void checkKey(Map<ByteBuffer, Acknowledged> lastOfKey, Read record) {
        var ack = acknowledged.get(record.place());
        var key = record.record().keyIdentity();
        if (ack == null || key == null || !record.record().equals(sent.get(ack.number()))) {
            return;
        }
        var before = lastOfKey.put(key, ack);
        if (before != null && before.place().partition() != ack.place().partition()) {
            findings.add(Violation.OUT_OF_ORDER, "one key lies at " + before.place() + " and at " + ack.place());
        } else if (before != null
                && before.number() >= ack.number()
                && !before.place().equals(ack.place())) {
            findings.add(
                    Violation.OUT_OF_ORDER,
                    "record " + ack.number() + " of a key was read at " + ack.place() + ", behind record "
                            + before.number());
        }
    }

    private @Nullable Read takeStray(DemoRecord record) {
        var same = strays.get(record);
        return same == null ? null : same.poll();
    }

    private boolean removeStray(Read stray) {
        var same = strays.get(stray.record());
        return same != null && same.remove(stray);
    }
}
