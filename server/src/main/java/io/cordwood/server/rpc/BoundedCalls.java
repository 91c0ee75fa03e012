package io.cordwood.server.rpc;

import io.cordwood.server.cluster.RefusedException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Many calls of which few are under way at once, so that one request does not take all that a node has.
 *
 * <p>Invariants: each item is asked about once, in their order, also behind one that failed; no more than the bound
 * are under way.
 *
 * <p><b>Thread:</b> any; the next call is begun on the one that ends the call before.
 */
final class BoundedCalls<T, R> {
    private final List<T> items;
    private final Function<T, CompletableFuture<R>> call;
    private final List<CompletableFuture<R>> answers;
    private final AtomicInteger begun = new AtomicInteger();

    private BoundedCalls(List<T> items, Function<T, CompletableFuture<R>> call) {
        this.items = items;
        this.call = call;
        answers = Stream.<CompletableFuture<R>>generate(CompletableFuture::new)
                .limit(items.size())
                .toList();
    }

    /** The answers in the order of the items, once all are there; fails then where one of them did. */
    static <T, R> CompletableFuture<List<R>> of(List<T> items, int atOnce, Function<T, CompletableFuture<R>> call) {
        var calls = new BoundedCalls<>(items, call);
        for (int lane = 0; lane < Math.min(atOnce, items.size()); lane++) {
            calls.goOn();
        }
        return CompletableFuture.allOf(calls.answers.toArray(CompletableFuture[]::new))
                .thenApply(done ->
                        calls.answers.stream().map(CompletableFuture::join).toList());
    }

    /** One call after the other; a loop where they end at once, because so many frames would not fit the stack. */
    private void goOn() {
        for (int place = begun.getAndIncrement(); place < items.size(); place = begun.getAndIncrement()) {
            var answer = answers.get(place);
            var asked = ask(items.get(place));
            if (!asked.isDone()) {
                var unused = asked.whenComplete((given, failure) -> {
                    complete(answer, asked);
                    goOn();
                });
                return;
            }
            complete(answer, asked);
        }
    }

    /** @param asked is done */
    private static <R> void complete(CompletableFuture<R> answer, CompletableFuture<R> asked) {
        try {
            answer.complete(asked.join());
        } catch (CompletionException | CancellationException e) {
            answer.completeExceptionally(RefusedException.unwrap(e));
        }
    }

    private CompletableFuture<R> ask(T item) {
        try {
            return call.apply(item);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
