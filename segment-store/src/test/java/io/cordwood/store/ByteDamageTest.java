package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    private static final int FIXTURES = Boolean.getBoolean("cordwood.nightly") ? 10 : 1;

    private OffsetIndex index;
    private final List<DamagedStore> stores = new ArrayList<>();
    private final Map<DamagedStore.Outcome, Integer> counts = new EnumMap<>(DamagedStore.Outcome.class);

    @BeforeAll
    void fillStore(@TempDir Path temporary) throws IOException {
        index = OffsetIndex.open(temporary.resolve("index"));
        index.close(); // what it said would hide damage
        for (long seed = 0; seed < FIXTURES; seed++) {
            var store = new DamagedStore(index, seed);
            assertThat(store.files().keySet())
                    .containsExactlyInAnyOrder(SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME);
            assertThat(store.files().values()).allMatch(bytes -> bytes.length <= FIXTURE_MAX_BYTES);
            stores.add(store);
        }
    }

    @AfterAll
    void tell() {
        System.out.println("damages of the files of " + FIXTURES + " stores: " + counts);
    }

    @ParameterizedTest
    @ValueSource(strings = {SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME})
    void everyFlippedBitIsToldOrWithoutEffect(String name) throws IOException {
        for (var store : stores) {
            int size = store.bytesOf(name).length;
            for (int bit = 0; bit < 8 * size; bit++) {
                int flipped = bit;
                damage(store, name, "bit " + bit, bytes -> {
                    bytes[flipped / 8] ^= (byte) (1 << flipped % 8);
                    return bytes;
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME})
    void everyLengthAndZeroedTailIsToldOrWithoutEffect(String name) throws IOException {
        for (var store : stores) {
            int size = store.bytesOf(name).length;
            for (int at = 0; at < size; at++) {
                int length = at;
                damage(store, name, "cut to " + at, bytes -> Arrays.copyOf(bytes, length));
                damage(store, name, "zeroed from " + at, bytes -> Arrays.copyOf(Arrays.copyOf(bytes, length), size));
            }
            for (int more = 1; more < 100; more++) {
                int length = size + more;
                damage(store, name, more + " bytes more", bytes -> Arrays.copyOf(bytes, length));
            }
        }
    }

    @Test
    void filesThatAreMissingSwappedOrOlderAreToldOrWithoutEffect() throws IOException {
        for (var store : stores) {
            mixFiles(store);
        }
    }

    private void mixFiles(DamagedStore store) throws IOException {
        var names = List.of(SEALED, ACTIVE, CheckpointFile.NAME, LogStartFile.NAME);
        for (var name : names) {
            var without = store.files();
            without.remove(name);
            count(store, without, name + " missing");
            for (var other : names) {
                var swapped = store.files();
                swapped.put(name, store.bytesOf(other));
                swapped.put(other, store.bytesOf(name));
                count(store, swapped, name + " and " + other + " swapped");
            }
            var older = store.files();
            older.computeIfPresent(name, (key, bytes) -> store.earlier().getOrDefault(key, bytes));
            count(store, older, name + " of before");
            var newer = store.earlier();
            newer.put(name, store.bytesOf(name));
            count(store, newer, "all but " + name + " of before");
        }
        count(store, store.earlier(), "all of before");
    }

    private void damage(DamagedStore store, String name, String how, UnaryOperator<byte[]> damage) throws IOException {
        var damaged = store.files();
        damaged.put(name, damage.apply(store.bytesOf(name)));
        count(store, damaged, name + ", " + how);
    }

    private void count(DamagedStore store, Map<String, byte[]> damaged, String how) throws IOException {
        QuietLogger.during(
                RetentionSearch.class,
                () -> counts.merge(
                        store.open(damaged, "store " + stores.indexOf(store) + ", " + how), 1, Integer::sum));
    }
}
