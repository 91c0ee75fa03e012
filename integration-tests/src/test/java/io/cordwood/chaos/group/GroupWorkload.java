package io.cordwood.chaos.group;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HistoryFile;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.workload.Counts;
import io.cordwood.chaos.workload.Workload;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A group whose members come and go by a schedule, until all is to be calm. It comes to an end when
 * everything is committed that is there: then the members leave. What they wrote down becomes a part of the
 * history by {@link #gather}.
 *
 * <p><b>Thread:</b> the run's; behind it are one of its own and one for each member.
 */
public final class GroupWorkload implements Workload {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    private static final long LOOK_MILLIS = 250;
    private static final long CALM_MILLIS = 5_000;
    private static final long END_MILLIS = 10_000;
    /** More than a group has. */
    private static final int SLOTS_MAX = 100;

    private final GroupPlan plan;
    private final Recorder recorder;
    private final CordwoodClient client;
    private final List<MemberSlot> slots;
    private final CountDownLatch calm = new CountDownLatch(1);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Thread> memberThreads;
    private final Thread thread;
    /** However the process ends: a member that stands still would outlive it. */
    private final Thread hook = new Thread(this::killAll, "group-end");

    private volatile Counts counts = Counts.NONE;
    private volatile @Nullable Throwable failure;

    /**
     * Where it is.
     *
     * @param addresses of the nodes
     * @param directory takes what its members write
     * @param number of the group in the run, from 0
     */
    public record Place(List<String> addresses, Path directory, int number) {
        public Place {
            addresses = List.copyOf(addresses);
        }

        /** The numbers before those of the first slot are the run's own. */
        private long operationsBefore(int slot) {
            return (1L + (long) number * SLOTS_MAX + slot) * MemberSlot.OPERATIONS_OF_A_SLOT;
        }
    }

    public GroupWorkload(GroupPlan plan, MemberSchedule schedule, Place place, Recorder recorder) {
        this.plan = plan;
        this.recorder = recorder;
        client = CordwoodClient.builder()
                .bootstrap(place.addresses())
                .requestTimeout(REQUEST_TIMEOUT)
                .build();
        slots = IntStream.range(0, plan.members())
                .mapToObj(number -> new MemberSlot(
                        new MemberSlot.Place(
                                plan, number, place.addresses(), place.directory(), place.operationsBefore(number)),
                        schedule.of(number),
                        recorder,
                        calm))
                .toList();
        memberThreads = slots.stream().map(this::thread).toList();
        thread = daemon(this::run, plan.name());
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void killAll() {
        slots.forEach(MemberSlot::close);
    }

    private Thread thread(MemberSlot slot) {
        return daemon(() -> slot.run(recorder.beginNanos()), plan.name() + "-member");
    }

    /** What a thread does. */
    private interface Task {
        void run() throws InterruptedException;
    }

    private Thread daemon(Task task, String name) {
        var made = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (InterruptedException e) {
                        // Only close() interrupts it.
                    } catch (RuntimeException | Error e) {
                        failure = e;
                    }
                },
                "group-" + name);
        made.setDaemon(true);
        return made;
    }

    @Override
    public String name() {
        return plan.name();
    }

    @Override
    public void start() {
        recorder.note(plan.name(), new Operation.PlannedGroup(plan.name(), plan.topics()), "");
        memberThreads.forEach(Thread::start);
        thread.start();
    }

    /** Nothing more befalls its members; what does is about to end. */
    public void calm() {
        calm.countDown();
    }

    /** Once it is {@link #calm}: until all members run, or are about to. */
    public void awaitCalm() {
        join(memberThreads, CALM_MILLIS);
    }

    @Override
    public void stop() {
        calm.countDown();
        stopping.countDown();
    }

    @Override
    public boolean drain(Duration patience) {
        return join(List.of(thread), Math.max(1, patience.toMillis()));
    }

    private static boolean join(List<Thread> threads, long millis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            for (var each : threads) {
                each.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return threads.stream().noneMatch(Thread::isAlive);
    }

    @Override
    public Counts counts() {
        return counts;
    }

    @Override
    public Optional<Throwable> failure() {
        var problems = slots.stream().flatMap(slot -> slot.problems().stream()).toList();
        return Optional.ofNullable(failure)
                .or(() -> problems.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new IllegalStateException(String.join("; ", problems))));
    }

    @Override
    public void close() {
        calm.countDown();
        stopping.countDown();
        closed.countDown();
        killAll();
        if (!join(List.of(thread), END_MILLIS)) {
            memberThreads.forEach(Thread::interrupt);
            thread.interrupt();
        }
        client.close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook does the same again, which does nothing.
        }
    }

    private void run() throws InterruptedException {
        stopping.await();
        for (var each : memberThreads) {
            each.join();
        }
        repeat(this::isDrained);
        endAll();
    }

    /** All at once, because each takes a moment. */
    private void endAll() throws InterruptedException {
        var ends = slots.stream()
                .map(slot -> daemon(slot::end, plan.name() + "-end"))
                .toList();
        ends.forEach(Thread::start);
        for (var each : ends) {
            each.join();
        }
    }

    /** What may be tried again. */
    private interface Try {
        boolean isDone();
    }

    /** Until it is done, or all is over. */
    private void repeat(Try attempt) throws InterruptedException {
        boolean over = false;
        while (!over) {
            try {
                over = attempt.isDone() || closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (CordwoodException e) {
                over = closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private boolean isDrained() {
        var committed = committed();
        return ends().entrySet().stream().allMatch(end -> committed.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    private void noteOffsets() {
        var committed = committed();
        for (var partition : ends().keySet()) {
            var what = new Operation.GroupOffset(plan.name(), partition, committed.get(partition));
            recorder.note(plan.name(), what, "");
        }
    }

    private Map<TopicPartition, Long> committed() {
        var committed = new TreeMap<TopicPartition, Long>();
        for (var partition : client.admin().groups().describe(plan.name()).partitions()) {
            partition.offset().ifPresent(offset -> committed.put(partition.partition(), offset));
        }
        return committed;
    }

    /** Of a partition whose leader does not answer the highest end that there may be. */
    private Map<TopicPartition, Long> ends() {
        var ends = new TreeMap<TopicPartition, Long>();
        for (var topic : plan.topics()) {
            for (var partition : client.admin().partitions(topic)) {
                ends.put(partition.partition(), partition.highWatermark().orElse(Long.MAX_VALUE));
            }
        }
        return ends;
    }

    /**
     * Ends whoever is left, and makes what the members wrote down, and what is committed, a part of the
     * history.
     *
     * @return what could not be done, each as a sentence
     */
    public List<String> gather() {
        closed.countDown();
        killAll();
        var problems = new ArrayList<String>();
        if (!join(List.of(thread), END_MILLIS)) {
            problems.add("group " + plan.name() + " does not come to an end");
        }
        try {
            noteOffsets();
        } catch (CordwoodException e) {
            problems.add("nobody says what group " + plan.name() + " has committed: " + e.getMessage());
        }
        for (var slot : slots) {
            for (var journal : slot.journals()) {
                gather(journal, problems);
            }
        }
        return problems;
    }

    private void gather(Path journal, List<String> problems) {
        try {
            // One that was killed early has none.
            var events = Files.exists(journal) ? HistoryFile.events(journal) : List.<Event>of();
            for (var event : events) {
                recorder.copy(event);
                counts = counts.plus(
                        switch (event.type()) {
                            case INVOKE -> new Counts(1, 0, 0, 0);
                            case OK -> new Counts(0, 1, 0, 0);
                            case FAIL -> new Counts(0, 0, 1, 0);
                            case INFO -> new Counts(0, 0, 0, 1);
                        });
            }
        } catch (IOException e) {
            problems.add("what a member wrote down cannot be read: " + e.getMessage());
        }
    }
}
