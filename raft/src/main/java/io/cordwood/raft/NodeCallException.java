package io.cordwood.raft;

import org.apache.ratis.thirdparty.io.grpc.Status;

/** A call to another node that got no answer. */
public final class NodeCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What went wrong. */
    public enum Kind {
        /** No connection; the node may or may not have acted. */
        UNREACHABLE,
        /** No answer in time; the node may or may not have acted. */
        TIMED_OUT,
        /** The node does not know the method: it is starting, or runs another version. It did not act. */
        NO_HANDLER,
        /** Too many calls are under way there. It did not act. */
        OVERLOADED,
        /** The node answered with an error. */
        FAILED
    }

    NodeCallException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    static NodeCallException of(String address, String method, Status status) {
        var kind = switch (status.getCode()) {
            case UNAVAILABLE, CANCELLED -> Kind.UNREACHABLE;
            case DEADLINE_EXCEEDED -> Kind.TIMED_OUT;
            case UNIMPLEMENTED -> Kind.NO_HANDLER;
            case RESOURCE_EXHAUSTED -> Kind.OVERLOADED;
            default -> Kind.FAILED;
        };
        var cause = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return new NodeCallException(kind, "node at " + address + ", " + method + ": " + cause);
    }

    public Kind kind() {
        return kind;
    }
}
