package io.cordwood.store;

import java.util.function.LongSupplier;

/**
 * What all logs of a node share.
 *
 * <p><b>Thread:</b> any; all parts are safe for many threads.
 *
 * @param reserveBytes what files that are copied leave on the disk, for what comes in meanwhile
 */
public record Storage(Disk disk, OffsetIndex index, LongSupplier reserveBytes) {

    public Storage(Disk disk, OffsetIndex index) {
        this(disk, index, () -> LogFiles.RESERVE_BYTES);
    }
}
