package io.cordwood.bench.restart;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.NioDisk;
import io.cordwood.store.SealedSegment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What lies in a partition's directory.
 *
 * @param sealedBytes of all segment files but the last
 * @param activeBytes of the last one
 * @param listedBytes of both, as far as the checkpoint knows them
 * @param listedSealedBytes of the sealed ones that the checkpoint lists
 */
record LogOnDisk(long sealedBytes, long activeBytes, long listedBytes, long listedSealedBytes) {

    /** Of a node that runs, or does not. */
    static LogOnDisk read(Path directory) throws IOException {
        var sizes = segmentSizes(directory);
        long all = sizes.stream().mapToLong(Long::longValue).sum();
        long active = sizes.isEmpty() ? 0 : sizes.get(sizes.size() - 1);
        var table = CheckpointFile.read(new NioDisk(), directory).map(Checkpoint::segments);
        long listedSealed = table.map(segments -> segments.sealed().stream()
                        .mapToLong(SealedSegment::sizeBytes)
                        .sum())
                .orElse(0L);
        long listedActive = table.map(segments -> segments.active().sizeBytes()).orElse(0L);
        return new LogOnDisk(all - active, active, listedSealed + listedActive, listedSealed);
    }

    /** The only partition's directory in a data directory. */
    static Path onlyPartition(Path data) throws IOException {
        try (var directories = Files.list(data.resolve("partitions"))) {
            var found = directories.filter(Files::isDirectory).toList();
            if (found.size() != 1) {
                throw new IOException("one partition expected, found: " + found);
            }
            return found.get(0);
        }
    }

    /** What a start must read again: bytes that the checkpoint does not know. */
    long behindCheckpointBytes() {
        return Math.max(0, sealedBytes + activeBytes - listedBytes);
    }

    /** Whether the checkpoint lists every segment that takes no more batches. */
    boolean sealedAreListed() {
        return listedSealedBytes == sealedBytes;
    }

    private static List<Long> segmentSizes(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            var segments = files.filter(file -> file.getFileName().toString().endsWith(".log"))
                    .sorted()
                    .toList();
            var sizes = new ArrayList<Long>();
            for (var segment : segments) {
                sizes.add(Files.size(segment));
            }
            return sizes;
        }
    }
}
