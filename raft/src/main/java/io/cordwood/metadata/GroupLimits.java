package io.cordwood.metadata;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How much the cluster's groups may grow. A command carries what holds when it is written: what a program of
 * another version takes for the limit changes nothing afterwards.
 *
 * @param maxMetadataBytes of the text beside a committed offset, in UTF-8
 * @param maxGroupBytes of what is kept of a group, as {@link GroupBytes} counts
 * @param maxTotalBytes of what is kept of all groups: an image of the metadata is to fit into the memory of each node
 */
public record GroupLimits(
        int maxGroups, int maxMembersPerGroup, int maxMetadataBytes, long maxGroupBytes, long maxTotalBytes) {
    /** Where nothing else is configured. */
    public static final GroupLimits DEFAULT = new GroupLimits(1000, 1000, 4096, 64 << 20, 256 << 20);

    public GroupLimits {
        if (maxGroupBytes < 1 || maxTotalBytes < 1) {
            throw new IllegalArgumentException(
                    "at most " + maxGroupBytes + " bytes of a group, " + maxTotalBytes + " of all: must be at least 1");
        }
        if (maxGroups < 1 || maxMembersPerGroup < 1 || maxMetadataBytes < 0) {
            throw new IllegalArgumentException("at most " + maxGroups + " groups, " + maxMembersPerGroup + " members, "
                    + maxMetadataBytes + " bytes of metadata");
        }
    }

    /** What is wrong with a text beside an offset, unless it is there already. */
    public Optional<GroupRefusal> checkText(String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        return bytes <= maxMetadataBytes
                ? Optional.empty()
                : Optional.of(new GroupRefusal(
                        GroupReason.LIMIT_REACHED,
                        "bytes of metadata",
                        Integer.toString(bytes),
                        "at most " + maxMetadataBytes));
    }
}
