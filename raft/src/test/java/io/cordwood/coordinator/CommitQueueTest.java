package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CommitQueueTest {
    private static final UUID TOPIC = new UUID(1, 2);

    private final CommitQueue queue = new CommitQueue(
            CoordinatorConfig.DEFAULT, new FencedCommits((member, partition) -> false), () -> MetadataImage.EMPTY);

    private List<AnswerCommit> add(int offsets, String text) {
        var all = IntStream.range(0, offsets)
                .mapToObj(number -> new PartitionOffset(new PartitionId(TOPIC, number), 1, 0, text))
                .toList();
        return queue.add(1, new MemberRef("payments", "a"), new CommitRequest(1, 1, all, new TreeMap<>()));
    }

    @Test
    void textsCountAsTheirBytes() {
        // 62 texts of 4096 bytes and 64 beside them, and 128: one more is too much for 256 KiB.
        assertThat(add(62, "m".repeat(4096))).isEmpty();
        assertThat(add(62, "\u00e4".repeat(2048))).isEmpty();

        assertThat(add(63, "m".repeat(4096)))
                .singleElement()
                .satisfies(answer -> assertThat(answer.refused())
                        .hasSize(63)
                        .allSatisfy(
                                (place, refusal) -> assertThat(refusal.reason()).isEqualTo(GroupReason.LIMIT_REACHED)));
        assertThat(add(63, "\u00e4".repeat(2048))).isNotEmpty();
    }

    @Test
    void commitsThatTogetherAreTooMuchForAnEntryGoInTwo() {
        assertThat(add(40, "m".repeat(4096))).isEmpty();
        assertThat(add(40, "m".repeat(4096))).isEmpty();

        assertThat(queue.start(1, 0).commits()).hasSize(1);
    }

    @Test
    void textThatIsTooLongDoesNotWait() {
        var refused = add(1, "m".repeat(4097)).get(0).refused().get(0);

        assertThat(refused)
                .isEqualTo(new GroupRefusal(GroupReason.LIMIT_REACHED, "bytes of metadata", "4097", "at most 4096"));
        assertThat(queue.isReady(0)).isFalse();
    }

    @Test
    void bytesThatWaitAreBounded() {
        int taken = 0;
        while (add(62, "m".repeat(4096)).isEmpty()) {
            taken++;
        }

        var refused = add(62, "m".repeat(4096)).get(0);
        assertThat(taken).isEqualTo(79); // of 258,048 bytes each, and 20,000 KiB may wait
        assertThat(refused.refused()).hasSize(62).allSatisfy((place, refusal) -> {
            assertThat(refusal.reason()).isEqualTo(GroupReason.OVERLOADED);
            assertThat(refusal.field()).isEqualTo("offsets that wait to be committed, in bytes");
        });
        queue.start(1, 0);
        assertThat(add(62, "m".repeat(4096))).isEmpty();
    }
}
