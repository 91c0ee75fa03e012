package io.cordwood.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written down is read back, and what is no history is refused. */
class HistoryTest {
    private static final TopicPartition PARTITION = new TopicPartition("big-orders", 3);
    private static final Value VALUE = new Value("p3", 123);

    @TempDir
    Path directory;

    @Test
    void everyKindOfOperationIsReadBack() throws IOException {
        var operations = oneOfEach();
        var file = directory.resolve("history");
        var given = new ArrayList<Event>();
        for (var what : operations) {
            given.add(new Event(
                    given.size(), "p", given.size(), EventType.OK, what, given.size() % 2 == 0 ? "" : "why \"\n"));
        }

        write(file, given);

        assertThat(HistoryFile.read(file).events()).isEqualTo(given);
        assertThat(operations.stream().map(Object::getClass).distinct())
                .as("a new kind of operation belongs into this test")
                .hasSameElementsAs(kinds(Operation.class).distinct().toList());
    }

    @Test
    void tornLastLineIsLeftOut() throws IOException {
        var file = directory.resolve("history");
        write(file, events(3));
        var bytes = Files.readAllBytes(file);

        for (int cut = 1; cut < 60; cut++) {
            Files.write(file, Arrays.copyOf(bytes, bytes.length - cut));

            assertThat(HistoryFile.read(file).events())
                    .as("%d bytes cut off", cut)
                    .isEqualTo(events(2));
        }
    }

    /** A process that is killed behind this loses nothing of it. */
    @Test
    void journalIsThereBeforeItIsClosed() throws IOException {
        var file = directory.resolve("journal");
        try (var journal = new EventJournal(file)) {
            events(3).forEach(journal::write);

            assertThat(HistoryFile.events(file)).isEqualTo(events(3));
        }
    }

    @Test
    void partOfARunHasItsTimeAndNumbersOfItsOwn() {
        var collected = new Collected();
        var clock = new AtomicLong(10);
        var part = new Recorder(collected.recorder::copy, clock::get, collected.recorder.beginNanos(), 100);

        part.note("member", new Operation.Heal(), "");

        assertThat(collected.events)
                .containsExactly(new Event(10, "member", 101, EventType.OK, new Operation.Heal(), ""));
    }

