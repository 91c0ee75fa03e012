package io.cordwood.raft;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;

/**
 * Keeps entries, and notifications, from groups of this node that cannot take any, before Ratis sees them:
 * they get no answer. The leader sends them again when it has waited for one in vain, some seconds later;
 * an error it would follow with the same entries at once. Heartbeats pass.
 *
 * <p>Thread: any; asked on gRPC's threads.
 */
final class AppendGate implements ServerInterceptor {
    private final Map<ByteString, Group> groups = new ConcurrentHashMap<>();

    /** A group on this node. Must not block. */
    interface Group {
        /** Whether these entries must not reach Ratis. */
        boolean holds(AppendEntriesRequestProto append);

        /**
         * Whether Ratis has opened the group. One that is notified to install a state while it opens would hold
         * that for under way for ever.
         */
        default boolean isOpen() {
            return true;
        }
    }

    /** Whether any of the entries brings payload, which takes room. */
    static boolean bringsPayload(AppendEntriesRequestProto append) {
        return append.getEntriesList().stream()
                .map(entry -> entry.getStateMachineLogEntry().getStateMachineEntry())
                .anyMatch(entry -> entry.getStateMachineData().size() > SubmittedEntry.NO_PAYLOAD.size());
    }

    void put(RaftGroupId groupId, Group group) {
        groups.put(groupId.toByteString(), group);
    }

    void remove(RaftGroupId groupId) {
        groups.remove(groupId.toByteString());
    }

    private boolean holds(AppendEntriesRequestProto append) {
        var group = groups.get(append.getServerRequest().getRaftGroupId().getId());
        return group != null && append.getEntriesCount() > 0 && group.holds(append);
    }

    private boolean holdsMessage(Object message) {
        if (message instanceof AppendEntriesRequestProto append) {
            return holds(append);
        }
        return message instanceof InstallSnapshotRequestProto install && holds(install);
    }

    private boolean holds(InstallSnapshotRequestProto install) {
        var group = groups.get(install.getServerRequest().getRaftGroupId().getId());
        return group != null && !group.isOpen();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<Q>(next.startCall(call, headers)) {
            @Override
            public void onMessage(Q message) {
                if (holdsMessage(message)) {
                    call.request(1); // as its receiver would have done
                } else {
                    super.onMessage(message);
                }
            }
        };
    }
}
