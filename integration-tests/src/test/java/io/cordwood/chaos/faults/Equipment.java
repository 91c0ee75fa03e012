package io.cordwood.chaos.faults;

import io.cordwood.it.LoopDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this machine has for faults beyond signals and sockets.
 *
 * @param disks whether nodes can have a file system of their own, which loses its power and fills up
 * @param clock the library that gives a process a clock of its own
 * @param lacks what is missing and why, for people
 */
public record Equipment(boolean disks, Optional<Path> clock, List<String> lacks) {
    private static final List<String> LIBRARY_DIRECTORIES =
            List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib");
    private static final String CLOCK_LIBRARY = "faketime/libfaketimeMT.so.1";

    /** Directories and the machine's clock only. */
    public static final Equipment NONE = new Equipment(false, Optional.empty(), List.of());

    public Equipment {
        lacks = List.copyOf(lacks);
    }

    public static Equipment ofThisMachine() {
        var lacks = new ArrayList<String>();
        var disks = LoopDisk.missing();
        disks.ifPresent(reason -> lacks.add("no loss of power and no full disks: " + reason));
        var clock = clockLibrary();
        if (clock.isEmpty()) {
            lacks.add("no clock steps: there is no " + CLOCK_LIBRARY + " in " + LIBRARY_DIRECTORIES);
        }
        return new Equipment(disks.isEmpty(), clock, lacks);
    }

    /** Only what its faults use: clocks and disks of a node's own might do harm by themselves. */
    public Equipment neededFor(Schedule schedule) {
        var kinds = schedule.faults().stream().map(Fault::kind).collect(Collectors.toSet());
        return new Equipment(
                disks && kinds.stream().anyMatch(FaultKind::needsDisk),
                clock.filter(library -> kinds.contains(FaultKind.CLOCK_STEP)),
                lacks);
    }

    private static Optional<Path> clockLibrary() {
        return LIBRARY_DIRECTORIES.stream()
                .flatMap(directory -> Stream.of(Path.of(directory, CLOCK_LIBRARY)))
                .filter(Files::isReadable)
                .findFirst();
    }
}
