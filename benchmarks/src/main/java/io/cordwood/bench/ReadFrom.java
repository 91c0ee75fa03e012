package io.cordwood.bench;

import java.util.Locale;

/** Where a measured reader begins. */
enum ReadFrom {
    /** At the end of each partition: reads what is published meanwhile. */
    TAIL,
    /** At the first record that is kept. */
    COLD;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
