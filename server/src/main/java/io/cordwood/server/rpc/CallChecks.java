package io.cordwood.server.rpc;

import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.tracing.Tracing;
import io.grpc.ServerBuilder;

/**
 * What every call passes on its way to a service, whatever it comes in by.
 *
 * <p><b>Thread:</b> any.
 */
final class CallChecks {
    private final CallGate gate;
    private final CallMeters counts;
    private final RefusedCalls refusals;
    private final AuditLog audit = new AuditLog();
    private final boolean traced;

    /** @param gate of the whole node */
    CallChecks(CallGate gate, ServerMeters meters, Tracing tracing) {
        this.traced = tracing.isOn();
        this.gate = gate;
        this.counts = new CallMeters(meters.node());
        this.refusals = new RefusedCalls(meters);
    }

    /** @param budgets of the connections to this server */
    <B extends ServerBuilder<B>> B on(B builder, ConnectionBudgets budgets) {
        if (traced) {
            builder.intercept(new TraceHeaders());
        }
        // The interceptor that is added last sees a call first: so what the gate does not let in is audited,
        // too.
        return builder.addStreamTracerFactory(counts)
                .addTransportFilter(budgets)
                .intercept(new CallerHost())
                .intercept(budgets)
                .intercept(refusals)
                .intercept(gate)
                .intercept(audit);
    }
}
