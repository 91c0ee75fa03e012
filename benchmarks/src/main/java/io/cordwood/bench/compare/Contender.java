package io.cordwood.bench.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** What is measured, each on three server processes of its own. */
enum Contender {
    /** As it comes: the disk is written when the operating system likes to. */
    KAFKA("Kafka"),
    CORDWOOD("Cordwood"),
    /** The nearest to Cordwood's promise: every append is forced to disk before it counts. */
    KAFKA_FORCED("Kafka, flush.messages=1");

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All, in an order that gives none of them the first or last place of every round. */
    static List<Contender> orderOf(int round) {
        var order = new ArrayList<>(List.of(values()));
        Collections.rotate(order, -(round - 1));
        return order;
    }
}
