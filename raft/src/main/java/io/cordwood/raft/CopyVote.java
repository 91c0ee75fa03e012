package io.cordwood.raft;

import io.cordwood.raft.CopyReport.Copy;
import io.cordwood.raft.CopyReport.Kind;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Decides which copy of a sealed segment is the right one. A copy that contradicts itself has no vote.
 *
 * <p>Invariants: right is what more than half of all members have; or where every member was heard, and
 * those copies that do not contradict themselves are all the same, what they are: then no copy speaks
 * against it. Nothing else is ever right: two equal copies of three are taken for right also if both went
 * wrong in the same way.
 *
 * <p>Thread: immutable.
 *
 * @param reports one of each member, this node included
 */
record CopyVote(List<CopyReport> reports) {
    /** What comes of a vote. */
    sealed interface Outcome {}

    record Right(Copy copy) implements Outcome {}

    /** Somebody is still looking at his copy. */
    record Waits() implements Outcome {}

    record Undecided(String why) implements Outcome {}

    CopyVote {
        reports = List.copyOf(reports);
    }

    Outcome decide() {
        var copies = reports.stream()
                .filter(CopyReport::isSound)
                .map(CopyReport::copy)
                .collect(Collectors.toList());
        for (var copy : new HashSet<>(copies)) {
            if (2 * copies.stream().filter(copy::equals).count() > reports.size()) {
                return new Right(copy);
            }
        }
        if (has(Kind.PENDING)) {
            return new Waits();
        }
        return has(Kind.UNREACHABLE) ? new Undecided(counts()) : ofAll(copies);
    }

    private Outcome ofAll(Collection<Copy> copies) {
        var different = new HashSet<>(copies);
        return different.size() == 1 ? new Right(different.iterator().next()) : new Undecided(counts());
    }

    private boolean has(Kind kind) {
        return reports.stream().anyMatch(report -> report.kind() == kind);
    }

    /** For people. */
    private String counts() {
        var sound = reports.stream().filter(CopyReport::isSound).toList();
        long different = sound.stream().distinct().count();
        return "of " + reports.size() + " copies " + sound.size() + " are sound in themselves (" + different
                + " different ones), " + count(Kind.DAMAGED) + " damaged, " + count(Kind.ABSENT) + " missing, "
                + count(Kind.UNREACHABLE) + " not to be asked";
    }

    private long count(Kind kind) {
        return reports.stream().filter(report -> report.kind() == kind).count();
    }
}
