package io.cordwood.server.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void durationHasItsTwoLargestUnits() {
        assertThat(Words.of(Duration.ofMillis(-1))).isEqualTo("0 ms");
        assertThat(Words.of(Duration.ofMillis(999))).isEqualTo("999 ms");
        assertThat(Words.of(Duration.ofMillis(59_999))).isEqualTo("59 s");
        assertThat(Words.of(Duration.ofSeconds(60))).isEqualTo("1 min");
        assertThat(Words.of(Duration.ofSeconds(192))).isEqualTo("3 min 12 s");
        assertThat(Words.of(Duration.ofMinutes(61))).isEqualTo("1 h 1 min");
        assertThat(Words.of(Duration.ofHours(49))).isEqualTo("2 d 1 h");
    }

    @Test
    void figuresAndNamesAreShort() {
        assertThat(Words.count(1, "record")).isEqualTo("1 record");
        assertThat(Words.count(0, "record")).isEqualTo("0 records");
        assertThat(Words.rate(0.96)).isEqualTo("1.0");
        assertThat(Words.nodes(List.of(1, 2, 3, 4, 5, 6))).isEqualTo("nodes 1, 2, 3, 4, 5, ...");
        assertThat(Words.nodes(List.of(7))).isEqualTo("node 7");
    }

    @Test
    void foreignTextMovesNoCursor() {
        assertThat(Words.quoted("a\u001b[2Jb\nc")).isEqualTo("\"a [2Jb c\"");
        assertThat(Words.quoted("a\u009b2Jb\u0085c\u007f")).isEqualTo("\"a 2Jb c \"");
        assertThat(Words.quoted("M\u00fcller\u00a0\u00ad")).isEqualTo("\"M\u00fcller\u00a0\u00ad\"");
    }
}
