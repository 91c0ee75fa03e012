package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.PartitionId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryBudgetTest {
    private static long bytes(String text) {
        return EntryBudget.bytes(List.of(new PartitionOffset(new PartitionId(new UUID(1, 2), 0), 1, 0, text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "orders",
                "\u007f",
                "\u0080",
                "gr\u00fc\u00dfe",
                "\u07ff",
                "\u0800",
                "10 \u20ac",
                "\ud83d\ude00 and text"
            })
    void textsCountAsTheyAreWritten(String text) {
        assertThat(bytes(text) - bytes("")).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void namesAreTakenInOrderUntilOneFindsNoRoom() {
        var names = new TreeSet<>(List.of("a", "bb", "ccc"));
        long all = EntryBudget.allBytes(names);

        assertThat(EntryBudget.fitting(names, all)).isEqualTo(names);
        assertThat(EntryBudget.fitting(names, all - 1)).containsExactly("a", "bb");
        assertThat(EntryBudget.fitting(names, 0)).isEmpty();
    }
}
