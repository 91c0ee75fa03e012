package io.cordwood.bench.compare;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** One question that is put to each contender in each round, in this order; the last one costs it a node. */
enum Row {
    START(true),
    THROUGHPUT_1K(true),
    THROUGHPUT_100B(true),
    LATENCY_5000(true),
    MEMORY(true),
    END_TO_END(false),
    CONSUME_TAIL(false),
    CONSUME_COLD(false),
    FAILOVER(false);

    private final boolean quick;

    Row(boolean quick) {
        this.quick = quick;
    }

    /** Whether the quick run asks it, too. */
    boolean quick() {
        return quick;
    }

    /** Whether it can only be measured where the page cache may be dropped. */
    boolean needsColdFiles() {
        return this == CONSUME_COLD;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException for a word that is none of them */
    static Row parse(String word) {
        return Arrays.stream(values())
                .filter(row -> row.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no row '" + word + "', but "
                        + Arrays.stream(values()).map(Row::word).collect(Collectors.joining(", "))));
    }
}
