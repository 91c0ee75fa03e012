package io.cordwood.client;

import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.JoinGroupResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;

/**
 * One JoinGroup stream of a member to one node.
 *
 * <p>Invariant: after its end, whoever ended it, nothing is sent and nothing is reported; after the last
 * word nothing is sent.
 *
 * <p><b>Thread:</b> the membership's; gRPC's threads only hand over tasks.
 */
final class GroupStream {
    private final HostPort address;
    private final Owner owner;
    private final ClientCallStreamObserver<JoinGroupRequest> requests;
    private boolean ended;
    private boolean saidAll;

    /** Whose stream it is. */
    interface Owner {
        /** Has a task run on the owner's thread, behind those before it. */
        void post(Runnable task);

        void received(GroupStream stream, JoinGroupResponse response);

        /** The node has nothing more to say. */
        void completed(GroupStream stream);

        /** The node has ended it with a reason, or it broke. */
        void ended(GroupStream stream, CordwoodException reason);
    }

    GroupStream(HostPort address, Channel channel, Owner owner) {
        this.address = address;
        this.owner = owner;
        this.requests = (ClientCallStreamObserver<JoinGroupRequest>)
                GroupServiceGrpc.newStub(channel).joinGroup(answers());
    }

    HostPort address() {
        return address;
    }

    void send(Consumer<JoinGroupRequest.Builder> kind) {
        if (!ended && !saidAll) {
            var request = JoinGroupRequest.newBuilder();
            kind.accept(request);
            requests.onNext(request.build());
        }
    }

    /** The member has nothing more to say; what it has said arrives. */
    void lastWord() {
        if (!ended && !saidAll) {
            saidAll = true;
            requests.onCompleted();
        }
    }

    /** Nobody waits for its end any more. */
    void letGo() {
        lastWord();
        ended = true;
    }

    void cancel() {
        if (!ended) {
            ended = true;
            requests.cancel("the member goes on elsewhere", null);
        }
    }

    private void end(CordwoodException reason) {
        if (!ended) {
            ended = true;
            owner.ended(this, reason);
        }
    }

    private StreamObserver<JoinGroupResponse> answers() {
        return new StreamObserver<>() {
            @Override
            public void onNext(JoinGroupResponse response) {
                owner.post(() -> {
                    if (!ended) {
                        owner.received(GroupStream.this, response);
                    }
                });
            }

            @Override
            public void onError(Throwable failure) {
                var reason = StatusTranslation.of(failure);
                owner.post(() -> end(reason));
            }

            @Override
            public void onCompleted() {
                owner.post(() -> {
                    if (!ended) {
                        ended = true;
                        owner.completed(GroupStream.this);
                    }
                });
            }
        };
    }
}
