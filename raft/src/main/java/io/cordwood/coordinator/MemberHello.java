package io.cordwood.coordinator;

import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;

/**
 * What a member says first on its stream.
 *
 * @param memberId random, drawn by the member once for its life in the group
 * @param epoch of the last assignment that it got; 0 where it is new
 * @param instanceId of a static member; empty of others
 */
public record MemberHello(
        String group,
        String memberId,
        long epoch,
        String name,
        String instanceId,
        String rack,
        String clientHost,
        GroupSubscription subscription,
        GroupSettings settings) {}
