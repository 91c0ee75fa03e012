package io.cordwood.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.consumer.RecordingFile;

/**
 * The forces of files that one server process made, as its flight recording tells.
 *
 * <p>Invariant: in the order of their begins.
 *
 * <p><b>Thread:</b> immutable.
 */
record ForceLog(List<Force> forces) {
    private static final String EVENT = "jdk.FileForce";

    ForceLog {
        forces = forces.stream().sorted(Comparator.comparing(Force::begin)).toList();
    }

    /** One force, from its call to its return. */
    record Force(Path file, Instant begin, Instant end) {
        boolean within(Instant start, Instant limit) {
            return !begin.isBefore(start) && !end.isAfter(limit);
        }

        boolean ofSegment() {
            return file.getFileName().toString().matches("[0-9]{20}(\\.[0-9]+)?\\.log");
        }

        boolean ofRaftLog() {
            return file.getFileName().toString().startsWith("log_inprogress_");
        }

        boolean below(Path directory) {
            return file.startsWith(directory);
        }
    }

    static ForceLog read(Path recording) {
        try (var events = new RecordingFile(recording)) {
            var forces = new ArrayList<Force>();
            while (events.hasMoreEvents()) {
                var event = events.readEvent();
                if (event.getEventType().getName().equals(EVENT) && event.getString("path") != null) {
                    forces.add(new Force(Path.of(event.getString("path")), event.getStartTime(), event.getEndTime()));
                }
            }
            return new ForceLog(forces);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
