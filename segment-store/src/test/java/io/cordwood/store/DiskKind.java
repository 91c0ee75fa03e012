package io.cordwood.store;

/** The disks that every test of the store runs on. */
enum DiskKind {
    NIO,
    DIRECT,
    SIMULATED;

    Disk create() {
        return switch (this) {
            case NIO -> new NioDisk();
            case DIRECT -> new NioDisk(true);
            case SIMULATED -> new SimulatedDisk(1);
        };
    }
}
