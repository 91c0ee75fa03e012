package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.EntryCodec;
import java.nio.ByteBuffer;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * An entry on its way from the appender into the raft log; the state machine recognises its own entries by this type.
 *
 * <p>Thread: built by the appender; its payload is stamped once under the log write lock and not changed after.
 */
final class SubmittedEntry implements Message {
    private final AppendEntry entry;
    private final long draftTerm;
    private final byte[] payload;
    private final ByteString header;
    private final ByteString content;

    SubmittedEntry(AppendEntry entry, long draftTerm, byte[] payload) {
        this.entry = entry;
        this.draftTerm = draftTerm;
        this.payload = payload;
        header = UnsafeByteOperations.unsafeWrap(EntryCodec.encode(entry));
        content = UnsafeByteOperations.unsafeWrap(payload);
    }

    AppendEntry entry() {
        return entry;
    }

    /** The term in which its offsets were given out. */
    long draftTerm() {
        return draftTerm;
    }

    ByteString header() {
        return header;
    }

    /** The same bytes as {@link #getContent}, mutable. */
    ByteBuffer payload() {
        return ByteBuffer.wrap(payload);
    }

    @Override
    public ByteString getContent() {
        return content;
    }
}
