package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every bit and every length of the files of a small store: nothing wrong is served, nothing good is lost.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ByteDamageTest {
    private static final String SEALED = "00000000000000000006.log";
    private static final String ACTIVE = "00000000000000000015.log";
    private static final int FIXTURE_MAX_BYTES = 2 << 10;

    private OffsetIndex index;
    private DamagedStore store;
    private final Map<DamagedStore.Outcome, Integer> counts = new EnumMap<>(DamagedStore.Outcome.class);

    @BeforeAll
    void fillStore(@TempDir Path temporary) throws IOException {
        index = OffsetIndex.open(temporary.resolve("index"));
        index.close(); // what it said would hide damage
        store = new DamagedStore(index);
        assertThat(store.files().keySet())
                .containsExactlyInAnyOrder(SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME);
        assertThat(store.files().values()).allMatch(bytes -> bytes.length <= FIXTURE_MAX_BYTES);
    }

    @AfterAll
    void tell() {
        System.out.println("damages of a store's files: " + counts);
    }

    @ParameterizedTest
    @ValueSource(strings = {SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME})
    void everyFlippedBitIsToldOrWithoutEffect(String name) throws IOException {
        int size = store.bytesOf(name).length;
        for (int bit = 0; bit < 8 * size; bit++) {
            int flipped = bit;
            damage(name, "bit " + bit, bytes -> {
                bytes[flipped / 8] ^= (byte) (1 << flipped % 8);
                return bytes;
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME})
    void everyLengthAndZeroedTailIsToldOrWithoutEffect(String name) throws IOException {
        int size = store.bytesOf(name).length;
        for (int at = 0; at < size; at++) {
            int length = at;
            damage(name, "cut to " + at, bytes -> Arrays.copyOf(bytes, length));
            damage(name, "zeroed from " + at, bytes -> Arrays.copyOf(Arrays.copyOf(bytes, length), size));
        }
        for (int more = 1; more < 100; more++) {
            int length = size + more;
            damage(name, more + " bytes more", bytes -> Arrays.copyOf(bytes, length));
        }
    }

    @Test
    void filesThatAreMissingSwappedOrOlderAreToldOrWithoutEffect() throws IOException {
        var names = List.of(SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME);
        for (var name : names) {
            var without = store.files();
            without.remove(name);
            count(without, name + " missing");
            for (var other : names) {
                var swapped = store.files();
                swapped.put(name, store.bytesOf(other));
                swapped.put(other, store.bytesOf(name));
                count(swapped, name + " and " + other + " swapped");
            }
            var older = store.files();
            older.computeIfPresent(name, (key, bytes) -> store.earlier().getOrDefault(key, bytes));
            count(older, name + " of before");
            var newer = store.earlier();
            newer.put(name, store.bytesOf(name));
            count(newer, "all but " + name + " of before");
        }
        count(store.earlier(), "all of before");
    }

    private void damage(String name, String how, UnaryOperator<byte[]> damage) throws IOException {
        var damaged = store.files();
        damaged.put(name, damage.apply(store.bytesOf(name)));
        count(damaged, name + ", " + how);
    }

    private void count(Map<String, byte[]> damaged, String how) throws IOException {
        QuietLogger.during(RetentionSearch.class, () -> counts.merge(store.open(damaged, how), 1, Integer::sum));
    }
}
