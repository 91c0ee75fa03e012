package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trims that come while a pass is made, or before its entry, and take a part of what becomes one file. */
class CompactionPassTest {
    @TempDir
    Path temporary;

    /** Small segments of two offsets each, of which several become one file; each has an older value of the same key. */
    private static CompactedLog filled(Disk disk, Path root) throws IOException {
        var log = new CompactedLog(disk, root);
        for (int i = 0; i < 12; i++) {
            log.append(Compression.NONE, true, List.of(new String[] {"a", "value " + i}, new String[] {"k" + i, "x"}));
        }
        return log;
    }

    @Test
    void groupThatLosesSegmentsBehindThePassIsMadeAgain() throws Exception {
        try (var log = filled(new SimulatedDisk(1), temporary)) {
            assertThat(log.compact(100, () -> log.trim(4))).isTrue();

            log.check("trimmed behind the pass");
            var first = log.table().sealed().get(0);
            assertThat(first.baseOffset()).isEqualTo(4);
            assertThat(first.compactionGeneration()).isEqualTo(1);
            assertThat(first.endOffset()).isGreaterThan(8);
            assertThat(log.test().fileNames()).doesNotContain(Segment.fileName(0, 1));
            log.restart();
            log.check("repeated");
        }
    }

    @Test
    void groupThatLosesSegmentsWhileItIsMadeKeepsTheRest() throws Exception {
        var disk = new TrimmingDisk(new SimulatedDisk(1));
        try (var log = filled(disk, temporary)) {
            disk.beforeTheNextFile = () -> log.trim(3); // inside the second segment

            assertThat(log.compact(100)).isTrue();

            log.check("trimmed within the pass");
            assertThat(log.table().sealed().get(0).baseOffset()).isEqualTo(2);
            assertThat(log.table().sealed().get(0).compactionGeneration()).isEqualTo(1);
            log.restart();
            log.check("repeated");
        }
    }

    @Test
    void groupIsMadeAgainInTheRoomOfWhatItWas() throws Exception {
        var disk = new TrimmingDisk(new SimulatedDisk(1));
        try (var log = filled(disk, temporary)) {
            var old = log.test().directory().resolve(Segment.fileName(0, 1));
            var wasThere = new ArrayList<Boolean>();

            log.compact(100, () -> {
                wasThere.add(disk.exists(old));
                disk.beforeTheNextFile = () -> wasThere.add(disk.exists(old));
                log.trim(4);
            });

            assertThat(wasThere).containsExactly(true, false);
            log.check("made again");
        }
    }

    @Test
    void groupThatIsTrimmedAsAWholeIsLeftOut() throws Exception {
        try (var log = filled(new SimulatedDisk(1), temporary)) {
            long end = log.table().active().baseOffset();

            assertThat(log.compact(100, () -> log.trim(end))).isTrue();

            assertThat(log.table().sealed()).isEmpty();
            assertThat(log.test().fileNames()).noneMatch(name -> name.endsWith(".1.log"));
            log.check("all trimmed");
        }
    }

    /** Does something once, just before a pass creates a file. */
    private static final class TrimmingDisk extends ForwardingDisk {
        private CompactedLog.@Nullable Step beforeTheNextFile;

        TrimmingDisk(Disk inner) {
            super(inner);
        }

        @Override
        public DiskFile open(Path file, OpenMode mode) throws IOException {
            var due = beforeTheNextFile;
            if (due != null && file.toString().endsWith(".1.log.tmp")) {
                beforeTheNextFile = null;
                due.run();
            }
            return super.open(file, mode);
        }
    }
}
