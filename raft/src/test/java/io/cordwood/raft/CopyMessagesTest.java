package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.proto.internal.v1.SegmentCopies;
import io.cordwood.proto.internal.v1.SegmentCopiesRequest;
import io.cordwood.proto.internal.v1.SegmentCopy;
import io.cordwood.store.SegmentHash;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CopyMessagesTest {
    private static final CopyKey ONE = new CopyKey(0, 10, 0);
    private static final CopyKey OTHER = new CopyKey(10, 1L << 40, 3);
    private static final List<CopyKey> KEYS = List.of(ONE, OTHER, ONE, OTHER);

    @Test
    void questionSurvivesTheWire() throws Exception {
        var question = new CopyMessages.Question(UUID.randomUUID(), KEYS, 12_345);

        assertThat(CopyMessages.decodeQuestion(CopyMessages.encode(question))).isEqualTo(question);
    }

    @Test
    void reportsSurviveTheWire() throws Exception {
        var reports = List.of(
                CopyReport.sound(1L << 33, new SegmentHash(1, -2, 3, Long.MIN_VALUE)),
                CopyReport.DAMAGED,
                CopyReport.ABSENT,
                CopyReport.PENDING);

        assertThat(CopyMessages.decodeReports(KEYS, CopyMessages.encode(KEYS, reports)))
                .isEqualTo(reports);
    }

    @Test
    void whatWasNotAskedForIsRefused() {
        var answer = CopyMessages.encode(List.of(ONE), List.of(CopyReport.DAMAGED));

        assertThatThrownBy(() -> CopyMessages.decodeReports(List.of(OTHER), answer))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("told of");
        assertThatThrownBy(() -> CopyMessages.decodeReports(KEYS, answer)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> CopyMessages.decodeReports(KEYS, new byte[] {1, 2, 3}))
                .isInstanceOf(IOException.class);
    }

    @Test
    void unknownVersionsAndStatesAreRefused() {
        var newer = SegmentCopiesRequest.newBuilder().setVersion(2).build().toByteArray();
        assertThatThrownBy(() -> CopyMessages.decodeQuestion(newer))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 2");
        var copy = SegmentCopy.newBuilder().setEndOffset(10);
        for (int state : new int[] {0, 99}) {
            var answer = SegmentCopies.newBuilder()
                    .setVersion(CopyMessages.VERSION)
                    .addCopies(copy.setStateValue(state))
                    .build()
                    .toByteArray();
            assertThatThrownBy(() -> CopyMessages.decodeReports(List.of(ONE), answer))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("state " + state);
        }
        var hashless = SegmentCopies.newBuilder()
                .setVersion(CopyMessages.VERSION)
                .addCopies(copy.setStateValue(1))
                .build()
                .toByteArray();
        assertThatThrownBy(() -> CopyMessages.decodeReports(List.of(ONE), hashless))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("32 bytes");
    }

    @Test
    void tooManyAreNotToldAtOnce() {
        var question =
                new CopyMessages.Question(UUID.randomUUID(), Collections.nCopies(CopyMessages.KEYS_MAX + 1, ONE), 0);

        assertThatThrownBy(() -> CopyMessages.decodeQuestion(CopyMessages.encode(question)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("257");
    }
}
