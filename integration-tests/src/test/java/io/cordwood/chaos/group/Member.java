package io.cordwood.chaos.group;

import io.cordwood.chaos.check.GroupRepeats;
import io.cordwood.chaos.history.EventJournal;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Parting;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.workload.Payload;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.Consumer;
import io.cordwood.client.ConsumerBuilder;
import io.cordwood.client.ConsumerListener;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.TopicPartition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that is a member of a group, and writes down what it handles, what it commits and which
 * partitions it has: each as soon as it knows, into a journal that outlives it.
 *
 * <p>It leaves when it is told to on its standard input, and ends at once where that ends.
 *
 * <p><b>Thread:</b> main; records come on those of the consumer.
 */
final class Member implements ConsumerListener {
    /** What it is told. */
    static final String LEAVE = "leave";

    private static final int FAILED = 3;
    private static final int ABANDONED = 4;
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration COMMIT_INTERVAL = Duration.ofMillis(500);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int POLL_RECORDS = 500;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** One of so many records takes long. */
    private static final int SLOW_ONE_OF = 250;

    private static final int SLOW_MAX_MILLIS = 300;

    private final MemberOptions options;
    private final Recorder recorder;
    private final LateCommits late;

    private Member(MemberOptions options, Recorder recorder, LateCommits late) {
        this.options = options;
        this.recorder = recorder;
        this.late = late;
    }

    /** @param arguments as {@link MemberOptions} has them */
    public static void main(String[] arguments) throws IOException {
        var options = MemberOptions.parse(arguments);
        var journal = new EventJournal(options.journal());
        var clock = options.clock();
        var recorder = new Recorder(journal::write, System::nanoTime, clock.beginNanos(), clock.operationsBefore());
        var late = new LateCommits(options);
        // Before the first connection is made.
        new WireWitness(options, recorder, late).install();
        System.exit(new Member(options, recorder, late).run());
    }

    private int run() {
        try (var client = CordwoodClient.builder()
                .bootstrap(options.addresses())
                .requestTimeout(REQUEST_TIMEOUT)
                .build()) {
            var builder = client.consumer(options.group())
                    .topics(options.topics())
                    .name(options.process())
                    .instanceId(options.instance())
                    .sessionTimeout(MemberSchedule.SESSION)
                    .commitInterval(COMMIT_INTERVAL)
                    .maxPollRecords(POLL_RECORDS)
                    .listener(this);
            switch (options.mode()) {
                case HANDLER -> handle(builder);
                case POLL -> poll(builder);
            }
            return 0;
        } catch (RuntimeException e) {
            e.printStackTrace();
            return FAILED;
        }
    }

    private void handle(ConsumerBuilder builder) {
        try (var consumer = builder.handle(this::handle)) {
            listenTo(consumer);
            consumer.ended().join();
        }
    }

    private void poll(ConsumerBuilder builder) {
        try (var consumer = builder.manualCommit().open()) {
            listenTo(consumer);
            while (!consumer.ended().isDone()) {
                pollOnce(consumer);
            }
            consumer.ended().join();
        }
    }

    private void pollOnce(Consumer consumer) {
        try {
            var records = consumer.poll(POLL);
            records.forEach(this::handle);
            if (!records.isEmpty()) {
                var unused = consumer.commit(records);
            }
        } catch (CordwoodException e) {
            // A partition cannot be read now, or all is over: that is seen next.
            if (e.code() != ErrorCode.CLIENT_CLOSED) {
                System.err.println("cannot be read: " + e.getMessage());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void handle(ConsumedRecord record) {
        var partition = new TopicPartition(record.topic(), record.partition());
        var value = Payload.parse(Objects.requireNonNullElse(record.value(), new byte[0]));
        var what = new Operation.Handled(options.group(), partition, new Seen(record.offset(), value));
        long operation = recorder.invoke(options.process(), what);
        if (ThreadLocalRandom.current().nextInt(SLOW_ONE_OF) == 0) {
            long millis = ThreadLocalRandom.current().nextLong(SLOW_MAX_MILLIS);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        }
        recorder.ok(options.process(), operation, what);
        late.handled(partition, record.offset());
    }

    @Override
    public void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {
        partitions.forEach(partition -> parted(partition, Parting.REVOKED));
    }

    @Override
    public void onLost(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            parted(partition, Parting.LOST);
            late.lost(partition);
        });
    }

    private void parted(TopicPartition partition, Parting how) {
        recorder.note(options.process(), new Operation.Parted(options.group(), partition, how), "");
    }

    private static void listenTo(Consumer consumer) {
        var thread = new Thread(
                () -> {
                    awaitWord();
                    consumer.close(GroupRepeats.LEAVE_TIMEOUT);
                },
                "standard-input");
        thread.setDaemon(true);
        thread.start();
    }

    /** Where there is nobody any more who could say it the process ends. */
    private static void awaitWord() {
        try (var words = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            if (!LEAVE.equals(words.readLine())) {
                Runtime.getRuntime().halt(ABANDONED);
            }
        } catch (IOException e) {
            Runtime.getRuntime().halt(ABANDONED);
        }
    }
}
