package io.cordwood.client;

import java.util.List;
import java.util.Random;

/**
 * Faults drawn from a seed, as many as the budget allows, so that every schedule ends well.
 *
 * <p><b>Thread:</b> under the cluster's lock, which also makes the draws follow the order of arrival.
 */
final class Chaos implements PublishScript, SubscribeScript {
    private static final List<PublishScript.Fate> SURVIVABLE = List.of(
            PublishScript.Fate.ACCEPT_ANSWER_TWICE,
            PublishScript.Fate.ACCEPT_SAY_NOT_LEADER,
            PublishScript.Fate.ACCEPT_SAY_TIMED_OUT,
            PublishScript.Fate.REFUSE_NOT_LEADER,
            PublishScript.Fate.REFUSE_OVERLOADED,
            PublishScript.Fate.ACCEPT_AND_RESET,
            PublishScript.Fate.RESET,
            PublishScript.Fate.RESET_AND_ACCEPT_LATER);
    private static final List<PublishScript.Fate> UNANSWERED =
            List.of(PublishScript.Fate.IGNORE, PublishScript.Fate.ACCEPT_SILENTLY);
    private static final List<SubscribeScript.Fate> SUBSCRIBER_FATES =
            List.of(SubscribeScript.Fate.RESET, SubscribeScript.Fate.SAY_NOT_LEADER);

    private final ScriptedCluster cluster;
    private final String topic;
    private final Random random;
    private final double faultRate;
    private final boolean refusesForGood;
    private int budget;

    Chaos(ScriptedCluster cluster, String topic, Random random, boolean refusesForGood) {
        this.cluster = cluster;
        this.topic = topic;
        this.random = random;
        this.faultRate = 0.1 + 0.5 * random.nextDouble();
        this.budget = 4 + random.nextInt(20);
        this.refusesForGood = refusesForGood;
    }

    @Override
    public PublishScript.Fate decide(PublishScript.Request request) {
        if (!strikes()) {
            return PublishScript.Fate.ACCEPT;
        }
        int kind = random.nextInt(10);
        if (kind == 0) {
            // An answer that never comes is survived by noticing the new leader.
            moveLeaderAwayFrom(request.node(), request.partition());
            return UNANSWERED.get(random.nextInt(UNANSWERED.size()));
        }
        if (kind <= 3) {
            moveLeaderAwayFrom(request.node(), request.partition());
            return random.nextBoolean() ? PublishScript.Fate.ACCEPT : PublishScript.Fate.REFUSE_NOT_LEADER;
        }
        if (refusesForGood && kind <= 5 && isNew(request)) {
            return PublishScript.Fate.REFUSE_TOO_LARGE;
        }
        return SURVIVABLE.get(random.nextInt(SURVIVABLE.size()));
    }

    @Override
    public SubscribeScript.Fate decide(int node, int partition, long baseOffset) {
        return strikes() ? SUBSCRIBER_FATES.get(random.nextInt(SUBSCRIBER_FATES.size())) : SubscribeScript.Fate.SEND;
    }

    /** Whether a batch is too large is decided once: when it comes again, it is still what it was. */
    private boolean isNew(PublishScript.Request request) {
        long arrivals = cluster.topic(topic).requests.stream()
                .filter(earlier -> earlier.partition() == request.partition()
                        && earlier.batch().producerId() == request.batch().producerId()
                        && earlier.batch().baseSequence() == request.batch().baseSequence())
                .count();
        return arrivals == 1;
    }

    private boolean strikes() {
        if (budget == 0 || random.nextDouble() >= faultRate) {
            return false;
        }
        budget--;
        return true;
    }

    private void moveLeaderAwayFrom(int node, int partition) {
        cluster.moveLeader(topic, partition, other(node));
    }

    private int other(int node) {
        return 1 + (node + random.nextInt(2)) % 3;
    }
}
