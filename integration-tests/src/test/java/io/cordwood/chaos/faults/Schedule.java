package io.cordwood.chaos.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * What befalls a cluster and when: windows of 20 to 30 s, one of each four of them calm, in each other one
 * some faults that go together. The same seed, time, nodes and kinds make the same schedule, but for faults
 * that a machine has no means for.
 *
 * <p>Invariant: windows follow each other without a gap, and a fault ends within its window.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class Schedule {
    private static final int WINDOW_MIN_MILLIS = 20_000;
    private static final int WINDOW_MAX_MILLIS = 30_000;
    private static final int WINDOWS_PER_CALM = 4;
    private static final int FAULTS_MAX = 3;
    /** Of a window, to begin in. */
    private static final double START_SHARE = 0.4;
    /** Between the last end of a fault and that of its window. */
    private static final int REST_MILLIS = 1_000;

    private static final int LUCK_MAX = 1_000_000;

    /**
     * A part of the time.
     *
     * @param faults by their starts; none where it is calm
     */
    public record Window(long startMillis, long lengthMillis, List<Fault> faults) {
        public Window {
            faults = List.copyOf(faults);
        }

        public long endMillis() {
            return startMillis + lengthMillis;
        }
    }

    private final long seed;
    private final int nodes;
    private final Set<FaultKind> wanted;
    private final List<Window> windows;

    private Schedule(long seed, int nodes, Set<FaultKind> wanted, List<Window> windows) {
        this.seed = seed;
        this.nodes = nodes;
        this.wanted = Set.copyOf(wanted);
        this.windows = List.copyOf(windows);
    }

    /**
     * @param kinds all that are wanted; those that the number of nodes rules out are not drawn. What the machine
     *     rules out is drawn and left out, so that the rest is the same on each machine
     * @param length at least; the last window ends behind it
     */
    public static Schedule of(long seed, Duration length, int nodes, Collection<FaultKind> kinds, Equipment equipment) {
        var rules = new Compatibility(nodes);
        var wanted = rules.suitable(kinds);
        var random = new SplittableRandom(seed);
        var draw = new FaultDraw(random, rules);
        var windows = new ArrayList<Window>();
        int calm = 0;
        for (long at = 0;
                at < length.toMillis();
                at = windows.get(windows.size() - 1).endMillis()) {
            if (windows.size() % WINDOWS_PER_CALM == 0) {
                calm = windows.size() + random.nextInt(WINDOWS_PER_CALM);
            }
            int span = random.nextInt(WINDOW_MIN_MILLIS, WINDOW_MAX_MILLIS);
            var faults = windows.size() == calm ? List.<Fault>of() : faults(draw, random, wanted, at, span);
            long end = faults.stream()
                    .mapToLong(fault -> fault.endMillis() + REST_MILLIS)
                    .max()
                    .orElse(0);
            var possible = faults.stream()
                    .filter(fault -> Compatibility.isPossible(fault.kind(), equipment))
                    .toList();
            windows.add(new Window(at, Math.max(span, end - at), possible));
        }
        return new Schedule(seed, nodes, wanted, windows);
    }

    private static List<Fault> faults(
            FaultDraw draw, SplittableRandom random, Set<FaultKind> wanted, long at, int span) {
        var faults = new ArrayList<Fault>();
        for (var kind : draw.kinds(wanted, 1 + random.nextInt(FAULTS_MAX))) {
            long start = at + random.nextInt((int) (span * START_SHARE));
            faults.add(draw.fault(kind, start, at + span - REST_MILLIS - start, random.nextInt(LUCK_MAX)));
        }
        faults.sort(Comparator.comparingLong(Fault::startMillis));
        return faults;
    }

    public long seed() {
        return seed;
    }

    /** Which kinds it was drawn from. */
    public Set<FaultKind> wanted() {
        return wanted;
    }

    /** Those of them that the machine has means for; where there are none every window is calm. */
    public Set<FaultKind> possible(Equipment equipment) {
        return wanted.stream()
                .filter(kind -> Compatibility.isPossible(kind, equipment))
                .collect(Collectors.toSet());
    }

    public List<Window> windows() {
        return windows;
    }

    /** In the order of the windows. */
    public List<Fault> faults() {
        return windows.stream().flatMap(window -> window.faults().stream()).toList();
    }

    public Duration length() {
        return Duration.ofMillis(
                windows.isEmpty() ? 0 : windows.get(windows.size() - 1).endMillis());
    }

    /** For people, and to compare: a line for each window and each fault. */
    public String text() {
        var text = new StringBuilder(String.format(
                Locale.ROOT,
                "seed %d, %d nodes, faults %s%n",
                seed,
                nodes,
                wanted.stream().sorted().map(FaultKind::label).collect(Collectors.joining(","))));
        for (var window : windows) {
            text.append(String.format(
                    Locale.ROOT,
                    "%8.1f s  %5.1f s  %s%n",
                    window.startMillis() / 1_000.0,
                    window.lengthMillis() / 1_000.0,
                    window.faults().isEmpty() ? "calm" : "window"));
            window.faults().forEach(fault -> text.append("  ").append(fault).append(System.lineSeparator()));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return text();
    }
}
