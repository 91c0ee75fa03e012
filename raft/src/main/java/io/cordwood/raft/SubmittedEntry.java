package io.cordwood.raft;

import io.cordwood.partition.EntryCodec;
import io.cordwood.partition.PartitionEntry;
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
    /**
     * Goes with an entry that has no payload: Ratis brings an entry to {@code write}, where the tail takes it, only together with
     * state machine data.
     */
    static final ByteString NO_PAYLOAD = ByteString.copyFrom(new byte[1]);

    private final PartitionEntry entry;
    private final long draftTerm;
    private final byte[] payload;
    private final ByteString header;
    private final ByteString content;

    SubmittedEntry(PartitionEntry entry, long draftTerm, byte[] payload) {
        this.entry = entry;
        this.draftTerm = draftTerm;
        this.payload = payload;
        header = UnsafeByteOperations.unsafeWrap(EntryCodec.encode(entry));
        content = payload.length == 0 ? NO_PAYLOAD : UnsafeByteOperations.unsafeWrap(payload);
    }

    PartitionEntry entry() {
        return entry;
    }

    /** The term in which it was decided. */
    long draftTerm() {
        return draftTerm;
    }

    ByteString header() {
        return header;
    }

    /** The same bytes as {@link #getContent}, mutable; empty where the entry has none. */
    ByteBuffer payload() {
        return ByteBuffer.wrap(payload);
    }

    @Override
    public ByteString getContent() {
        return content;
    }
}
