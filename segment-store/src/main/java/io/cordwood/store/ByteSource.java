package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes of one file, to be read at any place: {@link DiskFile#read}, or a reader's way to an open file.
 *
 * <p><b>Thread:</b> any.
 */
interface ByteSource {
    int read(ByteBuffer dst, long position) throws IOException;
}
