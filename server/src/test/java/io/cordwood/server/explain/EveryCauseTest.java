package io.cordwood.server.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.explain.GroupPicture.Assignment;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Told;
import io.cordwood.server.explain.GroupPicture.Work;
import io.cordwood.server.explain.LagPicture.Rates;
import io.cordwood.server.explain.PartitionPicture.Standing;
import io.cordwood.server.health.Hindrance;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No code is left that nothing leads to: each is the one cause of a picture in which just that is wrong. */
class EveryCauseTest {
    private static final Duration HOUR = Duration.ofHours(1);

    @ParameterizedTest
    @EnumSource(CauseCode.class)
    void causeIsRecognised(CauseCode code) {
        assertThat(causes(code)).singleElement().satisfies(cause -> {
            assertThat(cause.code()).isEqualTo(code);
            assertThat(cause.sentence()).isNotEmpty();
        });
    }

    private static List<Cause> causes(CauseCode code) {
        return switch (code) {
            case NO_METADATA_LEADER -> Explainer.topic(Pictures.leaderless());
            case NO_MAJORITY -> topic(Pictures.partition(Standing.SOUND, Standing.LOST, Standing.SILENT));
            case NO_LEADER -> topic(Pictures.partition(OptionalInt.empty(), Standing.SOUND));
            case UNDER_REPLICATED -> topic(Pictures.partition(Standing.SOUND, Standing.SOUND, Standing.LOST));
            case NODE_DEAD -> node(Pictures.node(3, NodeState.DEAD));
            case NODE_AWAY -> node(Pictures.node(3, NodeState.DRAINING));
            case NODE_NOT_READY -> node(Pictures.node(hindered()));
            case DISK -> node(Pictures.node(3, Level.FULL));
            case NO_MEMBER -> explain(Pictures.emptyGroup(HOUR, Pictures.ownedWork(Pictures.lag())));
            case SILENT_MEMBER ->
                explain(Pictures.group(
                        TrimmedOffsets.EARLIEST, Duration.ofSeconds(9), Pictures.ownedWork(Pictures.lag())));
            default -> explain(Pictures.group(work(code)));
        };
    }

    private static Work work(CauseCode code) {
        var lag = Optional.of(Pictures.lag());
        return switch (code) {
            case NOT_SUBSCRIBED -> Pictures.work(Assignment.NONE, lag, Told.NOTHING);
            case MOVING -> Pictures.work(new Assignment("a", true, "b"), lag, Told.NOTHING);
            case FENCED ->
                Pictures.work(
                        Pictures.ownedBy("a"),
                        lag,
                        Pictures.fenced(new Fenced("b", Reason.MEMBER_FENCED, false, HOUR)));
            case PAUSED -> Pictures.toldWork(Pictures.paused());
            case NO_CREDITS -> Pictures.toldWork(Pictures.full());
            case SLOW_HANDLER -> Pictures.toldWork(Pictures.processing(HOUR));
            case FAILING_RECORD -> Pictures.toldWork(Pictures.failed(1));
            case STOPPED -> Pictures.toldWork(Pictures.stopped(false, "why"));
            case OUT_OF_RANGE -> Pictures.toldWork(Pictures.stopped(true, "why"));
            case TOO_SLOW ->
                Pictures.ownedWork(Pictures.lag(HOUR, Optional.empty(), Pictures.rates(1, 2, Optional.empty())));
            case RETENTION_NEAR -> Pictures.ownedWork(Pictures.lag(HOUR, Optional.of(Duration.ZERO), Rates.UNKNOWN));
            default -> throw new AssertionError("nothing leads to " + code);
        };
    }

    private static NodePicture.Health hindered() {
        return new NodePicture.Health(
                NodePicture.Answer.GIVEN,
                List.of(new Hindrance(Hindrance.Code.NOT_JOINED, "it starts")),
                List.of(),
                List.of());
    }

    private static List<Cause> explain(GroupPicture group) {
        return Explainer.group(group, Pictures.sound());
    }

    private static List<Cause> topic(PartitionPicture partition) {
        return Explainer.topic(Pictures.around(partition));
    }

    private static List<Cause> node(NodePicture node) {
        return Explainer.node(node, Pictures.sound());
    }
}
