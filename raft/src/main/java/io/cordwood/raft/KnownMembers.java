package io.cordwood.raft;

import java.io.IOException;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/**
 * Takes the members out of notifications to install a state where the replica has the very same ones. Ratis
 * removes its members before it puts in what a notification brings, and nothing keeps an election out in
 * between: a replica that stood for election just then, as one that has just started does, found itself no
 * member of its group and closed it.
 *
 * <p>Thread: any; asked on gRPC's threads.
 *
 * <p>Source: Ratis 3.3.0, {@code SnapshotInstallationHandler.installSnapshotImpl},
 * {@code ConfigurationManager.removeConfigurations} and {@code LeaderElection.submitRequestAndWaitResult}.
 */
final class KnownMembers implements ServerInterceptor {
    private volatile @Nullable RaftServer server;

    /** Whose groups these are, before it starts. */
    void of(RaftServer server) {
        this.server = server;
    }

    private Object withoutKnown(Object message) {
        return message instanceof InstallSnapshotRequestProto install
                        && install.hasLastRaftConfigurationLogEntryProto()
                        && knows(install)
                ? install.toBuilder().clearLastRaftConfigurationLogEntryProto().build()
                : message;
    }

    private boolean knows(InstallSnapshotRequestProto install) {
        var asked = server;
        if (asked == null) {
            return false;
        }
        try {
            var group = RaftGroupId.valueOf(
                    install.getServerRequest().getRaftGroupId().getId());
            var told = LogProtoUtils.toRaftConfiguration(install.getLastRaftConfigurationLogEntryProto());
            return asked.getDivision(group).getRaftConf().equals(told);
        } catch (IOException e) {
            return false; // Ratis says to the leader what is wrong
        }
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<Q>(next.startCall(call, headers)) {
            @Override
            @SuppressWarnings("unchecked") // of the same type
            public void onMessage(Q message) {
                super.onMessage((Q) withoutKnown(message));
            }
        };
    }
}
