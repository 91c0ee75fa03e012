package io.cordwood.coordinator;

import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import java.util.ArrayList;
import java.util.List;

/**
 * A coordinator in virtual time, for tests, over the metadata of a cluster with one topic, "orders" of four
 * partitions. The log takes every proposal when it is told to.
 */
final class CoordinatorWorld {
    final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    /** Of the clock. */
    long millis;

    private final CoordinatorConfig config;
    private long index;
    /** The newest leader's. */
    private Coordinator coordinator;

    private final class VirtualClock implements CoordinatorClock {
        @Override
        public long monotonicMillis() {
            return millis;
        }

        @Override
        public long wallMillis() {
            return 1_000_000 + millis;
        }
    }

    CoordinatorWorld(CoordinatorConfig config) {
        this.config = config;
        var node = MetadataCommands.withFeatures(MetadataCommands.node(1, "", 100_000), 1, MetadataCommand.GROUPS);
        write(MetadataCommands.form(node));
        write(new MetadataCommand.RaiseFeatureLevel(MetadataCommand.GROUPS));
        write(MetadataCommands.topic("orders", 4, 1));
        coordinator = newLeader();
    }

    private Coordinator newLeader() {
        return new Coordinator(config, new VirtualClock(), state.image());
    }

    Coordinator coordinator() {
        return coordinator;
    }

    /** Another leader begins. */
    Coordinator succeed() {
        coordinator = newLeader();
        return coordinator;
    }

    MetadataResult write(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    /** Takes what is to be done; proposals are written to the log and answered, and what comes of that too. */
    List<CoordinatorOutput> drive() {
        var all = new ArrayList<CoordinatorOutput>();
        for (var outputs = coordinator.take(); !outputs.isEmpty(); outputs = coordinator.take()) {
            all.addAll(outputs);
            for (CoordinatorOutput output : outputs) {
                if (output instanceof Propose propose) {
                    var result = write(propose.command());
                    coordinator.applied(state.image());
                    coordinator.answered(propose.proposalId(), result);
                }
            }
        }
        return all;
    }

    List<CoordinatorOutput> after(long passedMillis) {
        millis += passedMillis;
        coordinator.tick();
        return drive();
    }
}
