package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is told of which change; each change is published when the one before it was told. */
class MetadataViewTest {
    private final MetadataView view = new MetadataView(1);
    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private final BlockingQueue<Long> ofPlaces = new LinkedBlockingQueue<>();
    private final BlockingQueue<Long> ofEverything = new LinkedBlockingQueue<>();
    private long index;

    @BeforeEach
    void listen() throws InterruptedException {
        view.onChange(image -> ofPlaces.add(image.index()));
        view.onEveryChange(image -> ofEverything.add(image.index()));
        var node = MetadataCommands.withFeatures(MetadataCommands.node(1), 1, MetadataCommand.GROUPS);
        publish(MetadataCommands.form(node));
        publish(new MetadataCommand.RaiseFeatureLevel(MetadataCommand.GROUPS));
        publish(MetadataCommands.topic("orders", 1, 1));
        // Its listener is told after the other one.
        await().until(() -> Objects.equals(ofPlaces.poll(), index));
        ofEverything.clear();
    }

    @AfterEach
    void close() {
        view.close();
    }

    private void publish(MetadataCommand command) throws InterruptedException {
        state.apply(command, ++index);
        view.publish(state.image());
        for (var told = 0L; told < index; ) {
            var next = ofEverything.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("the image at raft index %d is told", index).isNotNull();
            told = next == null ? index : next;
        }
    }

    private ResetOffsets reset(long offset) {
        var partition =
                new PartitionId(state.image().topic("orders").orElseThrow().topicId(), 0);
        var offsets = List.of(new PartitionOffset(partition, offset, -1, ""));
        return new ResetOffsets(1, GroupLimits.DEFAULT, "payments", offsets, false, true);
    }

    @Test
    void changesOfGroupsAloneAreToldOnlyToWhoAsksForEveryChange() throws InterruptedException {
        publish(reset(1));
        publish(reset(2));
        publish(MetadataCommands.topic("payments", 1, 1));

        assertThat(ofPlaces.poll(20, TimeUnit.SECONDS)).isEqualTo(index);
        assertThat(ofPlaces).isEmpty();
    }

    @Test
    void changeThatComesTogetherWithOneOfGroupsIsTold() throws InterruptedException {
        state.apply(MetadataCommands.topic("payments", 1, 1), ++index);

        publish(reset(1));

        assertThat(ofPlaces.poll(20, TimeUnit.SECONDS)).isEqualTo(index);
    }
}
