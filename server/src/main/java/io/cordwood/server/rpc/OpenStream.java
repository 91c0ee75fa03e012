package io.cordwood.server.rpc;

import io.cordwood.server.cluster.Refusal;

/** A streaming call that the node can end. */
interface OpenStream {
    /** Takes no more, finishes what is in flight and ends the call with this error. Thread: any. */
    void stop(Refusal refusal);
}
