package io.cordwood.cli.demo;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Events as a web shop's visitors would cause them: the same seed gives the same lines.
 *
 * <p>Few users cause most events, as everywhere; every line is different, because it holds its number.
 */
final class ActivityEvents {
    private static final int USERS = 5_000;
    private static final int ITEMS = 20_000;
    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<String> ACTIONS =
            List.of("view", "view", "view", "view", "search", "cart", "buy", "rate");
    private static final List<String> DEVICES = List.of("phone", "desktop", "tablet");

    private final SplittableRandom random;
    private long timeMs = FIRST.toEpochMilli();

    private ActivityEvents(long seed) {
        this.random = new SplittableRandom(seed);
    }

    static List<DemoRecord> generate(long seed, int count) {
        var events = new ActivityEvents(seed);
        var records = new ArrayList<DemoRecord>(count);
        for (var number = 0; number < count; number++) {
            records.add(DemoRecord.ofLine(events.line(number).getBytes(StandardCharsets.UTF_8)));
        }
        return List.copyOf(records);
    }

    private String line(int number) {
        timeMs += random.nextInt(20);
        // The square of a uniform number is small most of the time.
        var share = random.nextDouble();
        var user = (int) (share * share * USERS);
        return "user-" + user + " " + Instant.ofEpochMilli(timeMs) + " " + pick(ACTIONS) + " item-"
                + random.nextInt(ITEMS) + " device=" + pick(DEVICES) + " ms=" + random.nextInt(2_000) + " event="
                + number;
    }

    private String pick(List<String> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
