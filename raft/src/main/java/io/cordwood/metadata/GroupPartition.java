package io.cordwood.metadata;

/**
 * Who processes a partition of a group's topics. It has one owner or none: it passes to its target once the
 * owner has given it up, or is no member any more.
 *
 * @param owner member id; empty where nobody may process it
 * @param since epoch of the owner from which on it may commit
 * @param revokedAt epoch of the owner at which it was asked to give the partition up; 0 where it was not
 * @param target id of the member that shall have it; empty where nobody wants it any more
 */
public record GroupPartition(String owner, long since, long revokedAt, String target) {
    static final GroupPartition NOBODYS = new GroupPartition("", 0, 0, "");

    public boolean isOwned() {
        return !owner.isEmpty();
    }

    public boolean isOwnedBy(String memberId) {
        return isOwned() && owner.equals(memberId);
    }

    /** Whether its owner was asked to give it up and has not yet. */
    public boolean isRevoked() {
        return revokedAt > 0;
    }

    boolean isForgotten() {
        return owner.isEmpty() && target.isEmpty();
    }

    GroupPartition withoutOwner() {
        return new GroupPartition("", 0, 0, target);
    }

    GroupPartition ownedBy(String memberId, long epoch) {
        return new GroupPartition(memberId, epoch, 0, target);
    }

    /** The owner may commit from a later epoch on only. */
    GroupPartition withSince(long epoch) {
        return new GroupPartition(owner, epoch, revokedAt, target);
    }

    GroupPartition revoked(long epoch) {
        return new GroupPartition(owner, since, epoch, target);
    }

    GroupPartition withTarget(String memberId) {
        return new GroupPartition(owner, since, revokedAt, memberId);
    }
}
