package io.cordwood.server.rpc;

import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TextFormat;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for each call that changes something other than records: who called, what, with which
 * arguments, what came of it and what was answered. The line is of the node that took the call, also where
 * another one carries it out, and comes with the answer; a call that was not let in has one too, and one
 * that ended before it was made.
 *
 * <p>Invariant: a call has one line, whose arguments and answer are bounded, and it is one line whatever
 * they hold.
 *
 * <p><b>Thread:</b> any.
 */
final class AuditLog implements ServerInterceptor {
    /** By which whoever keeps the lines apart finds them. */
    static final String LOGGER_NAME = "cordwood.audit";

    private static final Logger AUDIT = LoggerFactory.getLogger(LOGGER_NAME);
    /** Of arguments and answer each; all settings of a topic before and after a change find room. */
    private static final int TEXT_MAX_CHARS = 4_000;

    /** What a method does. */
    enum Kind {
        /** Something that is not records; audited. */
        CHANGES,
        READS,
        /** It moves records, or prepares that, or keeps account of it. */
        DATA
    }

    /** Every method of our services. One that is missing here is audited. */
    static final Map<String, Kind> METHODS = Map.ofEntries(
            kind(TopicServiceGrpc.getCreateTopicMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getDeleteTopicMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getTrimPartitionMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getAlterTopicConfigMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getCreatePartitionsMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getTransferLeadershipMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getAlterReplicasMethod(), Kind.CHANGES),
            kind(TopicServiceGrpc.getGetTopicMethod(), Kind.READS),
            kind(TopicServiceGrpc.getListTopicsMethod(), Kind.READS),
            kind(TopicServiceGrpc.getGetTopicConfigMethod(), Kind.READS),
            kind(ClusterServiceGrpc.getAddNodeMethod(), Kind.CHANGES),
            kind(ClusterServiceGrpc.getReplaceNodeMethod(), Kind.CHANGES),
            kind(ClusterServiceGrpc.getDescribeClusterMethod(), Kind.READS),
            kind(ClusterServiceGrpc.getDescribePartitionsMethod(), Kind.READS),
            kind(ClusterServiceGrpc.getExplainMethod(), Kind.READS),
            kind(GroupServiceGrpc.getDeleteGroupMethod(), Kind.CHANGES),
            kind(GroupServiceGrpc.getDeleteOffsetsMethod(), Kind.CHANGES),
            kind(GroupServiceGrpc.getResetOffsetsMethod(), Kind.CHANGES),
            kind(GroupServiceGrpc.getListGroupsMethod(), Kind.READS),
            kind(GroupServiceGrpc.getDescribeGroupMethod(), Kind.READS),
            kind(GroupServiceGrpc.getGetLagMethod(), Kind.READS),
            kind(GroupServiceGrpc.getJoinGroupMethod(), Kind.DATA),
            kind(GroupServiceGrpc.getCommitOffsetsMethod(), Kind.DATA),
            kind(GroupServiceGrpc.getFetchOffsetsMethod(), Kind.DATA),
            kind(DataServiceGrpc.getPublishMethod(), Kind.DATA),
            kind(DataServiceGrpc.getSubscribeMethod(), Kind.DATA),
            kind(DataServiceGrpc.getProduceMethod(), Kind.DATA),
            kind(DataServiceGrpc.getFetchMethod(), Kind.DATA),
            kind(DataServiceGrpc.getListOffsetsMethod(), Kind.READS),
            kind(DataServiceGrpc.getInitProducerMethod(), Kind.DATA));

    private static Map.Entry<String, Kind> kind(MethodDescriptor<?, ?> method, Kind kind) {
        return Map.entry(method.getFullMethodName(), kind);
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var name = call.getMethodDescriptor().getFullMethodName();
        boolean audited =
                name.startsWith(CallGate.OUR_SERVICES) && METHODS.getOrDefault(name, Kind.CHANGES) == Kind.CHANGES;
        if (!audited) {
            return next.startCall(call, headers);
        }
        var auditedCall = new AuditedCall<>(call, CallerAddress.of(call, headers));
        return new SimpleForwardingServerCallListener<>(next.startCall(auditedCall, headers)) {
            @Override
            public void onMessage(Q message) {
                auditedCall.request = message;
                super.onMessage(message);
            }

            /** Where no handler closed the call, gRPC did. */
            @Override
            public void onComplete() {
                auditedCall.write(Status.Code.UNKNOWN.name());
                super.onComplete();
            }

            /** What was begun goes on, and has its line when it is done. */
            @Override
            public void onCancel() {
                if (auditedCall.request == null) {
                    auditedCall.write(Status.Code.CANCELLED.name());
                }
                super.onCancel();
            }
        };
    }

    private static final class AuditedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private final long startNanos = System.nanoTime();
        private final String peer;
        private final AtomicBoolean written = new AtomicBoolean();
        private volatile @Nullable Q request;
        private volatile @Nullable R answer;

        private AuditedCall(ServerCall<Q, R> call, String peer) {
            super(call);
            this.peer = peer;
        }

        @Override
        public void sendMessage(R message) {
            answer = message;
            super.sendMessage(message);
        }

        /** The handler's last act, also when the caller has gone away meanwhile. */
        @Override
        public void close(Status status, Metadata trailers) {
            write(status.isOk() ? "OK" : status.getCode() + " " + Errors.reason(status, trailers));
            super.close(status, trailers);
        }

        private void write(String outcome) {
            if (!written.compareAndSet(false, true)) {
                return;
            }
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
            var name = getMethodDescriptor().getFullMethodName();
            AUDIT.atInfo()
                    .setMessage("{} from {}: {}")
                    .addArgument(name)
                    .addArgument(peer)
                    .addArgument(outcome)
                    .addKeyValue("peer", peer)
                    .addKeyValue("call", name)
                    .addKeyValue("outcome", outcome)
                    .addKeyValue("ms", ms)
                    .addKeyValue("arguments", text(request))
                    .addKeyValue("answer", text(answer))
                    .log();
        }
    }

    /** Control characters are escaped in it. */
    private static String text(@Nullable Object said) {
        var text = said instanceof MessageOrBuilder message
                ? TextFormat.printer().emittingSingleLine(true).printToString(message)
                : "";
        return text.length() <= TEXT_MAX_CHARS ? text : text.substring(0, TEXT_MAX_CHARS) + "...";
    }
}
