package io.cordwood.raft;

import java.io.IOException;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.raftlog.LogProtoUtils;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.jspecify.annotations.Nullable;

/**
 * Takes the members out of notifications to install a state where the replica has the very same ones, or
 * where the notification comes from a leader that is deposed. Ratis removes its members before it puts in
 * what a notification brings, whatever it answers, and nothing keeps an election out in between: a replica
 * that stood for election just then, as one that has just started does, found itself no member of its group
 * and closed it.
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
                        && bringsNothing(install)
                ? install.toBuilder().clearLastRaftConfigurationLogEntryProto().build()
                : message;
    }

    private boolean bringsNothing(InstallSnapshotRequestProto install) {
        var asked = server;
        if (asked == null) {
            return false;
        }
        try {
            var group = RaftGroupId.valueOf(
                    install.getServerRequest().getRaftGroupId().getId());
            var division = asked.getDivision(group);
            return install.getLeaderTerm() < division.getInfo().getCurrentTerm()
                    || has(division, install.getLastRaftConfigurationLogEntryProto());
        } catch (IOException | RuntimeException e) {
            return false; // Ratis says to the leader what is wrong
        }
    }

    /**
     * Also in the file: of an entry that was not applied yet Ratis writes them there with a notification only, and
     * behind a catch-up nothing else tells the next start.
     */
    private static boolean has(Division division, LogEntryProto told) throws IOException {
        var own = division.getRaftConf();
        return own.getLogEntryIndex() == told.getIndex()
                && RaftMeta.areSame(
                        LogProtoUtils.toRaftConfigurationProtoBuilder(own).build(), told.getConfigurationEntry())
                && RaftMeta.hasMembers(
                        division.getRaftStorage().getStorageDir().getRoot().toPath(), told);
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
