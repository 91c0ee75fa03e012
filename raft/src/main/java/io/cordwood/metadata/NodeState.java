package io.cordwood.metadata;

/** What the cluster believes about a node. */
public enum NodeState {
    /** Added by an operator, has not come up yet. */
    EXPECTED,
    ALIVE,
    /** It is leaving: keeps its replicas for now, is given no new ones. */
    DRAINING,
    /** Not heard of for a while: is given no new replicas. */
    DEAD,
    /**
     * Its directory is lost, an operator says so: it may come up with a new one once its old memberships have
     * ended.
     */
    REPLACED
}
