package io.cordwood.store;

/**
 * How a file is opened.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum OpenMode {
    /** It must exist and is read only. */
    READ,
    /** It must exist; read and write. */
    WRITE,
    /** It must not exist; read and write. Its name is durable after a force of the directory. */
    CREATE
}
