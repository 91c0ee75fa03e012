package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoundedCallsTest {
    private final List<Integer> asked = new ArrayList<>();
    private final List<CompletableFuture<String>> answers = new ArrayList<>();

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private CompletableFuture<String> ask(int number) {
        asked.add(number);
        answers.add(new CompletableFuture<>());
        return answers.get(answers.size() - 1);
    }

    @Test
    void nextCallBeginsWhereOneEnds() {
        var all = BoundedCalls.of(numbers(5), 2, this::ask);
        assertThat(asked).containsExactly(0, 1);

        answers.get(1).complete("one");
        assertThat(asked).containsExactly(0, 1, 2);
        answers.get(0).complete("zero");
        answers.get(2).complete("two");
        assertThat(asked).containsExactly(0, 1, 2, 3, 4);
        answers.get(4).complete("four");
        assertThat(all).isNotDone();
        answers.get(3).complete("three");

        assertThat(all).isCompletedWithValue(List.of("zero", "one", "two", "three", "four"));
    }

    @Test
    void failureStopsNoOther() {
        var all = BoundedCalls.of(numbers(3), 1, this::ask);

        answers.get(0).completeExceptionally(new IllegalStateException("the first"));
        answers.get(1).cancel(false);
        assertThat(asked).containsExactly(0, 1, 2);
        assertThat(all).isNotDone();
        answers.get(2).complete("two");

        assertThatThrownBy(all::join).hasRootCauseMessage("the first");
    }

    @Test
    void callThatFailsAtOnceStopsNoOther() {
        var all = BoundedCalls.of(numbers(3), 1, number -> {
            asked.add(number);
            throw new IllegalStateException("number " + number);
        });

        assertThat(asked).containsExactly(0, 1, 2);
        assertThatThrownBy(all::join).hasRootCauseMessage("number 0");
    }

    @Test
    void nothingIsAnsweredAtOnce() {
        assertThat(BoundedCalls.of(List.<Integer>of(), 2, this::ask)).isCompletedWithValue(List.of());
    }

    @Test
    void answersThatAreThereAtOnceNeedNoStack() {
        var all = BoundedCalls.of(numbers(200_000), 3, CompletableFuture::completedFuture);

        assertThat(all).isCompletedWithValue(numbers(200_000));
    }

    @Test
    void boundHoldsWhereverCallsEnd() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        try {
            var all = BoundedCalls.of(numbers(20_000), 7, number -> {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                return CompletableFuture.supplyAsync(
                        () -> {
                            underWay.decrementAndGet();
                            return number;
                        },
                        threads);
            });

            assertThat(all.get(20, TimeUnit.SECONDS)).isEqualTo(numbers(20_000));
            assertThat(most).hasValueBetween(1, 7);
        } finally {
            threads.shutdownNow();
        }
    }
}
