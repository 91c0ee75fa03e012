package io.cordwood.store;

/** What a power loss leaves of what was not forced. */
public enum CrashMode {
    NOTHING_UNFORCED,
    EVERYTHING,
    /** The operations up to some point, in the order in which they were made. */
    PREFIX,
    /** Of each write any 512-byte sectors, of each other operation all or nothing. */
    RANDOM_SECTORS,
    /** All, but the last write only in part. */
    TORN_LAST_WRITE,
    /** Files have the names that they were given, and of their bytes what was forced. */
    NAMES_ONLY,
    /** Files have all of their bytes, and the names that were forced: those of before a rename, say. */
    BYTES_ONLY
}
