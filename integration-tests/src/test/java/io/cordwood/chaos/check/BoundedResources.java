package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * A node's process does not grow without end.
 *
 * <p>Broken, behind the warm-up, by resident memory, direct memory, open files or threads above their limit;
 * and by more than the allowed growth from the highest of the first quarter of the time to the highest of
 * the last one, if both have {@value #QUARTER_MIN_SAMPLES} samples. The highest ones are compared because a
 * node that was killed begins small. Growth up to an eighth of the limit says nothing, of resident memory up
 * to half of it: heaps grow to their size whatever happens. For the same reason the heap itself is noted and not
 * judged: the JVM bounds it, and how much of it is used is a matter of when it was last cleared.
 */
public final class BoundedResources implements Checker {
    private static final int QUARTER_MIN_SAMPLES = 3;
    private static final int QUARTERS = 4;
    private static final int SMALL_PART = 8;
    private static final int HEAP_PART = 2;

    private final ResourceLimits limits;

    public BoundedResources(ResourceLimits limits) {
        this.limits = limits;
    }

    /** @param small may be reached by any growth */
    private record Measure(String name, long limit, long small, ToLongFunction<Resources> of) {
        static Measure ofLimit(String name, long limit, ToLongFunction<Resources> of) {
            return new Measure(name, limit, limit / SMALL_PART, of);
        }
    }

    @Override
    public String name() {
        return "bounded-resources";
    }

    @Override
    public List<Violation> check(History history) {
        var byNode = new TreeMap<Integer, List<Call<Resources>>>();
        for (var sample : history.calls(Resources.class)) {
            if (sample.beginNanos() >= limits.warmUp().toNanos()) {
                byNode.computeIfAbsent(sample.what().node(), node -> new ArrayList<>())
                        .add(sample);
            }
        }
        var findings = new Findings(name());
        for (var samples : byNode.values()) {
            for (var measure : measures()) {
                checkLimit(samples, measure, findings);
                checkGrowth(samples, measure, findings);
            }
        }
        return findings.all();
    }

    private List<Measure> measures() {
        return List.of(
                new Measure("resident bytes", limits.rssBytes(), limits.rssBytes() / HEAP_PART, Resources::rssBytes),
                Measure.ofLimit("direct bytes", limits.directBytes(), Resources::directBytes),
                Measure.ofLimit("open files", limits.openFiles(), Resources::openFiles),
                Measure.ofLimit("threads", limits.threads(), Resources::threads));
    }

    private static void checkLimit(List<Call<Resources>> samples, Measure measure, Findings findings) {
        var highest = highest(samples, measure);
        long value = measure.of().applyAsLong(highest.what());
        if (value > measure.limit()) {
            findings.add(sentence(highest, measure) + ", the limit is " + measure.limit());
        }
    }

    private void checkGrowth(List<Call<Resources>> samples, Measure measure, Findings findings) {
        long from = samples.get(0).beginNanos();
        long to = samples.get(samples.size() - 1).beginNanos();
        long quarter = (to - from) / QUARTERS;
        var first = samples.stream()
                .filter(sample -> sample.beginNanos() < from + quarter)
                .toList();
        var last = samples.stream()
                .filter(sample -> sample.beginNanos() > to - quarter)
                .toList();
        if (first.size() < QUARTER_MIN_SAMPLES || last.size() < QUARTER_MIN_SAMPLES) {
            return;
        }
        var before = highest(first, measure);
        var after = highest(last, measure);
        double allowed =
                Math.max((double) measure.small(), (double) measure.of().applyAsLong(before.what()) * limits.growth());
        if (measure.of().applyAsLong(after.what()) > allowed) {
            findings.add(sentence(before, measure) + ", and in the end " + sentence(after, measure)
                    + ", which is more than " + limits.growth() + " times as many");
        }
    }

    private static Call<Resources> highest(List<Call<Resources>> samples, Measure measure) {
        var highest = samples.get(0);
        for (var sample : samples) {
            if (measure.of().applyAsLong(sample.what()) > measure.of().applyAsLong(highest.what())) {
                highest = sample;
            }
        }
        return highest;
    }

    private static String sentence(Call<Resources> sample, Measure measure) {
        return "node " + sample.what().node() + " had " + measure.of().applyAsLong(sample.what()) + " " + measure.name()
                + " at " + Event.time(sample.beginNanos());
    }
}
