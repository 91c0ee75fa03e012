package io.cordwood.chaos.plot;

import io.cordwood.chaos.check.GroupRepeats;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the groups of a run did, as lines of text with a column for each group.
 *
 * <p>Records are counted as often as they were handled to their end. Why some were handled again {@link
 * GroupRepeats} defines.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class GroupFigures {
    private final List<String> groups;
    /** By what is counted, then by group. */
    private final Map<String, Map<String, Long>> counts = new LinkedHashMap<>();

    private GroupFigures(List<String> groups) {
        this.groups = groups;
    }

    /** Nothing where there is no group. */
    static String of(History history) {
        var groups = history.calls(Operation.PlannedGroup.class).stream()
                .map(group -> group.what().group())
                .sorted()
                .toList();
        if (groups.isEmpty()) {
            return "";
        }
        var figures = new GroupFigures(groups);
        figures.count(history);
        return figures.text();
    }

    private void count(History history) {
        var groupOf = new TreeMap<String, String>();
        var owners = history.calls(Operation.Owned.class);
        owners.forEach(owned -> groupOf.put(owned.process(), owned.what().group()));
        groups.forEach(group -> add("members that had partitions", group, 0));
        groupOf.forEach((member, group) -> add("members that had partitions", group, 1));
        for (var kind : List.of(HarmKind.MEMBER_KILL, HarmKind.MEMBER_PAUSE, HarmKind.MEMBER_LEAVE)) {
            groups.forEach(group -> add(kind.plural(), group, 0));
            history.calls(Operation.Fault.class).stream()
                    .filter(fault -> fault.what().kind() == kind)
                    .map(fault -> groupOf.get(fault.what().what()))
                    .filter(group -> group != null)
                    .forEach(group -> add(kind.plural(), group, 1));
        }
        owners.forEach(owned -> add("partitions told to members", owned.what().group(), 1));
        for (var parted : history.calls(Operation.Parted.class)) {
            var how = parted.what().how().name().toLowerCase(Locale.ROOT);
            add("partitions " + how, parted.what().group(), 1);
        }
        for (var handled : history.calls(Operation.Handled.class)) {
            add(
                    handled.isOk() ? "records handled" : "records begun only",
                    handled.what().group(),
                    1);
        }
        GroupRepeats.counts(history)
                .forEach((group, causes) ->
                        causes.forEach((cause, count) -> add("  again, " + cause.words(), group, count)));
        history.calls(Operation.Commit.class)
                .forEach(commit -> add(became(commit), commit.what().group(), 1));
    }

    private static String became(Call<Operation.Commit> commit) {
        var ended = commit.ended();
        if (commit.isOk()) {
            return "commits accepted";
        }
        if (ended != null && ended.type() == EventType.FAIL) {
            return "  refused, " + ended.detail();
        }
        return "  nobody knows";
    }

    private void add(String what, String group, long count) {
        counts.computeIfAbsent(what, first -> new TreeMap<>()).merge(group, count, Long::sum);
    }

    private String text() {
        var lines = new StringBuilder(line("groups", groups));
        counts.forEach((what, byGroup) -> lines.append(line(
                what,
                groups.stream()
                        .map(group -> String.format(Locale.ROOT, "%,d", byGroup.getOrDefault(group, 0L)))
                        .toList())));
        return lines.toString();
    }

    private static String line(String what, List<String> columns) {
        return String.format(Locale.ROOT, "%-32s", what)
                + columns.stream()
                        .map(column -> String.format(Locale.ROOT, "%16s", column))
                        .collect(Collectors.joining())
                + System.lineSeparator();
    }
}
