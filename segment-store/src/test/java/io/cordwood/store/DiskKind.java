package io.cordwood.store;

/** The disks that every test of the store runs on. */
enum DiskKind {
    NIO,
    SIMULATED;

    Disk create() {
        return switch (this) {
            case NIO -> new NioDisk();
            case SIMULATED -> new SimulatedDisk(1);
        };
    }
}
