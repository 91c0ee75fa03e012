package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.PartitionLag;
import io.cordwood.client.TopicPartition;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class GroupLagCommandTest {
    private final GroupLagCommand command = new GroupLagCommand();
    private final List<PartitionLag> all = List.of(lag("orders", 0), lag("orders", 1), lag("returns", 0));

    @Test
    void oneTopicIsShown() {
        assertThat(command.inTopic(all, "orders", topic -> {})).containsExactly(all.get(0), all.get(1));
    }

    @Test
    void topicThatThereIsNotIsRefusedAsSuch() {
        var unknown = new CordwoodException(ErrorCode.UNKNOWN_TOPIC, "no topic");

        var refusal = catchThrowableOfType(
                CordwoodException.class,
                () -> command.inTopic(all, "order", topic -> {
                    throw unknown;
                }));

        assertThat(refusal).isSameAs(unknown);
        assertThat(Failures.exitCode(refusal)).isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void topicInWhichTheGroupHasNothingIsRefusedToo() {
        var refusal = catchThrowableOfType(CliException.class, () -> command.inTopic(all, "refunds", topic -> {}));

        assertThat(refusal.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(refusal.reason()).isEqualTo("NOTHING_IN_TOPIC");
        assertThat(refusal.text()).contains("neither an offset nor a member in topic 'refunds'");
    }

    private static PartitionLag lag(String topic, int partition) {
        return new PartitionLag(
                new TopicPartition(topic, partition),
                OptionalLong.of(1),
                0,
                9,
                8,
                80,
                0,
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
