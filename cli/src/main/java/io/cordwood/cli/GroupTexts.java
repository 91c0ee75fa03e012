package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import io.cordwood.client.GroupDescription;
import io.cordwood.client.GroupSummary;
import io.cordwood.client.ResetOffset;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** Consumer groups as cells of tables and as JSON with the names of the API. */
final class GroupTexts {
    private static final String UNKNOWN = "-";

    private GroupTexts() {}

    static TextTable groups(List<GroupSummary> groups) {
        var table = TextTable.of("NAME", "STATE", "MEMBERS", "ASSIGNOR", "OFFSETS");
        groups.forEach(group -> table.row(
                group.name(), word(group.state()), group.memberCount(), word(group.assignor()), group.offsetCount()));
        return table;
    }

    static TextTable group(GroupDescription group) {
        return TextTable.of("NAME", "STATE", "EPOCH", "ASSIGNOR", "SESSION", "OUT OF RANGE", "EMPTY SINCE")
                .row(
                        group.name(),
                        word(group.state()),
                        group.epoch(),
                        word(group.assignor()),
                        group.sessionTimeout().toMillis() + " ms",
                        word(group.outOfRange()),
                        group.emptySince().map(Object::toString).orElse(UNKNOWN));
    }

    static TextTable members(GroupDescription group) {
        var table = TextTable.of("MEMBER", "NAME", "INSTANCE", "HOST", "RACK", "PARTITIONS", "TOPICS");
        group.members()
                .forEach(member -> table.row(
                        member.memberId(),
                        orUnknown(member.name()),
                        orUnknown(member.instanceId()),
                        orUnknown(member.clientHost()),
                        orUnknown(member.rack()),
                        member.partitionCount(),
                        wanted(member)));
        return table;
    }

    private static String wanted(GroupDescription.Member member) {
        var topics = String.join(",", member.topics());
        return member.pattern().isEmpty() ? topics : (topics + " /" + member.pattern() + "/").strip();
    }

    static TextTable partitions(GroupDescription group) {
        var names = names(group);
        var table = TextTable.of("TOPIC", "PARTITION", "OFFSET", "COMMITTED", "OWNER", "GOES TO", "METADATA");
        group.partitions()
                .forEach(partition -> table.row(
                        partition.partition().topic(),
                        partition.partition().partition(),
                        text(partition.offset()),
                        partition.commitTime().map(Object::toString).orElse(UNKNOWN),
                        who(partition.owner(), names),
                        partition.target().equals(partition.owner()) ? UNKNOWN : who(partition.target(), names),
                        orUnknown(partition.metadata())));
        return table;
    }

    /** By partition, who has it; without those that nobody has. */
    static Map<TopicPartition, String> owners(GroupDescription group) {
        var names = names(group);
        var owners = new HashMap<TopicPartition, String>();
        group.partitions().stream()
                .filter(partition -> !partition.owner().isEmpty())
                .forEach(partition -> owners.put(partition.partition(), who(partition.owner(), names)));
        return owners;
    }

    /** Members by id, as short as tells them apart. */
    private static Map<String, String> names(GroupDescription group) {
        var names = new HashMap<String, String>();
        for (var member : group.members()) {
            var id = member.memberId();
            var brief = id.length() > 8 ? id.substring(0, 8) : id;
            names.put(id, names.containsValue(brief) ? id : brief);
        }
        return names;
    }

    private static String who(String memberId, Map<String, String> names) {
        return orUnknown(names.getOrDefault(memberId, memberId));
    }

    static TextTable offsets(List<ResetOffset> offsets) {
        var table = TextTable.of("TOPIC", "PARTITION", "BEFORE", "OFFSET", "CHANGE", "LOG START", "HIGH WATERMARK");
        offsets.forEach(offset -> table.row(
                offset.partition().topic(),
                offset.partition().partition(),
                text(offset.before()),
                offset.offset(),
                offset.before().isPresent()
                        ? String.format(
                                Locale.ROOT,
                                "%+d",
                                offset.offset() - offset.before().getAsLong())
                        : UNKNOWN,
                offset.logStartOffset(),
                offset.highWatermark()));
        return table;
    }

    static Map<String, Object> json(GroupSummary group) {
        var values = new LinkedHashMap<String, Object>();
        values.put("name", group.name());
        values.put("state", word(group.state()));
        values.put("memberCount", group.memberCount());
        values.put("assignor", word(group.assignor()));
        values.put("offsetCount", group.offsetCount());
        return values;
    }

    static Map<String, Object> json(GroupDescription group) {
        var values = new LinkedHashMap<String, Object>();
        values.put("name", group.name());
        values.put("state", word(group.state()));
        values.put("epoch", group.epoch());
        values.put("assignor", word(group.assignor()));
        values.put("sessionTimeoutMs", group.sessionTimeout().toMillis());
        values.put("trimmedOffsets", word(group.outOfRange()));
        group.emptySince().ifPresent(time -> values.put("emptySince", time.toString()));
        values.put("members", group.members().stream().map(GroupTexts::json).toList());
        values.put(
                "partitions", group.partitions().stream().map(GroupTexts::json).toList());
        return values;
    }

    private static Map<String, Object> json(GroupDescription.Member member) {
        var values = new LinkedHashMap<String, Object>();
        values.put("memberId", member.memberId());
        values.put("name", member.name());
        values.put("instanceId", member.instanceId());
        values.put("rack", member.rack());
        values.put("clientHost", member.clientHost());
        values.put("topics", member.topics());
        values.put("pattern", member.pattern());
        values.put("memberEpoch", member.epoch());
        values.put("partitionCount", member.partitionCount());
        return values;
    }

    private static Map<String, Object> json(GroupDescription.Partition partition) {
        var values = new LinkedHashMap<String, Object>();
        values.put("topic", partition.partition().topic());
        values.put("partition", partition.partition().partition());
        values.put("owner", partition.owner());
        values.put("revoked", partition.revoked());
        values.put("target", partition.target());
        partition.offset().ifPresent(offset -> values.put("offset", offset));
        values.put("metadata", partition.metadata());
        partition.commitTime().ifPresent(time -> values.put("commitTime", time.toString()));
        return values;
    }

    static Map<String, Object> json(ResetOffset offset) {
        var values = new LinkedHashMap<String, Object>();
        values.put("topic", offset.partition().topic());
        values.put("partition", offset.partition().partition());
        offset.before().ifPresent(before -> values.put("before", before));
        values.put("offset", offset.offset());
        values.put("logStartOffset", offset.logStartOffset());
        values.put("highWatermark", offset.highWatermark());
        return values;
    }

    static String text(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : UNKNOWN;
    }

    static String orUnknown(String text) {
        return text.isEmpty() ? UNKNOWN : text;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
