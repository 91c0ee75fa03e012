package io.cordwood.chaos;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.Resources;
import io.cordwood.chaos.group.GroupWorkload;
import io.cordwood.chaos.history.HistoryWriter;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.workload.FinalReader;
import io.cordwood.chaos.workload.NodeCalls;
import io.cordwood.chaos.workload.ProcessSize;
import io.cordwood.chaos.workload.ReplicaStates;
import io.cordwood.chaos.workload.TopicPartitions;
import io.cordwood.chaos.workload.WorkloadPlan;
import io.cordwood.chaos.workload.Workloads;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NewTopic;
import io.cordwood.client.TopicPartition;
import io.cordwood.it.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster, who uses it, what befalls it, and the judgement of what happened.
 *
 * <p>Invariants: it ends in time, whatever hangs; no process is left of it, and no disk is mounted.
 *
 * <p><b>Thread:</b> one.
 */
final class ChaosRun {
    private static final Duration START = Duration.ofSeconds(60);
    /** For all of them together. */
    private static final Duration TOPICS = Duration.ofSeconds(60);
    /** The last window, and starts that it has to wait for. */
    private static final Duration BEHIND_THE_TIME = Duration.ofSeconds(75);

    private static final Duration ABORTED = Duration.ofMinutes(3);
    /** Longer than everything may take to work again: so it is seen that it does. */
    private static final Duration WORK_ON = Judgement.RECOVERY.plusSeconds(5);

    private static final Duration DRAIN = Duration.ofSeconds(45);
    private static final Duration READ_ON = Duration.ofSeconds(20);
    private static final int READ_ON_PART = 10;
    /** What members of groups have written takes that part of the time to be read, and a moment to end them. */
    private static final int GATHER_PART = 10;

    private static final Duration GATHER = Duration.ofSeconds(30);
    private static final Duration FINAL_READ = Duration.ofSeconds(45);
    /** What was written takes that part of the time to be read, far less in truth. */
    private static final int FINAL_READ_PART = 10;

    private static final Duration REST = Duration.ofSeconds(45);
    private static final Duration RETRY = Duration.ofMillis(500);

    /** To judge what happened, and half as long as it took. */
    private static final Duration JUDGEMENT = Duration.ofMinutes(2);

    private final RunOptions options;
    private final Trouble.Plan plan;
    private final List<String> problems = new ArrayList<>();
    private final List<String> report = new ArrayList<>();
    private volatile @Nullable ChaosCluster cluster;

    ChaosRun(RunOptions options, Trouble.Plan plan) {
        this.options = options;
        this.plan = plan;
    }

    /** How long a run may take whose faults go on for so long: as long as all may take that it waits for. */
    static Duration limit(Duration time) {
        return Stream.of(
                        START,
                        TOPICS,
                        time,
                        BEHIND_THE_TIME,
                        ABORTED,
                        WORK_ON,
                        DRAIN,
                        READ_ON,
                        time.dividedBy(READ_ON_PART),
                        GATHER,
                        time.dividedBy(GATHER_PART),
                        FINAL_READ,
                        time.dividedBy(FINAL_READ_PART),
                        REST,
                        JUDGEMENT,
                        time.dividedBy(2))
                .reduce(Duration.ZERO, Duration::plus);
    }

    /** @return whether nothing is wrong with the cluster */
    boolean run() throws IOException {
        var results = Results.in(options.out());
        // However the process ends, also by a signal.
        Runtime.getRuntime().addShutdownHook(new Thread(results::tellWork, "chaos-work"));
        var watchdog = Watchdog.start(
                options.limit(), () -> lastWords(results), () -> LoopDisk.detachAllBelow(results.work()));
        try {
            results.write("schedule.txt", plan.text());
            Results.say(options.commandLine() + " --out " + options.out());
            Results.sayLacks(plan.equipment());
            plan.equipment().lacks().forEach(lack -> report.add("left out: " + lack));
            options.lackOfHeap(Runtime.getRuntime().maxMemory()).ifPresent(Results::say);
            tryToMakeHistory(results);
            Results.say("checks the history");
            boolean clean = new Judgement(options, results, problems, report).pass();
            if (clean) {
                results.deleteWork();
            }
            return clean;
        } finally {
            watchdog.close();
        }
    }

    /** What was taken down until something of the run's own failed is judged all the same. */
    private void tryToMakeHistory(Results results) {
        try {
            makeHistory(results);
        } catch (IOException | RuntimeException | Error e) {
            e.printStackTrace();
            problems.add("the run itself failed: " + e);
        }
    }

    private void makeHistory(Results results) throws IOException {
        try (var writer = new HistoryWriter(results.history());
                var prepared = ChaosCluster.prepare(plan.cluster(results.work()))) {
            cluster = prepared;
            try {
                prepared.start(START);
                long deadline = System.nanoTime() + TOPICS.toNanos();
                plan.workload().topics().forEach(topic -> createTopic(prepared, topic, deadline));
                // The time of the history begins when the cluster serves.
                var recorder = new Recorder(writer::write, System::nanoTime);
                try (var workloads =
                        new Workloads(plan.workload(), places(prepared, results), recorder, options.seed())) {
                    use(prepared, workloads, recorder, groups(prepared, results, recorder));
                }
            } finally {
                results.keepLogs(prepared.nodeIds());
                results.keepMemberLogs();
            }
        }
    }

    private List<GroupWorkload> groups(ChaosCluster prepared, Results results, Recorder recorder) throws IOException {
        var directory = Files.createDirectories(results.members());
        var jvmOptions = plan.memberOptions(directory);
        var groups = new ArrayList<GroupWorkload>();
        plan.groups().forEach((group, schedule) -> {
            var place = new GroupWorkload.Place(prepared.clientAddresses(), directory, groups.size());
            groups.add(new GroupWorkload(group.withJvmOptions(jvmOptions), schedule, place, recorder));
        });
        return groups;
    }

