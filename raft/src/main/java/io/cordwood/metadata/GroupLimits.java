package io.cordwood.metadata;

/**
 * How much the cluster's groups may grow. A command carries what holds when it is written: what a program of
 * another version takes for the limit changes nothing afterwards.
 *
 * @param maxMetadataBytes of the text beside a committed offset, in UTF-8
 */
public record GroupLimits(int maxGroups, int maxMembersPerGroup, int maxMetadataBytes) {
    /** Where nothing else is configured. */
    public static final GroupLimits DEFAULT = new GroupLimits(1000, 1000, 4096);

    public GroupLimits {
        if (maxGroups < 1 || maxMembersPerGroup < 1 || maxMetadataBytes < 0) {
            throw new IllegalArgumentException("at most " + maxGroups + " groups, " + maxMembersPerGroup + " members, "
                    + maxMetadataBytes + " bytes of metadata");
        }
    }
}
