package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of a log with keys: batches of all codecs, tombstones, rolls, new epochs, passes with little and with much
 * memory, trims, checkpoints and restarts. The log holds what a list of all records would.
 */
class CompactionSimulationTest {
    private static final int STEPS = 120;
    private static final int SEEDS = Boolean.getBoolean("cordwood.nightly") ? 200 : 5;

    @TempDir
    Path temporary;

    private Random random = new Random(0);
    private final Map<String, String> newest = new HashMap<>();

    static Stream<Arguments> worlds() {
        return Stream.of(DiskKind.values())
                .flatMap(
                        kind -> Stream.iterate(0, seed -> seed + 1).limit(SEEDS).map(seed -> Arguments.of(kind, seed)));
    }

    @ParameterizedTest
    @MethodSource("worlds")
    void theLogHoldsWhatAListOfAllRecordsWould(DiskKind kind, int seed) throws Exception {
        random = new Random(seed);
        try (var log = new CompactedLog(kind.create(), temporary)) {
            for (int step = 0; step < STEPS; step++) {
                step(log);
                log.check("seed " + seed + ", step " + step);
            }
            compactAll(log);
            log.check("seed " + seed);
            assertKeysAreUnique(log);
            assertNewestValuesAreThere(log);
        }
    }

    private void step(CompactedLog log) throws IOException {
        int kind = random.nextInt(100);
        if (kind < 66) {
            append(log);
        } else if (kind < 82) {
            log.compact(1 + random.nextInt(12), random.nextInt(4) == 0 ? () -> trim(log) : () -> {});
        } else if (kind < 88) {
            log.takeCheckpoint();
        } else if (kind < 93) {
            log.restart();
        } else if (kind < 96) {
            log.nextEpoch();
        } else if (kind < 98) {
            log.pass(random.nextInt(1_500));
        } else {
            trim(log);
        }
    }

    private void append(CompactedLog log) throws IOException {
        var pairs = new ArrayList<String[]>();
        for (int left = 1 + random.nextInt(6); left > 0; left--) {
            var key = "key " + random.nextInt(14);
            var value = random.nextInt(5) == 0 ? null : "v".repeat(random.nextInt(120)) + random.nextInt();
            pairs.add(new String[] {key, value});
            newest.put(key, value);
        }
        var codecs = Compression.values();
        log.append(codecs[random.nextInt(codecs.length)], random.nextInt(4) == 0, pairs);
    }

    private void trim(CompactedLog log) throws IOException {
        var sealed = log.table().sealed();
        if (!sealed.isEmpty()) {
            log.trim(sealed.get(0).endOffset() - random.nextInt(2));
            newest.keySet()
                    .removeIf(key -> log.records().stream()
                            .noneMatch(record -> record.key().equals(key)));
        }
    }

    private static void compactAll(CompactedLog log) throws IOException {
        while (log.compact(5)) {
            log.takeCheckpoint();
        }
    }

    private static void assertKeysAreUnique(CompactedLog log) {
        var keys = log.records().stream()
                .filter(record -> record.offset() < log.compactedEnd())
                .map(CompactedLog.Kept::key)
                .toList();
        assertThat(keys).doesNotHaveDuplicates();
        assertThat(log.compactedEnd()).isEqualTo(log.table().active().baseOffset());
    }

    private void assertNewestValuesAreThere(CompactedLog log) {
        var found = new HashMap<String, String>();
        log.records().forEach(record -> found.put(record.key(), record.value()));
        newest.forEach((key, value) -> {
            if (value != null || found.containsKey(key)) {
                assertThat(found).containsEntry(key, value);
            }
        });
    }
}