    private static Workloads.Places places(ChaosCluster cluster, Results results) {
        var http = new TreeMap<Integer, String>();
        var logs = new TreeMap<Integer, Path>();
        for (int node : cluster.nodeIds()) {
            http.put(node, cluster.httpAddress(node));
            logs.put(node, results.serverLog(node));
        }
        return new Workloads.Places(
                cluster.clientAddresses(),
                cluster.watchAddresses(),
                http,
                logs,
                node -> cluster.resources(node).map(ChaosRun::size));
    }

    private static ProcessSize size(Resources found) {
        return new ProcessSize(found.residentKib() * 1024, found.openFiles(), found.threads());
    }

    private static void createTopic(ChaosCluster cluster, TopicPartitions topic, long deadline) {
        while (true) {
            try {
                cluster.admin()
                        .createTopic(NewTopic.of(topic.topic())
                                .withPartitions(topic.count())
                                .withReplicas(WorkloadPlan.REPLICAS));
                return;
            } catch (CordwoodException e) {
                if (e.code() == ErrorCode.TOPIC_EXISTS) {
                    return;
                }
                if (!e.retryable() || System.nanoTime() - deadline > 0) {
                    throw e;
                }
                pass(RETRY);
            }
        }
    }

    private void use(ChaosCluster cluster, Workloads workloads, Recorder recorder, List<GroupWorkload> groups) {
        groups.forEach(workloads::addReader);
        workloads.start();
        Results.say("faults for " + options.minutes() + " minutes");
        Runnable healed = () -> {
            groups.forEach(GroupWorkload::calm);
            // Before anything is waited for: the time in which all has to work again begins now.
            recorder.note(FaultLog.PROCESS, new Operation.Heal(), "");
            groups.forEach(GroupWorkload::awaitCalm);
            Results.say("healed");
        };
        var outcome = outcomeOf(plan.on(cluster, recorder, healed));
        problems.addAll(outcome.problems());
        report.addAll(outcome.report());
        Results.say("all work on for " + WORK_ON.toSeconds() + " s");
        pass(WORK_ON);
        expectNone(workloads.endWriters(DRAIN), "those that write had not come to an end in " + DRAIN);
        // What was not processed meanwhile takes a part of the time that it was left.
        var readOn = READ_ON.plus(options.time().dividedBy(READ_ON_PART));
        expectNone(workloads.endReaders(readOn), "those that read had not come to the end in " + readOn);
        groups.forEach(group -> problems.addAll(group.gather()));
        Results.say("reads everything");
        var topics = workloads.topics();
        try (var nodes = new NodeCalls(cluster.clientAddresses())) {
            var patience = FINAL_READ.plus(options.time().dividedBy(FINAL_READ_PART));
            problems.addAll(new FinalReader(nodes, recorder).read(partitions(topics), patience));
        }
        Results.say("compares the replicas");
        var states =
                new ReplicaStates(cluster.admin(), node -> cluster.files(node).dataDirectory(), recorder);
        problems.addAll(states.note(topics, REST));
        problems.addAll(workloads.failures());
        problems.addAll(cluster.unexpectedEnds());
        workloads.counts().forEach((name, counts) -> Results.say(name + ": " + counts));
    }

    private static List<TopicPartition> partitions(List<TopicPartitions> topics) {
        return topics.stream().flatMap(topic -> topic.all().stream()).toList();
    }

    private void expectNone(List<String> left, String problem) {
        if (!left.isEmpty()) {
            problems.add(problem + ": " + String.join(", ", left));
            System.err.println(Watchdog.threads());
        }
    }

    /** Ends faults that do not end by themselves. */
    private Trouble.Outcome outcomeOf(Trouble trouble) {
        var outcome = new CompletableFuture<Trouble.Outcome>();
        var thread = new Thread(
                () -> {
                    try {
                        outcome.complete(trouble.run());
                    } catch (RuntimeException | Error e) {
                        outcome.completeExceptionally(e);
                    }
                },
                "trouble");
        thread.setDaemon(true);
        thread.start();
        try {
            try {
                return outcome.get(options.time().plus(BEHIND_THE_TIME).toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                Results.say("ends the faults before their time");
                trouble.abort();
                return outcome.get(ABORTED.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (TimeoutException e) {
            return bad("the faults did not end in " + ABORTED);
        } catch (ExecutionException e) {
            return bad("the faults ended with " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return bad("interrupted");
        }
    }

    private static Trouble.Outcome bad(String problem) {
        return new Trouble.Outcome(List.of(problem), List.of());
    }

    private static void pass(Duration time) {
        try {
            var unused = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Has the servers print what their threads do, and keeps it. */
    private void lastWords(Results results) {
        System.err.println("again: " + options.commandLine());
        System.err.println("to judge what there is: integration-tests/chaos/judge " + results.history());
        var hanging = cluster;
        if (hanging != null) {
            hanging.nodeIds().forEach(hanging::resume);
            ProcessHandle.current()
                    .descendants()
                    .filter(ProcessHandle::isAlive)
                    .forEach(server -> signal("-QUIT", server.pid()));
            pass(Duration.ofSeconds(2));
            results.keepLogs(hanging.nodeIds());
        }
    }

    private static void signal(String signal, long pid) {
        try {
            var unused = new ProcessBuilder("kill", signal, Long.toString(pid))
                    .inheritIO()
                    .start()
                    .waitFor(2, TimeUnit.SECONDS);
        } catch (IOException e) {
            System.err.println("no signal to process " + pid + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
