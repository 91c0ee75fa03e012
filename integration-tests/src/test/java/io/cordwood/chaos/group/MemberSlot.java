package io.cordwood.chaos.group;

import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One member of a group after the other: each process takes the place of the one before it, under a name of
 * its own.
 *
 * <p>Invariant: once it is calm its process runs, and nothing befalls that until somebody says so.
 *
 * <p><b>Thread:</b> one of its own until it is calm, then one of the group's; {@link #close} by any.
 */
final class MemberSlot {
    /** As long as it takes one to finish, and to find the coordinator in the midst of faults. */
    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(25);

    private static final Duration START_PATIENCE = Duration.ofSeconds(30);
    private static final long LOOK_MILLIS = 200;

    /** More than a process has. */
    private static final long OPERATIONS_OF_A_LIFE = 10_000_000_000L;

    /** More than all of one slot have. */
    static final long OPERATIONS_OF_A_SLOT = 10_000 * OPERATIONS_OF_A_LIFE;

    private final Place place;
    private final List<MemberSchedule.Step> steps;
    private final Recorder recorder;
    private final CountDownLatch calm;
    private final List<Path> journals = new CopyOnWriteArrayList<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private volatile @Nullable MemberProcess member;
    private volatile boolean closed;

    /**
     * Where it is.
     *
     * @param number in the group, from 0
     * @param addresses of the nodes
     * @param directory takes what its processes write
     * @param operationsBefore the operations of its processes have numbers behind it, and nobody else's
     *     have
     */
    record Place(GroupPlan plan, int number, List<String> addresses, Path directory, long operationsBefore) {
        Place {
            addresses = List.copyOf(addresses);
        }

        private String name(int life) {
            return plan.name() + "-" + number + (life == 0 ? "" : "." + life);
        }

        private String instance() {
            return plan.mode() == GroupPlan.Mode.HANDLER && number == 0 ? plan.name() + "-static" : "";
        }
    }

    /** @param calm ends all that befalls it */
    MemberSlot(Place place, List<MemberSchedule.Step> steps, Recorder recorder, CountDownLatch calm) {
        this.place = place;
        this.steps = List.copyOf(steps);
        this.recorder = recorder;
        this.calm = calm;
    }

    /**
     * Lets befall it what is planned, and returns when it is calm. Each step comes later by what the starts
     * before it took: on a machine with more to do than it can nobody would ever be up.
     */
    void run(long beginNanos) throws InterruptedException {
        long late = 0;
        for (var step : steps) {
            long due = beginNanos + late + TimeUnit.MILLISECONDS.toNanos(step.atMillis());
            if (calm.await(due - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                break;
            }
            befall(step);
            if (step.kind() == MemberSchedule.Kind.START) {
                awaitUp();
                late += Math.max(0, System.nanoTime() - due);
            }
        }
        calm.await();
        if (!closed) {
            ensureRuns();
        }
    }

    private void befall(MemberSchedule.Step step) throws InterruptedException {
        switch (step.kind()) {
            case START -> ensureRuns();
            case KILL -> kill(ensureRuns());
            case LEAVE -> leave(ensureRuns());
            case PAUSE -> pause(ensureRuns(), step.lengthMillis());
        }
    }

    /**
     * Until it has had a partition, which it writes down; or for a while, as there may be nobody to give it
     * one.
     */
    private void awaitUp() throws InterruptedException {
        var journal = journals.get(journals.size() - 1).toFile();
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        while (journal.length() == 0 && System.nanoTime() < deadline) {
            if (calm.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** One that has ended by itself is a problem, and is followed by another one. */
    private MemberProcess ensureRuns() {
        var current = member;
        if (current != null && current.isAlive()) {
            return current;
        }
        if (current != null) {
            problems.add("by itself " + current.ending());
        }
        var started = start();
        member = started;
        if (closed) {
            started.kill();
        }
        return started;
    }

    private MemberProcess start() {
        var name = place.name(journals.size());
        long operationsBefore = place.operationsBefore() + journals.size() * OPERATIONS_OF_A_LIFE;
        var journal = place.directory().resolve(name + ".jsonl");
        journals.add(journal);
        var plan = place.plan();
        var options = new MemberOptions(
                place.addresses(),
                plan.name(),
                plan.topics(),
                plan.mode(),
                name,
                place.instance(),
                journal,
                new MemberOptions.Clock(recorder.beginNanos(), operationsBefore));
        return MemberProcess.start(options, plan.jvmOptions(), place.directory().resolve(name + ".log"));
    }

    private void kill(MemberProcess killed) {
        long operation = begun(HarmKind.MEMBER_KILL, killed);
        killed.kill();
        member = null;
        over(operation, HarmKind.MEMBER_KILL, killed);
    }

    private void pause(MemberProcess paused, long millis) throws InterruptedException {
        long operation = begun(HarmKind.MEMBER_PAUSE, paused);
        try {
            paused.pause();
            var unused = calm.await(millis, TimeUnit.MILLISECONDS);
        } finally {
            paused.resume();
            over(operation, HarmKind.MEMBER_PAUSE, paused);
        }
    }

    private void leave(MemberProcess leaving) {
        long operation = begun(HarmKind.MEMBER_LEAVE, leaving);
        leaving.leave();
        if (!leaving.endsWell(LEAVE_PATIENCE) && !closed) {
            problems.add("asked to leave " + leaving.ending());
            leaving.kill();
        }
        member = null;
        over(operation, HarmKind.MEMBER_LEAVE, leaving);
    }

    private long begun(HarmKind kind, MemberProcess whom) {
        return recorder.invoke(whom.name(), new Operation.Fault(kind, List.of(), whom.name()));
    }

    private void over(long operation, HarmKind kind, MemberProcess whom) {
        recorder.ok(whom.name(), operation, new Operation.Fault(kind, List.of(), whom.name()));
    }

    /** The last one leaves. */
    void end() {
        if (!closed) {
            leave(ensureRuns());
        }
    }

    /** Whatever is left ends at once. */
    void close() {
        closed = true;
        var left = member;
        if (left != null) {
            left.kill();
        }
    }

    /** What its processes have written, in their order. */
    List<Path> journals() {
        return List.copyOf(journals);
    }

    /** What is wrong with its processes, each as a sentence. */
    List<String> problems() {
        return List.copyOf(problems);
    }
}
