package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.store.ProducerState.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProducerStateTest {
    private static final short EPOCH = 3;

    private final ProducerState state = new ProducerState(2, Duration.ofHours(24));

    @Test
    void unknownProducerMayBeginAtAnySequence() {
        assertThat(state.check(1, EPOCH, 700, 5)).isEqualTo(new Decision.Append());
    }

    @Test
    void duplicateBatchAnswersOriginalOffset() {
        append(1, EPOCH, 0, 5, 40);
        append(1, EPOCH, 5, 2, 90);

        assertThat(state.check(1, EPOCH, 0, 5)).isEqualTo(new Decision.Duplicate(40, 45));
        assertThat(state.check(1, EPOCH, 5, 2)).isEqualTo(new Decision.Duplicate(90, 92));
        assertThat(state.check(1, EPOCH, 7, 2)).isEqualTo(new Decision.Append());
    }

    @Test
    void onlyAnExactRepeatIsADuplicate() {
        append(1, EPOCH, 0, 5, 40);

        assertThat(state.check(1, EPOCH, 0, 4)).isEqualTo(new Decision.OutOfOrder(5));
        assertThat(state.check(1, EPOCH, 3, 2)).isEqualTo(new Decision.OutOfOrder(5));
        assertThat(state.check(1, EPOCH, 6, 1)).isEqualTo(new Decision.OutOfOrder(5));
    }

    @Test
    void newestBatchesAreRemembered() {
        int appended = ProducerState.BATCHES_KEPT + 1;
        for (int i = 0; i < appended; i++) {
            append(1, EPOCH, i, 1, 100 + i);
        }

        assertThat(state.check(1, EPOCH, 0, 1)).isEqualTo(new Decision.OutOfOrder(appended));
        for (int i = 1; i < appended; i++) {
            assertThat(state.check(1, EPOCH, i, 1)).isEqualTo(new Decision.Duplicate(100 + i, 101 + i));
        }
    }

    @Test
    void sequencesGoOnAtZeroBehindTheLargest() {
        append(1, EPOCH, Integer.MAX_VALUE - 1, 2, 40);
        assertThat(state.check(1, EPOCH, 0, 1)).isEqualTo(new Decision.Append());

        append(1, EPOCH, Integer.MAX_VALUE - 1, 4, 50);
        assertThat(state.check(1, EPOCH, 2, 1)).isEqualTo(new Decision.Append());
        assertThat(state.check(1, EPOCH, 1, 1)).isEqualTo(new Decision.OutOfOrder(2));
    }

    @Test
    void olderEpochIsFencedAndNewerOneBeginsAtZero() {
        append(1, EPOCH, 0, 5, 40);

        assertThat(state.check(1, (short) 2, 5, 1)).isEqualTo(new Decision.Fenced(EPOCH));
        assertThat(state.check(1, (short) 4, 5, 1)).isEqualTo(new Decision.OutOfOrder(0));
        assertThat(state.check(1, (short) 4, 0, 1)).isEqualTo(new Decision.Append());
        append(1, (short) 4, 0, 1, 50);
        assertThat(state.check(1, (short) 4, 0, 5)).isEqualTo(new Decision.OutOfOrder(1));
        assertThat(state.check(1, EPOCH, 5, 1)).isEqualTo(new Decision.Fenced((short) 4));
    }

    @Test
    void newProducersAreRefusedAtTheLimitButNeverOnAReplica() {
        append(1, EPOCH, 0, 1, 0);
        append(2, EPOCH, 0, 1, 1);

        assertThat(state.check(3, EPOCH, 0, 1)).isEqualTo(new Decision.TooMany(2));
        assertThat(state.check(2, EPOCH, 1, 1)).isEqualTo(new Decision.Append());
        append(3, EPOCH, 0, 1, 2);
        assertThat(state.size()).isEqualTo(3);
    }

    @Test
    void producersExpireByLeaderTimeSinceTheirLastBatch() {
        long day = Duration.ofHours(24).toMillis();
        state.append(1, EPOCH, new ProducerEntry.Batch(0, 1, 0), 1_000);
        state.append(2, EPOCH, new ProducerEntry.Batch(0, 1, 1), 2_000);
        state.append(1, EPOCH, new ProducerEntry.Batch(1, 1, 2), 3_000);

        state.expire(1_999 + day);
        assertThat(state.size()).isEqualTo(2);
        state.expire(2_000 + day);
        assertThat(state.entries()).extracting(ProducerEntry::producerId).containsExactly(1L);
        state.expire(3_000 + day);
        assertThat(state.size()).isZero();
    }

    @Test
    void copyIsIndependent() {
        append(1, EPOCH, 0, 1, 0);
        var copy = state.copy();
        append(1, EPOCH, 1, 1, 1);
        append(2, EPOCH, 0, 1, 2);

        assertThat(copy.size()).isEqualTo(1);
        assertThat(copy.check(1, EPOCH, 1, 1)).isEqualTo(new Decision.Append());
    }

    @Test
    void valuesThatAreNoIdempotentBatchAreRefused() {
        assertThatThrownBy(() -> state.check(-1, EPOCH, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> state.check(1, (short) -1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> state.check(1, EPOCH, -1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> state.check(1, EPOCH, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        var twice = new ProducerEntry(1, EPOCH, 0, List.of(new ProducerEntry.Batch(0, 1, 0)));
        assertThatThrownBy(() -> ProducerState.of(List.of(twice, twice))).hasMessageContaining("twice");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void behavesAsAListOfAllBatchesWould(long seed) {
        var random = new Random(seed);
        var model = new NaiveProducers();
        var tested = new ProducerState(1_000, NaiveProducers.EXPIRY);
        long time = 0;
        long offset = 0;
        for (int i = 0; i < 4_000; i++) {
            time += random.nextInt(20);
            model.expire(time);
            tested.expire(time);
            long id = random.nextInt(6);
            short epoch = (short) (random.nextInt(10) == 0 ? random.nextInt(4) : model.epochOf(id));
            int first = model.anySequence(id, random);
            int count = 1 + random.nextInt(3);
            var decision = tested.check(id, epoch, first, count);

            assertThat(decision).as("seed %d, step %d", seed, i).isEqualTo(model.check(id, epoch, first, count));
            if (decision instanceof Decision.Append) {
                model.append(id, epoch, new ProducerEntry.Batch(first, count, offset), time);
                tested.append(id, epoch, new ProducerEntry.Batch(first, count, offset), time);
                offset += count;
            }
            if (i % 100 == 0) {
                assertThat(ProducerState.of(1_000, NaiveProducers.EXPIRY, tested.entries())
                                .entries())
                        .isEqualTo(tested.entries())
                        .isEqualTo(model.entries());
                tested = tested.copy();
            }
        }
    }

    private void append(long producerId, short epoch, int firstSequence, int count, long baseOffset) {
        state.append(producerId, epoch, new ProducerEntry.Batch(firstSequence, count, baseOffset), 0);
    }

    /** Every batch ever appended in one list, searched from the end. */
    private static final class NaiveProducers {
        static final Duration EXPIRY = Duration.ofMillis(300);

        private record Appended(long producerId, short epoch, ProducerEntry.Batch batch, long time) {}

        private final List<Appended> all = new ArrayList<>();

        void expire(long now) {
            var gone = all.stream()
                    .map(Appended::producerId)
                    .distinct()
                    .filter(id -> now - newest(id).time >= EXPIRY.toMillis())
                    .toList();
            all.removeIf(appended -> gone.contains(appended.producerId));
        }

        short epochOf(long id) {
            var own = of(id);
            return own.isEmpty() ? 0 : own.get(own.size() - 1).epoch;
        }

        /** Often the next one, sometimes an earlier one, sometimes nonsense; near the wrap for one producer. */
        int anySequence(long id, Random random) {
            var own = of(id);
            if (own.isEmpty()) {
                return id == 0 ? Integer.MAX_VALUE - 2 : random.nextInt(10);
            }
            int kind = random.nextInt(10);
            if (kind < 6) {
                return next(own.get(own.size() - 1).batch);
            }
            return kind < 9 ? own.get(random.nextInt(own.size())).batch.firstSequence() : random.nextInt(10);
        }

        Decision check(long id, short epoch, int first, int count) {
            var own = of(id);
            if (own.isEmpty()) {
                return new Decision.Append();
            }
            short current = own.get(own.size() - 1).epoch;
            if (epoch != current) {
                return epoch < current
                        ? new Decision.Fenced(current)
                        : first == 0 ? new Decision.Append() : new Decision.OutOfOrder(0);
            }
            var window = window(own);
            for (var kept : window) {
                if (kept.firstSequence() == first && kept.recordCount() == count) {
                    return new Decision.Duplicate(kept.baseOffset(), kept.baseOffset() + count);
                }
            }
            int expected = next(window.get(window.size() - 1));
            return first == expected ? new Decision.Append() : new Decision.OutOfOrder(expected);
        }

        void append(long id, short epoch, ProducerEntry.Batch batch, long time) {
            all.add(new Appended(id, epoch, batch, time));
        }

        List<ProducerEntry> entries() {
            return all.stream()
                    .filter(appended -> newest(appended.producerId).equals(appended))
                    .map(last -> new ProducerEntry(last.producerId, last.epoch, last.time, window(of(last.producerId))))
                    .toList();
        }

        private List<ProducerEntry.Batch> window(List<Appended> own) {
            short current = own.get(own.size() - 1).epoch;
            var ofEpoch = own.stream()
                    .filter(appended -> appended.epoch == current)
                    .map(Appended::batch)
                    .toList();
            return ofEpoch.subList(Math.max(0, ofEpoch.size() - ProducerState.BATCHES_KEPT), ofEpoch.size());
        }

        private Appended newest(long id) {
            var own = of(id);
            return own.get(own.size() - 1);
        }

        private List<Appended> of(long id) {
            return all.stream().filter(appended -> appended.producerId == id).toList();
        }

        private static int next(ProducerEntry.Batch batch) {
            return (int) (((long) batch.firstSequence() + batch.recordCount()) % (1L << 31));
        }
    }
}