    /** Such as that there is no memory left: what was queued behind it is gone. */
    @Test
    void errorOfTheThreadThatWritesIsTold() {
        var writer = new HistoryWriter(new Writer() {
            @Override
            public void write(char[] text, int from, int length) {
                throw new OutOfMemoryError("none left");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
        writer.write(events(1).get(0));

        assertThatThrownBy(writer::close).isInstanceOf(IOException.class).hasRootCauseMessage("none left");
    }

    @Test
    void otherLinesThatAreNoEventsAreRefused() throws IOException {
        var file = directory.resolve("history");
        for (String line :
                List.of("", "{", "{}", "[]", "{\"t\":1}", "{\"t\":1,\"process\":\"p\",\"op\":1,\"type\":\"NO\"}")) {
            write(file, events(1));
            Files.writeString(file, line + "\n", StandardOpenOption.APPEND);

            assertThatThrownBy(() -> HistoryFile.read(file))
                    .as(line)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("line 2");
        }
    }

    @Test
    void endsFindTheirBegins() {
        var produce = Operation.Produce.of(PARTITION, VALUE, true);
        var collected = new Collected();
        var recorder = collected.recorder;
        long first = recorder.invoke("a", produce);
        long second = recorder.invoke("b", produce);
        recorder.info("b", second, produce, "timeout");
        recorder.ok("a", first, produce.at(7, 2));
        recorder.invoke("c", produce);
        recorder.note("nemesis", new Operation.Heal(), "");

        var calls = collected.history().calls(Operation.Write.class);

        assertThat(calls).extracting(Call::outcome).containsExactly(EventType.OK, EventType.INFO, EventType.INFO);
        assertThat(calls).extracting(Call::isAnswered).containsExactly(true, true, false);
        assertThat(calls.get(0).what().offset()).isEqualTo(7);
        assertThat(calls).extracting(Call::beginNanos).containsExactly(1L, 2L, 5L);
        assertThat(calls).extracting(Call::endNanos).containsExactly(4L, Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(collected.history().lastHealNanos()).hasValue(6);
    }

    @Test
    void whatIsNoHistoryIsRefused() {
        var heal = new Operation.Heal();
        var end = Operation.EndOffset.of(PARTITION);

        assertThatThrownBy(() ->
                        History.of(List.of(event(1, 1, EventType.INVOKE, heal), event(2, 1, EventType.INVOKE, heal))))
                .hasMessageStartingWith("begun twice");
        assertThatThrownBy(
                        () -> History.of(List.of(event(1, 1, EventType.OK, heal), event(2, 1, EventType.FAIL, heal))))
                .hasMessageStartingWith("ended twice");
        assertThatThrownBy(
                        () -> History.of(List.of(event(1, 1, EventType.INVOKE, heal), event(2, 1, EventType.OK, end))))
                .hasMessageStartingWith("another kind");
        assertThatThrownBy(() -> History.of(
                        List.of(event(1, 1, EventType.INVOKE, heal), new Event(2, "q", 1, EventType.OK, heal, ""))))
                .hasMessageStartingWith("another process");
    }

    @Test
    void finalReadsAreJoined() {
        var collected = new Collected();
        var recorder = collected.recorder;
        recorder.note("final", finalRead(2).got(List.of(new Seen(2, VALUE)), 3), "");
        recorder.note("final", finalRead(3).got(List.of(new Seen(4, new Value("p3", 124))), 5), "");
        var log = Objects.requireNonNull(collected.history().finalLogs().get(PARTITION));

        assertThat(log.records()).extracting(Seen::offset).containsExactly(2L, 4L);
        assertThat(log.at(2)).isEqualTo(VALUE);
        assertThat(log.at(3)).isNull();
        assertThat(log.isComplete()).isTrue();

        recorder.note("final", finalRead(6).got(List.of(), 7), "");

        assertThat(Objects.requireNonNull(collected.history().finalLogs().get(PARTITION))
                        .gaps())
                .containsExactly("an answer begins at 6 where the one before ended at 5");
    }

    @Test
    void anyTextIsAValue() {
        for (String text : List.of("p3-000123", "p-1-000000", "p3-1234567", "-1", "", "p3", "p3-12x", "a\nb-000001")) {
            var value = Value.parse(text);

            assertThat(Value.parse(value.toString())).as(text).isEqualTo(value);
        }
        assertThat(Value.parse("p3-000123")).isEqualTo(VALUE).hasToString("p3-000123");
        assertThat(Value.parse("garbage")).hasToString("?garbage-000000");
    }

    @Test
    void writerKeepsWhatManyThreadsGive() throws Exception {
        var file = directory.resolve("history");
        int threads = 4;
        int each = 5_000;
        try (var writer = new HistoryWriter(file)) {
            var recorder = new Recorder(writer::write, System::nanoTime);
            var running = IntStream.range(0, threads)
                    .mapToObj(number -> new Thread(() -> {
                        for (int i = 0; i < each; i++) {
                            long operation = recorder.invoke("p" + number, Operation.EndOffset.of(PARTITION));
                            recorder.ok(
                                    "p" + number,
                                    operation,
                                    Operation.EndOffset.of(PARTITION).at(i));
                        }
                    }))
                    .toList();
            running.forEach(Thread::start);
            for (var thread : running) {
                thread.join();
            }
        }

        var calls = HistoryFile.read(file).calls(Operation.EndOffset.class);

        assertThat(calls).hasSize(threads * each).allMatch(Call::isOk);
    }

    private static Operation.FinalRead finalRead(long position) {
        return Operation.FinalRead.of(PARTITION, 2, 5, position);
    }

    private static List<Operation> oneOfEach() {
        var seen = List.of(new Seen(5, VALUE), new Seen(6, Value.parse("gar\u0000bage \"")));
        return List.of(
                Operation.Produce.of(PARTITION, VALUE, true).at(1L << 40, 3),
                Operation.Produce.of(PARTITION, VALUE, false),
                Operation.AppendIf.of(PARTITION, VALUE, 4).at(4),
                Operation.AppendIf.of(PARTITION, VALUE, 4).refused(9),
                Operation.EndOffset.of(PARTITION).at(12),
                Operation.Read.of(PARTITION, 5).got(seen, 7),
                Operation.Read.waiting(PARTITION, 5).trimmed(9),
                finalRead(5).got(seen, 7),
                new Operation.ReplicaState(PARTITION, 2, 0, 7, "ab12"),
                new Operation.LeaderSeen(PARTITION, 2, 4),
                new Operation.Trim(PARTITION, Long.MAX_VALUE),
                new Operation.Repair(PARTITION, null),
                new Operation.Repair(PARTITION, 8L),
                new Operation.Fault(HarmKind.CUT, List.of(1, 3), "one way"),
                new Operation.Planned("big-orders", 4, 3, List.of(1, 2, 3), List.of("tail-0", "rescan")),
                new Operation.Heal(),
                new Operation.Resources(1, 2, 3, 4, 5, 6),
                new Operation.PlannedGroup("billing", List.of("big-orders")),
                new Operation.Owned("billing", PARTITION, 1L << 40, null),
                new Operation.Owned("billing", PARTITION, 7, 12L),
                new Operation.Parted("billing", PARTITION, Operation.Parting.LOST),
                new Operation.Handled("billing", PARTITION, seen.get(1)),
                Operation.Commit.of("billing", PARTITION, 8, 13),
                new Operation.GroupOffset("billing", PARTITION, 13L),
                new Operation.GroupOffset("billing", PARTITION, null));
    }

    private static Stream<Class<?>> kinds(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type)
                : Stream.of(type.getPermittedSubclasses()).flatMap(HistoryTest::kinds);
    }

    private static List<Event> events(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> event(number, number, EventType.OK, Operation.Produce.of(PARTITION, VALUE, true)))
                .toList();
    }

    private static Event event(long nanos, long operation, EventType type, Operation what) {
        return new Event(nanos, "p", operation, type, what, "");
    }

    private static void write(Path file, List<Event> events) throws IOException {
        try (var writer = new HistoryWriter(file)) {
            events.forEach(writer::write);
        }
    }

    /** Keeps what is taken down, on a clock that goes on by one with each event. */
    private static final class Collected {
        private final List<Event> events = new ArrayList<>();
        private final AtomicLong clock = new AtomicLong();
        private final Recorder recorder = new Recorder(events::add, clock::getAndIncrement);

        History history() {
            return History.of(events);
        }
    }
}
